//! Messages between an applicant and the employer, one thread for each application.
//!
//! Whoever may see the application may read and write; for everybody else there is no
//! thread. Administrators see what is reported, and nothing else.

pub mod db;
pub mod emails;
pub mod reports;
pub mod tasks;

use std::time::Duration;

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::{
    Error, Result,
    applications::{self, Application, Asker, Side},
    notifications::{self, Kind},
    pagination::{Paging, Slice},
    queue,
    rules::Rules,
    settings,
};

use tasks::MailUnread;

/// The longest message, in characters.
pub const MAX_BODY: usize = 5_000;

/// While a mail about a thread is unread, the next about it waits this long.
const MAIL_AGAIN_AFTER: Duration = Duration::from_secs(24 * 3600);

/// A thread as one of its sides sees it.
#[derive(Clone, Debug, PartialEq)]
pub struct Thread {
    pub application_id: Uuid,
    pub job_id: Uuid,
    pub job_title: String,
    pub company_name: String,
    /// May be empty.
    pub applicant_name: String,
    /// The number of its newest message; 0: there is none.
    pub last_number: i64,
    pub last_message_at: Option<DateTime<Utc>>,
    /// Messages of the other side that the reader has not read.
    pub unread: i64,
    /// How far the reader has read.
    pub read_up_to: i64,
    /// How far anybody of the other side has read, and when.
    pub other_read_up_to: i64,
    pub other_read_at: Option<DateTime<Utc>>,
    /// Whether the own side has blocked the other.
    pub is_blocked: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Message {
    pub id: Uuid,
    pub application_id: Uuid,
    /// Counts the messages of its thread.
    pub number: i64,
    pub side: Side,
    /// None: the account is gone.
    pub sender_id: Option<Uuid>,
    /// Empty where there is none, or the account is gone.
    pub sender_name: String,
    /// Empty once an administrator has removed it.
    pub body: String,
    pub is_removed: bool,
    pub created_at: DateTime<Utc>,
}

/// Those with messages, the one with the newest first.
pub async fn threads(
    conn: &mut PgConnection,
    asker: Asker,
    paging: &Paging,
) -> Result<Slice<Thread>> {
    db::threads(conn, asker, paging).await
}

/// Of every application that the asker may see, with or without messages.
pub async fn thread(conn: &mut PgConnection, asker: Asker, id: Uuid) -> Result<Thread> {
    db::thread(conn, asker, id)
        .await?
        .ok_or(Error::NotFound("thread"))
}

/// Newest first.
pub async fn list(
    conn: &mut PgConnection,
    asker: Asker,
    id: Uuid,
    paging: &Paging<i64>,
) -> Result<Slice<Message, i64>> {
    thread(conn, asker, id).await?;
    db::list(conn, id, paging).await
}

/// Writes to the other side, and tells those of it whom it concerns.
pub async fn post(conn: &mut PgConnection, asker: Asker, id: Uuid, body: &str) -> Result<Message> {
    let body = body.trim();
    let mut rules = Rules::new();
    rules.required_text("body", body, MAX_BODY);
    let application = application(conn, asker, id).await?;
    rules.finish()?;
    check_daily_limit(conn, asker.user_id()).await?;
    let side = asker.side();
    let standing = db::next_number(conn, id).await?;
    if standing.is_blocked_by(side) {
        return Err(Error::conflict(
            "unblock_first",
            "your side has blocked the other: lift that first",
        ));
    }
    if standing.is_blocked_by(side.other()) {
        return Err(Error::forbidden(
            "messages_blocked",
            "the other side takes no more messages",
        ));
    }
    let readers = readers(conn, &application, side).await?;
    let message_id = db::insert(conn, id, standing.number, asker, body).await?;
    let settings = settings::load(conn).await?;
    let wait = Duration::from_secs(u64::from(settings.message_mail_minutes) * 60);
    // In the order of the accounts: what tells several of them must not wait crosswise.
    for user_id in readers {
        let is_mailed = db::is_mailed_and_unread(conn, id, user_id).await?;
        let wait = if is_mailed { MAIL_AGAIN_AFTER } else { wait };
        let task = MailUnread {
            application_id: id,
            user_id,
        };
        queue::enqueue_in(conn, &task, wait).await?;
        notifications::note(conn, message_id, user_id, Kind::MessageReceived).await?;
    }
    db::get(conn, id, message_id)
        .await?
        .ok_or(Error::NotFound("message"))
}

/// The application, where it exists for the asker.
async fn application(conn: &mut PgConnection, asker: Asker, id: Uuid) -> Result<Application> {
    applications::db::get(conn, asker, id)
        .await?
        .ok_or(Error::NotFound("thread"))
}

/// The accounts of the other side that are told: the applicant; or the employer of the
/// job and the colleagues who have written here; or, where these are gone, whoever
/// hires for the company, and at last whoever reads for it.
async fn readers(
    conn: &mut PgConnection,
    application: &Application,
    side: Side,
) -> Result<Vec<Uuid>> {
    let readers = match side {
        Side::Employer => db::active(conn, application.applicant_id).await?,
        Side::Applicant => db::employer_readers(conn, application.id).await?,
    };
    if readers.is_empty() {
        return Err(Error::conflict(
            "nobody_there",
            "nobody reads messages about this application",
        ));
    }
    Ok(readers)
}

async fn check_daily_limit(conn: &mut PgConnection, user_id: Uuid) -> Result<()> {
    const DAY: f64 = 86_400.0;
    let most = settings::load(conn).await?.max_messages_per_day;
    // Two at once count one after the other.
    applications::db::lock_applicant(conn, user_id).await?;
    match db::full_for(conn, user_id, most).await? {
        None => Ok(()),
        Some(seconds) => Err(Error::TooMany {
            code: "max_messages_per_day",
            message: format!("at most {most} messages in 24 hours"),
            retry_after: Duration::from_secs_f64(seconds.clamp(1.0, DAY).ceil()),
        }),
    }
}

/// Notes that the asker has read up to this message, and reads what the notification
/// centre says of these. Never goes back.
pub async fn read(conn: &mut PgConnection, asker: Asker, id: Uuid, up_to: i64) -> Result<Thread> {
    let found = thread(conn, asker, id).await?;
    if found.last_number > 0 {
        let up_to = up_to.min(found.last_number);
        db::mark_read(conn, id, asker, up_to).await?;
        db::read_notifications(conn, id, asker.user_id(), up_to).await?;
    }
    thread(conn, asker, id).await
}

/// Refuses further messages of the other side, or takes them again. The second time
/// changes nothing.
pub async fn block(
    conn: &mut PgConnection,
    asker: Asker,
    id: Uuid,
    is_blocked: bool,
) -> Result<Thread> {
    application(conn, asker, id).await?;
    db::set_blocked(conn, id, asker.side(), is_blocked).await?;
    thread(conn, asker, id).await
}
