//! What the mail about a decision says, read when it is sent.

use serde::Serialize;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::Result;

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DecisionFacts {
    /// The company decided about; none, if it was the employer's account.
    pub company_name: Option<String>,
    pub is_verified: bool,
    /// Taken back, where it is not verified now.
    pub was_verified: bool,
    pub reason: Option<String>,
}

/// `None` when the decision is gone, with the employer or the company.
pub async fn decision_facts(
    conn: &mut PgConnection,
    change_id: Uuid,
) -> Result<Option<DecisionFacts>> {
    Ok(sqlx::query_as!(
        DecisionFacts,
        r#"select c.name as "company_name?", v.to_status = 'verified' as "is_verified!",
               v.from_status = 'verified' as "was_verified!", v.reason
           from verification_changes v
           left join companies c on c.id = v.company_id
           where v.id = $1"#,
        change_id,
    )
    .fetch_optional(conn)
    .await?)
}
