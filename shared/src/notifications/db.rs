//! Every statement on the outbox.
//!
//! `attempts` numbers the attempts of a row. An attempt names its number when it
//! ends, so that one that lost its row to a later attempt changes nothing.

use sqlx::PgConnection;
use uuid::Uuid;

use crate::mail::{Recipient, Template};

/// `None` when this mail is in the outbox already.
pub async fn insert(
    conn: &mut PgConnection,
    event_id: Uuid,
    user_id: Uuid,
    template: Template,
) -> Result<Option<Uuid>, sqlx::Error> {
    sqlx::query_scalar!(
        "insert into email_outbox (event_id, user_id, template) values ($1, $2, $3)
         on conflict on constraint email_outbox_once_key do nothing
         returning id",
        event_id,
        user_id,
        template.name(),
    )
    .fetch_optional(conn)
    .await
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::Type)]
#[sqlx(type_name = "email_status", rename_all = "snake_case")]
pub enum EmailStatus {
    Pending,
    Sending,
    Sent,
    Unknown,
    Dead,
}

/// An outbox row.
#[derive(Clone, Debug)]
pub struct OutboxEmail {
    pub id: Uuid,
    pub event_id: Uuid,
    pub user_id: Uuid,
    pub template: String,
    pub status: EmailStatus,
    pub attempts: i32,
    /// How often it may have been delivered without our knowing.
    pub doubtful_deliveries: i16,
}

pub async fn get(conn: &mut PgConnection, id: Uuid) -> Result<Option<OutboxEmail>, sqlx::Error> {
    sqlx::query_as!(
        OutboxEmail,
        r#"select id, event_id, user_id, template, status as "status: EmailStatus", attempts,
                  doubtful_deliveries
           from email_outbox where id = $1"#,
        id,
    )
    .fetch_optional(conn)
    .await
}

/// Starts the attempt after `seen`; `None` when another one has started since.
/// An attempt that finds the row `sending` or `unknown` counts the delivery in
/// doubt that this means.
pub async fn start(
    conn: &mut PgConnection,
    seen: &OutboxEmail,
) -> Result<Option<i32>, sqlx::Error> {
    sqlx::query_scalar!(
        "update email_outbox
         set doubtful_deliveries = doubtful_deliveries + (status <> 'pending')::int::smallint,
             status = 'sending', sending_at = app_now(), attempts = attempts + 1
         where id = $1 and attempts = $2 and status in ('pending', 'sending', 'unknown')
         returning attempts",
        seen.id,
        seen.attempts,
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
    Dead(String),
}

impl Ending {
    fn parts(&self) -> (EmailStatus, Option<&str>) {
        match self {
            Self::Sent => (EmailStatus::Sent, None),
            Self::Pending(error) => (EmailStatus::Pending, Some(error)),
            Self::Unknown(error) => (EmailStatus::Unknown, Some(error)),
            Self::Dead(error) => (EmailStatus::Dead, Some(error)),
        }
    }
}

/// False when the row went to a later attempt meanwhile.
pub async fn end(
    conn: &mut PgConnection,
    id: Uuid,
    attempt: i32,
    ending: &Ending,
) -> Result<bool, sqlx::Error> {
    let (status, error) = ending.parts();
    let done = sqlx::query!(
        r#"update email_outbox
           set status = $3, last_error = left($4, 2000),
               sent_at = case when $3 = 'sent'::email_status then app_now() end
           where id = $1 and attempts = $2 and status <> 'sent'"#,
        id,
        attempt,
        status as EmailStatus,
        error,
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Where a user's mail goes now; `None` for accounts that get none.
pub async fn address(
    conn: &mut PgConnection,
    user_id: Uuid,
) -> Result<Option<(String, Recipient)>, sqlx::Error> {
    let row = sqlx::query!(
        r#"select u.email, coalesce(e.first_name, f.first_name, '') as "first_name!"
           from users u
           left join employer_profiles e on e.user_id = u.id
           left join freelancer_profiles f on f.user_id = u.id
           where u.id = $1 and u.is_active"#,
        user_id,
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.map(|row| {
        (
            row.email,
            Recipient {
                first_name: row.first_name,
            },
        )
    }))
}
