//! Writing mails down and sending them.
//!
//! `attempts` numbers the attempts of a row. An attempt names its number when it
//! ends, so that one that lost its row to a later attempt changes nothing.

use sqlx::PgConnection;
use uuid::Uuid;

use crate::{
    mail::{Language, Recipient, Template},
    notifications::{Kind, NotificationType},
    queue::TaskId,
};

/// `None` when this mail is in the outbox already, or not wanted.
pub async fn insert(
    conn: &mut PgConnection,
    event_id: Uuid,
    user_id: Uuid,
    template: Template,
) -> Result<Option<Uuid>, sqlx::Error> {
    sqlx::query_scalar!(
        "insert into email_outbox (event_id, user_id, template)
         select $1, $2, $3
         where $4::notification_type is null or wants_notification($2, $4, 'email')
         on conflict on constraint email_outbox_once_key do nothing
         returning id",
        event_id,
        user_id,
        template.name(),
        Kind::of_mail(template) as Option<NotificationType>,
    )
    .fetch_optional(conn)
    .await
}

/// Says which task sends the mail.
pub async fn set_task(conn: &mut PgConnection, id: Uuid, task: TaskId) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update email_outbox set task_id = $2 where id = $1",
        id,
        task.0,
    )
    .execute(conn)
    .await?;
    Ok(())
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::Type)]
#[sqlx(type_name = "email_status", rename_all = "snake_case")]
pub enum EmailStatus {
    Pending,
    Sending,
    Sent,
    Unknown,
    Dead,
    /// Nobody needed it any more when its turn came.
    Skipped,
}

impl EmailStatus {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Sending => "sending",
            Self::Sent => "sent",
            Self::Unknown => "unknown",
            Self::Dead => "dead",
            Self::Skipped => "skipped",
        }
    }
}

/// Why a mail is dead.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum DeadReason {
    /// The server does not want this mail.
    Refused,
    /// The server knows no such mailbox; the address was suppressed.
    NoMailbox,
    /// The address was suppressed before. Such mails end as skipped now.
    Suppressed,
    /// The account or the event.
    Gone,
    Unrenderable,
    /// It was put off too often.
    Attempts,
    /// Its task died, or an operator ended it.
    TaskEnded,
}

impl DeadReason {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Refused => "refused",
            Self::NoMailbox => "no_mailbox",
            Self::Suppressed => "suppressed",
            Self::Gone => "gone",
            Self::Unrenderable => "unrenderable",
            Self::Attempts => "attempts",
            Self::TaskEnded => "task_ended",
        }
    }

    /// Whether the mail died because its task did. If the task runs again, an
    /// operator wants the mail tried again.
    pub const fn is_of_task(self) -> bool {
        match self {
            Self::Refused | Self::NoMailbox | Self::Suppressed | Self::Gone => false,
            Self::Unrenderable | Self::Attempts | Self::TaskEnded => true,
        }
    }
}

/// An outbox row, as one of its tasks sees it.
#[derive(Clone, Debug)]
pub struct OutboxEmail {
    pub id: Uuid,
    pub event_id: Uuid,
    pub user_id: Uuid,
    pub template: String,
    pub status: EmailStatus,
    pub dead_reason: Option<DeadReason>,
    pub attempts: i32,
    /// How often it may have been delivered without our knowing.
    pub doubtful_deliveries: i16,
    /// Another task is there to send it.
    pub is_of_another_task: bool,
}

pub async fn get(
    conn: &mut PgConnection,
    id: Uuid,
    task: TaskId,
) -> Result<Option<OutboxEmail>, sqlx::Error> {
    sqlx::query_as!(
        OutboxEmail,
        r#"select id, event_id, user_id, template, status as "status: EmailStatus",
                  dead_reason as "dead_reason: DeadReason", attempts, doubtful_deliveries,
                  exists (select from tasks t where t.id = task_id and t.id <> $2)
                      as "is_of_another_task!"
           from email_outbox where id = $1"#,
        id,
        task.0,
    )
    .fetch_optional(conn)
    .await
}

