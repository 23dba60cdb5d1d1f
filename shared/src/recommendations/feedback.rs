//! What became of the jobs in a list, as clients tell it.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::{db, hybrid::Arm};
use crate::Result;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, sqlx::Type)]
#[sqlx(type_name = "recommendation_feedback_kind", rename_all = "snake_case")]
pub enum FeedbackKind {
    /// It was on the screen.
    Impression,
    Click,
    /// Not to be shown again.
    Hide,
    /// The same, because it does not fit.
    NotInterested,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Feedback {
    pub job_id: Uuid,
    pub kind: FeedbackKind,
    /// Place in the list, from 1.
    pub position: Option<i16>,
}

/// Why a job is not shown again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::Type)]
#[sqlx(type_name = "hiding_reason", rename_all = "snake_case")]
pub enum HidingReason {
    /// Without a word.
    Hidden,
    /// It does not fit: jobs alike are lowered.
    NotInterested,
}

/// A job that is not shown to somebody.
#[derive(Clone, Debug)]
pub struct HiddenJob {
    pub job_id: Uuid,
    pub title: String,
    pub company_name: String,
    pub reason: HidingReason,
    pub hidden_at: DateTime<Utc>,
}

/// Writes down what is told of a list of `arm`. Of jobs that are gone nothing is kept, and
/// of people who do not allow its use only what they do not want to see again.
pub async fn record(
    conn: &mut PgConnection,
    user_id: Uuid,
    arm: Arm,
    told: &[Feedback],
) -> Result<()> {
    // Each once, and in one order everywhere, against deadlocks.
    let mut once: BTreeMap<(Uuid, FeedbackKind), Feedback> = BTreeMap::new();
    for one in told {
        once.entry((one.job_id, one.kind)).or_insert(*one);
    }
    let told: Vec<Feedback> = once.into_values().collect();
    let is_allowed = db::allows_personalisation(conn, user_id).await?;
    if is_allowed {
        db::insert_feedback(conn, user_id, arm, &told).await?;
    }
    let of = |kind: FeedbackKind| -> Vec<Uuid> {
        let same = told.iter().filter(|one| one.kind == kind);
        same.map(|one| one.job_id).collect()
    };
    if is_allowed {
        db::mark_clicked(conn, user_id, &of(FeedbackKind::Click)).await?;
    }
    let (hidden, unfit) = (of(FeedbackKind::Hide), of(FeedbackKind::NotInterested));
    db::hide(conn, user_id, &hidden, &unfit).await
}
