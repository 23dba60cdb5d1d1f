//! What the mails and notifications about messages say.

use serde::Serialize;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::Result;

/// What somebody has not read of a thread.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct UnreadFacts {
    pub application_id: Uuid,
    pub job_title: String,
    pub company_name: String,
    /// Whom the company's mails name as their sender.
    pub sender_name: String,
    /// May be empty.
    pub applicant_name: String,
    /// Whether the applicant wrote; the employer else.
    pub by_applicant: bool,
    /// The beginning of the newest.
    pub excerpt: String,
    /// With it, and at least 1.
    pub unread: i64,
}

/// `None` when the message is gone, was read by this account, or may not be mailed to it
/// any more.
pub async fn unread_facts(
    conn: &mut PgConnection,
    message_id: Uuid,
    user_id: Uuid,
) -> Result<Option<UnreadFacts>> {
    Ok(sqlx::query_as!(
        UnreadFacts,
        r#"select m.application_id, j.title as job_title, c.name as company_name,
                  coalesce(c.mail_sender_name, c.name) as "sender_name!",
                  coalesce(btrim(f.first_name || ' ' || f.last_name), '') as "applicant_name!",
                  m.side = 'applicant' as "by_applicant!", left(m.body, 300) as "excerpt!",
                  (select count(*) from messages o
                   where o.application_id = m.application_id and o.side = m.side
                     and o.number <= m.number and o.number > coalesce(r.read_up_to, 0)
                     and may_be_mailed(o, $2)) as "unread!"
           from messages m
           join applications a on a.id = m.application_id
           join jobs j on j.id = a.job_id
           join companies c on c.id = j.company_id
           left join freelancer_profiles f on f.user_id = a.applicant_id
           left join message_reads r on r.application_id = m.application_id and r.user_id = $2
           where m.id = $1 and may_be_mailed(m, $2) and m.number > coalesce(r.read_up_to, 0)"#,
        message_id,
        user_id,
    )
    .fetch_optional(conn)
    .await?)
}

/// What the notification centre says of a message.
#[derive(Clone, Debug, PartialEq)]
pub struct MessageFacts {
    pub application_id: Uuid,
    pub number: i64,
    pub job_title: String,
    pub company_name: String,
    /// May be empty.
    pub applicant_name: String,
    pub by_applicant: bool,
    /// The beginning.
    pub excerpt: String,
}

pub async fn message_facts(
    conn: &mut PgConnection,
    message_id: Uuid,
) -> Result<Option<MessageFacts>> {
    Ok(sqlx::query_as!(
        MessageFacts,
        r#"select m.application_id, m.number, j.title as job_title, c.name as company_name,
                  coalesce(btrim(f.first_name || ' ' || f.last_name), '') as "applicant_name!",
                  m.side = 'applicant' as "by_applicant!", left(m.body, 300) as "excerpt!"
           from messages m
           join applications a on a.id = m.application_id
           join jobs j on j.id = a.job_id
           join companies c on c.id = j.company_id
           left join freelancer_profiles f on f.user_id = a.applicant_id
           where m.id = $1"#,
        message_id,
    )
    .fetch_optional(conn)
    .await?)
}
