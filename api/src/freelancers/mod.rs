//! Job seekers: the own profile with its lists, and those of others.

mod consent;
mod dto;
mod parts;
mod reviews;
mod skills;

use jobboard_shared::{
    freelancers::{self, access::Reader},
    users::Role,
};
use poem::web::Data;
use poem_openapi::{OpenApi, param::Path, payload::Json};
use uuid::Uuid;

use self::dto::{FreelancerProfile, FreelancerProfileInput, WholeFreelancer};
pub(crate) use self::{
    consent::ConsentApi,
    parts::{CertificationsApi, EducationApi, ExperienceApi, PortfolioApi},
    reviews::ReviewsApi,
    skills::UserSkillsApi,
};
use crate::{
    App,
    auth::{Freelancer, SignedIn},
    body::Strict,
    patch::Partial,
    problem::{Problem, Result},
    tags::Tag,
};

pub(crate) struct FreelancersApi;

#[OpenApi(prefix_path = "/api/freelancers", tag = "Tag::Freelancers")]
impl FreelancersApi {
    /// Read the own freelancer profile
    #[oai(
        path = "/profile",
        method = "get",
        operation_id = "get_freelancer_profile"
    )]
    async fn profile(
        &self,
        app: Data<&App>,
        freelancer: Freelancer,
    ) -> Result<Json<FreelancerProfile>> {
        let mut conn = app.db.acquire().await?;
        let profile = freelancers::db::get(&mut conn, freelancer.profile_id).await?;
        Ok(Json(profile.into()))
    }

    /// Replace the own freelancer profile
    ///
    /// Its lists have addresses of their own. Recommendations follow the change.
    #[oai(
        path = "/profile",
        method = "put",
        operation_id = "replace_freelancer_profile"
    )]
    async fn replace_profile(
        &self,
        app: Data<&App>,
        freelancer: Freelancer,
        body: Strict<FreelancerProfileInput>,
    ) -> Result<Json<FreelancerProfile>> {
        let mut tx = app.begin().await?;
        let profile =
            freelancers::update_profile(&mut tx, freelancer.profile_id, &body.0.into()).await?;
        tx.commit().await?;
        Ok(Json(profile.into()))
    }

    /// Change the own freelancer profile
    ///
    /// Recommendations follow the change.
    #[oai(
        path = "/profile",
        method = "patch",
        operation_id = "change_freelancer_profile"
    )]
    async fn change_profile(
        &self,
        app: Data<&App>,
        freelancer: Freelancer,
        body: Strict<Partial<FreelancerProfileInput>>,
    ) -> Result<Json<FreelancerProfile>> {
        let profile_id = freelancer.profile_id;
        let mut tx = app.begin().await?;
        // Two changes at the same time change what each names.
        freelancers::db::lock(&mut tx, profile_id).await?;
        let present = freelancers::db::get(&mut tx, profile_id).await?;
        let whole = body.0.over(&FreelancerProfile::from(present))?;
        let profile = freelancers::update_profile(&mut tx, profile_id, &whole.into()).await?;
        tx.commit().await?;
        Ok(Json(profile.into()))
    }

    /// Read a freelancer's whole profile
    ///
    /// For the freelancer, employers whom they applied to, and administrators.
    #[oai(path = "/:id", method = "get", operation_id = "get_freelancer")]
    async fn whole(
        &self,
        app: Data<&App>,
        user: SignedIn,
        /// The id of the freelancer's profile
        id: Path<Uuid>,
    ) -> Result<Json<WholeFreelancer>> {
        let mut conn = app.db.acquire().await?;
        let whole = freelancers::whole(&mut conn, reader(user)?, id.0).await?;
        Ok(Json(whole.into()))
    }
}

/// In what capacity somebody reads profiles.
fn reader(user: SignedIn) -> Result<Reader> {
    match (user.role, user.profile_id) {
        (Role::Admin, _) => Ok(Reader::Admin),
        (Role::Employer, Some(profile_id)) => Ok(Reader::Employer(profile_id)),
        (Role::Freelancer, Some(profile_id)) => Ok(Reader::Freelancer(profile_id)),
        (Role::Employer | Role::Freelancer, None) => Err(Problem::forbidden(
            "role_required",
            "this account has no profile of its role",
        )),
    }
}
