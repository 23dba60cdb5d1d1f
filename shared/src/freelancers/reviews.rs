//! What employers who hired a freelancer say of the work.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::db::reviews;
use crate::{Error, Result, rules::Rules};

#[derive(Clone, Debug)]
pub struct Review {
    pub id: Uuid,
    pub freelancer_profile_id: Uuid,
    pub reviewer_id: Uuid,
    /// May be empty.
    pub reviewer_name: String,
    /// Null when the job is gone.
    pub job_id: Option<Uuid>,
    pub job_title: Option<String>,
    pub content: ReviewContent,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReviewContent {
    /// 1 to 5.
    pub rating: i16,
    pub review_text: String,
    /// 1 to 5 by what is rated: "communication".
    pub rating_breakdown: BTreeMap<String, i16>,
}

/// How many things a review rates one by one.
const MAX_BREAKDOWN: usize = 10;

impl ReviewContent {
    fn check(&self) -> Result<()> {
        let mut rules = Rules::new();
        rules.stars("rating", self.rating);
        rules.text("review_text", &self.review_text, 10_000);
        rules.count(
            "rating_breakdown",
            self.rating_breakdown.len(),
            MAX_BREAKDOWN,
        );
        for (what, rating) in &self.rating_breakdown {
            let field = format!("rating_breakdown.{what}");
            rules.required_line(&field, what, 50);
            rules.stars(&field, *rating);
        }
        rules.finish()
    }
}

/// An employer who reviews.
#[derive(Clone, Copy, Debug)]
pub struct Reviewer {
    pub user_id: Uuid,
    /// Of the employer.
    pub profile_id: Uuid,
}

/// What an employer and a freelancer have had to do with each other.
#[derive(Clone, Copy, Debug)]
pub struct Acquaintance {
    /// The freelancer has applied for a job of the employer or of a company that they
    /// work for.
    pub has_applied: bool,
    /// And was hired for the job in question, which is the employer's own.
    pub was_hired: bool,
}

/// Whoever hired the freelancer for a job reviews the work on it, once. To all other
/// employers than those the freelancer applied to, there is no such profile.
pub async fn add(
    conn: &mut PgConnection,
    reviewer: Reviewer,
    profile_id: Uuid,
    job_id: Uuid,
    content: &ReviewContent,
) -> Result<Review> {
    content.check()?;
    let past = reviews::acquaintance(conn, reviewer.profile_id, profile_id, Some(job_id)).await?;
    if !past.has_applied {
        return Err(Error::NotFound("freelancer"));
    }
    if !past.was_hired {
        return Err(Error::forbidden(
            "not_hired",
            "only an employer who hired the freelancer for this job may review the work",
        ));
    }
    let id = reviews::insert(conn, reviewer.user_id, profile_id, job_id, content).await?;
    reviews::get(conn, profile_id, id).await
}

/// Changes a review of `author`'s own.
pub async fn replace(
    conn: &mut PgConnection,
    author: Uuid,
    profile_id: Uuid,
    id: Uuid,
    content: &ReviewContent,
) -> Result<Review> {
    content.check()?;
    reviews::update(conn, author, profile_id, id, content).await?;
    reviews::get(conn, profile_id, id).await
}
