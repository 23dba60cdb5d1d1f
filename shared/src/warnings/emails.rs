//! What warnings say, read when they are sent.

use serde::Serialize;
use sqlx::PgConnection;
use uuid::Uuid;

use super::db;
use crate::Result;

/// Kinds that are named.
const KINDS: i64 = 20;

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DeadTasksFacts {
    pub total: i64,
    /// Those with the most dead tasks.
    pub kinds: Vec<KindFacts>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct KindFacts {
    pub kind: String,
    /// As the queue names it: `attempts`, `gave_up` and so on.
    pub reason: String,
    pub count: i64,
    /// Of all kinds together.
    #[serde(skip)]
    pub of_all: i64,
}

/// `None` when all of them were brought back or removed meanwhile.
pub async fn dead_tasks_facts(
    conn: &mut PgConnection,
    warning_id: Uuid,
) -> Result<Option<DeadTasksFacts>> {
    let kinds = db::kinds(conn, warning_id, KINDS).await?;
    Ok(kinds
        .first()
        .map(|first| first.of_all)
        .map(|total| DeadTasksFacts { total, kinds }))
}
