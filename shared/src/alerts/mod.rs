//! Job alerts: searches that job seekers save, to be told of new jobs that match.
//!
//! A new job is matched against all of them at once ([`matching`]); what matched is
//! told at once, or daily or weekly at an hour of the account's own ([`delivery`]).

pub mod db;
pub mod delivery;
pub mod emails;
pub mod matching;
pub mod tasks;

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::{
    Error, FieldError, Result,
    pagination::{Paging, Slice},
    rules::{Rules, keep},
    search::{self, Search},
    settings,
};

/// When matches are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::Type)]
#[sqlx(type_name = "alert_frequency", rename_all = "snake_case")]
pub enum Frequency {
    /// Within minutes, together with those of the same minutes.
    Instant,
    Daily,
    Weekly,
}

/// What an account decides about an alert.
#[derive(Clone, Debug)]
pub struct AlertContent {
    pub name: String,
    /// Without times of publication, sort and facets: jobs to come are new.
    pub search: Search,
    pub frequency: Frequency,
    /// An IANA name.
    pub time_zone: String,
    /// Of daily and weekly ones, in the zone's time.
    pub local_hour: i16,
    /// Of weekly ones; Monday is 1.
    pub weekday: i16,
    pub is_paused: bool,
}

#[derive(Clone, Debug)]
pub struct Alert {
    pub id: Uuid,
    pub content: AlertContent,
    /// When what has matched by now is told; none where nothing has.
    pub next_delivery_at: Option<DateTime<Utc>>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

const MAX_TEXT: usize = 1_000;
const MAX_LOCATION: usize = 300;
const MAX_NAMES: usize = 20;
const MAX_NAME: usize = 200;

/// # Errors
///
/// `Invalid` with all that is wrong, and `Conflict` (`max_alerts`) where the account has
/// as many as the settings allow.
pub async fn create(
    conn: &mut PgConnection,
    now: DateTime<Utc>,
    user_id: Uuid,
    content: &AlertContent,
) -> Result<Alert> {
    let standing = check(conn, now, content).await?;
    // One after another, so that two at once do not pass the limit together.
    db::lock_owner(conn, user_id).await?;
    let most = settings::load(conn).await?.max_alerts;
    if db::count(conn, user_id).await? >= i64::from(most) {
        return Err(Error::conflict(
            "max_alerts",
            format!("you have {most} alerts, which is the most; remove one first"),
        ));
    }
    let id = db::insert(conn, user_id, content).await?;
    if !content.is_paused {
        db::put_search(conn, id, &standing).await?;
    }
    db::get(conn, user_id, id).await
}

/// Newest first.
pub async fn list(conn: &mut PgConnection, user_id: Uuid, paging: &Paging) -> Result<Slice<Alert>> {
    db::list(conn, user_id, paging).await
}

/// # Errors
///
/// `NotFound`, also for somebody else's.
pub async fn get(conn: &mut PgConnection, user_id: Uuid, id: Uuid) -> Result<Alert> {
    db::get(conn, user_id, id).await
}

/// Lets nobody else change the alert before the transaction ends, and gives it.
pub async fn lock(conn: &mut PgConnection, user_id: Uuid, id: Uuid) -> Result<Alert> {
    db::lock(conn, user_id, id).await?;
    db::get(conn, user_id, id).await
}

/// Replaces what is decided. What another search would have told, or what came while
/// the alert was paused, is not told; what has matched and waits is.
pub async fn update(
    conn: &mut PgConnection,
    now: DateTime<Utc>,
    user_id: Uuid,
    id: Uuid,
    content: &AlertContent,
) -> Result<Alert> {
    let standing = check(conn, now, content).await?;
    db::lock(conn, user_id, id).await?;
    db::update(conn, id, content).await?;
    if content.is_paused {
        db::remove_search(conn, id).await?;
    } else {
        db::put_search(conn, id, &standing).await?;
        db::schedule(conn, &[id], true).await?;
    }
    db::get(conn, user_id, id).await
}

pub async fn remove(conn: &mut PgConnection, user_id: Uuid, id: Uuid) -> Result<()> {
    db::delete(conn, user_id, id).await
}

/// Pauses an alert for whoever has the link to that, which its mails hold. The second
/// time changes nothing, and neither does it for one that is gone.
pub async fn pause_by_link(conn: &mut PgConnection, id: Uuid) -> Result<()> {
    if db::pause(conn, id).await? {
        db::remove_search(conn, id).await?;
    }
    Ok(())
}

/// All that is wrong together; else the search as new jobs are held against it.
async fn check(
    conn: &mut PgConnection,
    now: DateTime<Utc>,
    content: &AlertContent,
) -> Result<search::Standing> {
    let mut rules = Rules::new();
    rules.required_line("name", &content.name, MAX_NAME);
    let search = &content.search;
    rules.text("q", &search.text, MAX_TEXT);
    rules.optional_text("location", search.location.as_deref(), MAX_LOCATION);
    for (field, names) in [
        ("category", &search.categories),
        ("company", &search.companies),
        ("skill", &search.skills),
    ] {
        rules.texts(field, names, MAX_NAMES, MAX_NAME);
    }
    rules.money("salary_min", search.salary_min, 12);
    rules.money("salary_max", search.salary_max, 12);
    let mut wrong = rules.into_errors();
    if !db::is_time_zone(conn, &content.time_zone).await? {
        wrong.push(FieldError::new(
            "time_zone",
            "unknown_time_zone",
            "must be a name of the IANA list, as Europe/Berlin",
        ));
    }
    // What cannot be stored is not looked up either.
    if !wrong.is_empty() {
        return Err(Error::Invalid(wrong));
    }
    let standing = keep(search::standing(conn, now, search).await, &mut wrong)?;
    standing.ok_or(Error::Invalid(wrong))
}
