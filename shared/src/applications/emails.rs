//! What the mails about applications say, read when they are sent.

use serde::Serialize;
use sqlx::PgConnection;
use uuid::Uuid;

use super::ApplicationStatus;
use crate::Result;

/// The facts about one move of an application.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MoveFacts {
    pub application_id: Uuid,
    pub job_title: String,
    pub company_name: String,
    /// Whom the company's mails name as their sender.
    pub sender_name: String,
    /// May be empty.
    pub applicant_name: String,
    /// The status that the move led to.
    pub status: ApplicationStatus,
    pub rejection_reason: Option<String>,
    /// The employer's words to the applicant; may be empty.
    pub message: String,
    /// Whether anybody of the company can read it.
    pub has_employer: bool,
    /// Where an imported job came from; http or https.
    pub external_url: Option<String>,
}

/// `None` when the move is gone, with its application.
pub async fn move_facts(conn: &mut PgConnection, change_id: Uuid) -> Result<Option<MoveFacts>> {
    Ok(sqlx::query_as!(
        MoveFacts,
        r#"select a.id as application_id, j.title as job_title, c.name as company_name,
                  coalesce(c.mail_sender_name, c.name) as "sender_name!",
                  coalesce(btrim(f.first_name || ' ' || f.last_name), '')
                      as "applicant_name!",
                  m.to_status as "status: ApplicationStatus",
                  case m.to_status when 'rejected' then a.rejection_reason end as rejection_reason,
                  m.note as message,
                  exists (select from employers_told(j)) as "has_employer!",
                  case when j.external_url ~* '^https?://' then j.external_url end as external_url
           from application_status_changes m
           join applications a on a.id = m.application_id
           join jobs j on j.id = a.job_id
           join companies c on c.id = j.company_id
           left join freelancer_profiles f on f.user_id = a.applicant_id
           where m.id = $1"#,
        change_id,
    )
    .fetch_optional(conn)
    .await?)
}