/// Starts the attempt after `seen`, just before the mail's content goes out;
/// `None` when the row has changed since. An attempt that finds the row `sending`
/// or `unknown` counts the delivery in doubt that this means.
pub async fn start(
    conn: &mut PgConnection,
    seen: &OutboxEmail,
    task: TaskId,
) -> Result<Option<i32>, sqlx::Error> {
    sqlx::query_scalar!(
        "update email_outbox
         set doubtful_deliveries = doubtful_deliveries
                 + (status in ('sending', 'unknown'))::int::smallint,
             status = 'sending', dead_reason = null, sending_at = app_now(),
             attempts = attempts + 1, task_id = $4
         where id = $1 and attempts = $2 and status = $3
         returning attempts",
        seen.id,
        seen.attempts,
        seen.status as EmailStatus,
        task.0,
    )
    .fetch_optional(conn)
    .await
}

/// How an attempt ended, or why there was none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    Sent,
    /// To be tried again.
    Pending(String),
    Unknown(String),
    Dead(DeadReason, String),
    /// Nobody needs it any more.
    Skipped(String),
}

impl Ending {
    fn parts(&self) -> (EmailStatus, Option<&'static str>, Option<&str>) {
        match self {
            Self::Sent => (EmailStatus::Sent, None, None),
            Self::Pending(error) => (EmailStatus::Pending, None, Some(error)),
            Self::Unknown(error) => (EmailStatus::Unknown, None, Some(error)),
            Self::Skipped(why) => (EmailStatus::Skipped, None, Some(why)),
            Self::Dead(reason, error) => (EmailStatus::Dead, Some(reason.name()), Some(error)),
        }
    }
}

/// Ends a started attempt. False when the row went to a later attempt meanwhile.
pub async fn end(
    conn: &mut PgConnection,
    id: Uuid,
    attempt: i32,
    ending: &Ending,
) -> Result<bool, sqlx::Error> {
    let (status, dead_reason, error) = ending.parts();
    // What stands in the notification centre of the same event knows of it at once.
    let ended = sqlx::query_scalar!(
        r#"with ended as (
               update email_outbox
               set status = $3, dead_reason = $4, last_error = left($5, 2000),
                   sent_at = case when $3 = 'sent'::email_status then app_now() end
               where id = $1 and attempts = $2 and status <> 'sent'
               returning user_id, event_id, sent_at),
           told as (
               update notifications n
               set is_email_sent = true, is_sent = true,
                   sent_at = coalesce(n.sent_at, ended.sent_at)
               from ended
               where n.user_id = ended.user_id and n.event_id = ended.event_id
                 and ended.sent_at is not null)
           select count(*) as "count!" from ended"#,
        id,
        attempt,
        status as EmailStatus,
        dead_reason,
        error,
    )
    .fetch_one(conn)
    .await?;
    Ok(ended == 1)
}

/// Ends an attempt whose content never went out. It counts as an attempt where
/// the mail server was asked, and what was in doubt about `seen` is counted as in
/// [`start`]. False when the row has changed since.
pub async fn end_unstarted(
    conn: &mut PgConnection,
    seen: &OutboxEmail,
    task: TaskId,
    asked: bool,
    ending: &Ending,
) -> Result<bool, sqlx::Error> {
    let (status, dead_reason, error) = ending.parts();
    let done = sqlx::query!(
        r#"update email_outbox
           set doubtful_deliveries = doubtful_deliveries
                   + ($4 and status in ('sending', 'unknown'))::int::smallint,
               status = $5, dead_reason = $6, last_error = left($7, 2000),
               attempts = attempts + $4::int, task_id = $8
           where id = $1 and attempts = $2 and status = $3"#,
        seen.id,
        seen.attempts,
        seen.status as EmailStatus,
        asked,
        status as EmailStatus,
        dead_reason,
        error,
        task.0,
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Where a user's mail goes now, and whether nothing may go there; `None` for
/// accounts that get no mail.
pub async fn recipient(
    conn: &mut PgConnection,
    user_id: Uuid,
) -> Result<Option<(String, Recipient, bool)>, sqlx::Error> {
    let row = sqlx::query!(
        r#"select u.email, coalesce(e.first_name, f.first_name, '') as "first_name!",
                  u.language as "language: Language",
                  exists (select from email_suppressions s
                          where s.user_id = u.id
                            and s.address_digest = sha256(convert_to(u.email, 'UTF8')))
                      as "suppressed!"
           from users u
           left join employer_profiles e on e.user_id = u.id
           left join freelancer_profiles f on f.user_id = u.id
           where u.id = $1 and u.is_active"#,
        user_id,
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.map(|row| {
        let recipient = Recipient {
            first_name: row.first_name,
            language: row.language.unwrap_or_default(),
            unsubscribe_url: None,
        };
        (row.email, recipient, row.suppressed)
    }))
}
