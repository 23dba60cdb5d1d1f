//! Reviews of freelancers by employers who hired them.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Utc};
use jobboard_shared::{
    employers::Scope,
    freelancers::{
        db,
        reviews::{self, ReviewContent, Reviewer},
    },
};
use poem::web::Data;
use poem_openapi::{Object, OpenApi, param::Path, payload::Json};
use uuid::Uuid;

use super::reader;
use crate::{
    App,
    answers::{Created, Deleted},
    auth::{Employer, Freelancer, Manager, SignedIn},
    body::Strict,
    paging::{PageParams, Paged},
    problem::Result,
    tags::Tag,
};

/// A review of a freelancer
#[derive(Debug, Object)]
struct Review {
    id: Uuid,
    freelancer_id: Uuid,
    reviewer_id: Uuid,
    reviewer_name: String,
    /// Null: the job is gone
    job_id: Option<Uuid>,
    job_title: Option<String>,
    /// 1 to 5
    rating: i16,
    review_text: String,
    /// 1 to 5 by what is rated
    rating_breakdown: HashMap<String, i16>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

impl From<reviews::Review> for Review {
    fn from(review: reviews::Review) -> Self {
        Self {
            id: review.id,
            freelancer_id: review.freelancer_profile_id,
            reviewer_id: review.reviewer_id,
            reviewer_name: review.reviewer_name,
            job_id: review.job_id,
            job_title: review.job_title,
            rating: review.content.rating,
            review_text: review.content.review_text,
            rating_breakdown: review.content.rating_breakdown.into_iter().collect(),
            created_at: review.created_at,
            updated_at: review.updated_at,
        }
    }
}

/// A review of the work on one job
#[derive(Debug, Object)]
struct ReviewInput {
    /// The job that the freelancer was hired for
    job_id: Uuid,
    #[oai(validator(minimum(value = "1"), maximum(value = "5")))]
    rating: i16,
    #[oai(default, validator(max_length = 10000))]
    review_text: String,
    /// 1 to 5 by what is rated: `{"communication": 5}`
    #[oai(default, validator(max_properties = 10))]
    rating_breakdown: HashMap<String, i16>,
}

/// A review in place of another of the same job; what is left out is emptied
#[derive(Debug, Object)]
struct ReviewReplacement {
    #[oai(validator(minimum(value = "1"), maximum(value = "5")))]
    rating: i16,
    #[oai(default, validator(max_length = 10000))]
    review_text: String,
    /// 1 to 5 by what is rated: `{"communication": 5}`
    #[oai(default, validator(max_properties = 10))]
    rating_breakdown: HashMap<String, i16>,
}

impl From<ReviewReplacement> for ReviewContent {
    fn from(input: ReviewReplacement) -> Self {
        Self {
            rating: input.rating,
            review_text: input.review_text,
            rating_breakdown: BTreeMap::from_iter(input.rating_breakdown),
        }
    }
}

pub(crate) struct ReviewsApi;

#[OpenApi(prefix_path = "/api/freelancers", tag = "Tag::Freelancers")]
impl ReviewsApi {
    /// List the reviews of the own work
    ///
    /// Newest first.
    #[oai(path = "/reviews", method = "get", operation_id = "list_own_reviews")]
    async fn own(
        &self,
        app: Data<&App>,
        freelancer: Freelancer,
        paging: PageParams,
    ) -> Result<Paged<Review>> {
        page_of(&app, freelancer.profile_id, &paging).await
    }

    /// List the reviews of a freelancer
    ///
    /// For whoever may read the freelancer's profile. Newest first.
    #[oai(
        path = "/:id/reviews",
        method = "get",
        operation_id = "list_freelancer_reviews"
    )]
    async fn list(
        &self,
        app: Data<&App>,
        user: SignedIn,
        /// The id of the freelancer's profile
        id: Path<Uuid>,
        paging: PageParams,
    ) -> Result<Paged<Review>> {
        let mut conn = app.db.acquire().await?;
        reader(user)?.ensure_may_read(&mut conn, id.0).await?;
        drop(conn);
        page_of(&app, id.0, &paging).await
    }

    /// Review a freelancer
    ///
    /// An employer who hired the freelancer for the job (`not_hired` otherwise)
    /// reviews the work once (`already_reviewed`).
    #[oai(
        path = "/:id/reviews",
        method = "post",
        operation_id = "review_freelancer"
    )]
    async fn add(
        &self,
        app: Data<&App>,
        employer: Employer,
        /// The id of the freelancer's profile
        id: Path<Uuid>,
        body: Strict<ReviewInput>,
    ) -> Result<Created<Review>> {
        let reviewer = Reviewer {
            user_id: employer.user_id,
            profile_id: employer.profile_id,
        };
        let job_id = body.0.job_id;
        let content = ReviewContent {
            rating: body.0.rating,
            review_text: body.0.review_text,
            rating_breakdown: BTreeMap::from_iter(body.0.rating_breakdown),
        };
        let mut tx = app.begin().await?;
        let review = reviews::add(&mut tx, reviewer, id.0, job_id, &content).await?;
        tx.commit().await?;
        let address = format!("/api/freelancers/{}/reviews/{}/", id.0, review.id);
        Ok(Created::Created(Json(review.into()), address))
    }

    /// Replace an own review
    #[oai(
        path = "/:id/reviews/:review_id",
        method = "put",
        operation_id = "replace_review"
    )]
    async fn replace(
        &self,
        app: Data<&App>,
        employer: Employer,
        /// The id of the freelancer's profile
        id: Path<Uuid>,
        review_id: Path<Uuid>,
        body: Strict<ReviewReplacement>,
    ) -> Result<Json<Review>> {
        let content = body.0.into();
        let mut tx = app.begin().await?;
        let review =
            reviews::replace(&mut tx, employer.user_id, id.0, review_id.0, &content).await?;
        tx.commit().await?;
        Ok(Json(review.into()))
    }

    /// Delete a review
    ///
    /// An own one; administrators delete any.
    #[oai(
        path = "/:id/reviews/:review_id",
        method = "delete",
        operation_id = "delete_review"
    )]
    async fn delete(
        &self,
        app: Data<&App>,
        manager: Manager,
        /// The id of the freelancer's profile
        id: Path<Uuid>,
        review_id: Path<Uuid>,
    ) -> Result<Deleted> {
        let author = match manager.scope {
            Scope::Any => None,
            Scope::Own(_) => Some(manager.user_id),
        };
        let mut tx = app.begin().await?;
        db::reviews::delete(&mut tx, author, id.0, review_id.0).await?;
        tx.commit().await?;
        Ok(Deleted::Deleted)
    }
}

async fn page_of(app: &App, profile_id: Uuid, paging: &PageParams) -> Result<Paged<Review>> {
    let list = format!("reviews {profile_id}");
    let page = paging.paging(app, &list)?;
    let mut conn = app.db.acquire().await?;
    let slice = db::reviews::list(&mut conn, profile_id, &page).await?;
    Ok(paging.answer(app, &list, slice, Review::from))
}
