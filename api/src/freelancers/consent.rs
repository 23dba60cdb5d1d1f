//! What the own account allows.

use jobboard_shared::freelancers::consent;
use poem::web::Data;
use poem_openapi::{Object, OpenApi, payload::Json};

use crate::{App, auth::Freelancer, body::Strict, problem::Result, tags::Tag};

pub(crate) struct ConsentApi;

/// What a job seeker allows
#[derive(Clone, Copy, Debug, Object)]
struct Consent {
    /// They want to hear of jobs. Beside `is_available` of the profile, which says whether
    /// they have time now
    open_to_work: bool,
    /// Employers may find them for a job, by their name, title, place, skills and wishes,
    /// as long as they are open to work. False until they say so
    discoverable: bool,
    /// What they look at, save and apply for may be used for recommendations: theirs, and
    /// what goes together for others. True until they say no; then looks are counted
    /// without saying whose, what was done before is left out of the next model, and
    /// their list is made of the profile alone
    personalised: bool,
}

impl From<consent::Consent> for Consent {
    fn from(given: consent::Consent) -> Self {
        Self {
            open_to_work: given.open_to_work,
            discoverable: given.discoverable,
            personalised: given.personalised,
        }
    }
}

impl From<Consent> for consent::Consent {
    fn from(input: Consent) -> Self {
        Self {
            open_to_work: input.open_to_work,
            discoverable: input.discoverable,
            personalised: input.personalised,
        }
    }
}

#[OpenApi(prefix_path = "/api/freelancers/consent", tag = "Tag::Freelancers")]
impl ConsentApi {
    /// Read what the account allows
    #[oai(path = "/", method = "get", operation_id = "get_consent")]
    async fn get(&self, app: Data<&App>, freelancer: Freelancer) -> Result<Json<Consent>> {
        let mut conn = app.db.acquire().await?;
        let given = consent::get(&mut conn, freelancer.profile_id).await?;
        Ok(Json(given.into()))
    }

    /// Say what the account allows
    ///
    /// All of it each time, so that nothing is allowed by being left out.
    #[oai(path = "/", method = "put", operation_id = "replace_consent")]
    async fn replace(
        &self,
        app: Data<&App>,
        freelancer: Freelancer,
        body: Strict<Consent>,
    ) -> Result<Json<Consent>> {
        let mut tx = app.begin().await?;
        let given = consent::set(&mut tx, freelancer.profile_id, body.0.into()).await?;
        tx.commit().await?;
        Ok(Json(given.into()))
    }
}
