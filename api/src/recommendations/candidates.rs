//! Freelancers for a job.

use jobboard_shared::recommendations::candidates::{self, Card, Ground};
use poem::web::Data;
use poem_openapi::{Enum, Object, OpenApi, param::Path};
use uuid::Uuid;

use crate::{
    App,
    auth::Manager,
    paging::{PageParams, Paged},
    problem::Result,
    tags::Tag,
};

pub(crate) struct CandidatesApi;

/// What speaks for a candidate, of all that they say of themself
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[oai(rename_all = "snake_case", remote = "Ground")]
enum CandidateGround {
    Skills,
    Title,
    Experience,
    About,
    Category,
    Place,
    Remote,
    Pay,
}

/// A part of a candidate's score
#[derive(Debug, Object)]
struct CandidateReason {
    ground: CandidateGround,
    /// What it adds to the score
    share: f64,
    /// In words
    text: String,
}

/// A job seeker who wants to be found
#[derive(Debug, Object)]
struct CandidateCard {
    /// The id of the freelancer's profile
    id: Uuid,
    first_name: String,
    last_name: String,
    title: Option<String>,
    location: Option<String>,
    /// Whether they have time now
    is_available: bool,
    is_open_to_remote: bool,
    /// Of work, up to today; times that overlap count once
    total_experience_years: f64,
    /// 1 to 5; null without reviews
    average_rating: Option<f64>,
    total_reviews: i32,
    /// Names, the best known first; no more than 50
    skills: Vec<String>,
}

impl From<Card> for CandidateCard {
    fn from(card: Card) -> Self {
        Self {
            id: card.freelancer_id,
            first_name: card.first_name,
            last_name: card.last_name,
            title: card.title,
            location: card.location,
            is_available: card.is_available,
            is_open_to_remote: card.is_open_to_remote,
            total_experience_years: card.total_experience_years,
            average_rating: card.average_rating,
            total_reviews: card.total_reviews,
            skills: card.skills,
        }
    }
}

/// A freelancer for the job
#[derive(Debug, Object)]
struct Candidate {
    freelancer: CandidateCard,
    /// 0 to 1, where 1 would be somebody who says of themself word by word what the job
    /// says, and whose wish it pays
    score: f64,
    /// The strongest first; their shares add up to the score
    reasons: Vec<CandidateReason>,
}

impl From<candidates::Candidate> for Candidate {
    fn from(candidate: candidates::Candidate) -> Self {
        Self {
            freelancer: candidate.card.into(),
            score: candidate.score,
            reasons: candidate
                .reasons
                .into_iter()
                .map(|reason| CandidateReason {
                    ground: reason.ground.into(),
                    share: reason.share,
                    text: reason.text,
                })
                .collect(),
        }
    }
}

#[OpenApi(prefix_path = "/api/jobs", tag = "Tag::Recommendations")]
impl CandidatesApi {
    /// Freelancers for a job
    ///
    /// The best fitting of those who are open to work and want to be found, 200 at most,
    /// by what they say of themselves: what they did on the board takes no part. Who
    /// applied for the job, hid it, or blocked or reported its employer is left out. For
    /// the owners and recruiters of the company who may post jobs, and administrators.
    /// Empty until a model was fitted.
    #[oai(
        path = "/:id/candidates",
        method = "get",
        operation_id = "list_candidates"
    )]
    async fn list(
        &self,
        app: Data<&App>,
        manager: Manager,
        id: Path<Uuid>,
        paging: PageParams,
    ) -> Result<Paged<Candidate>> {
        let list = format!("candidates for job {}", id.0);
        let page = paging.paging(&app, &list)?;
        let slice = candidates::of_job(&app.db, &app.config, manager.scope, id.0, &page).await?;
        Ok(paging.answer(&app, &list, slice, Candidate::from))
    }
}
