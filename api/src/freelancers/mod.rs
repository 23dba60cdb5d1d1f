//! The signed-in job seeker: profile and skills.

pub(crate) mod dto;

use jobboard_shared::freelancers;
use poem::web::Data;
use poem_openapi::{ApiResponse, OpenApi, param::Path, payload::Json};
use uuid::Uuid;

use self::dto::{
    FreelancerProfile, FreelancerProfileInput, UserSkill, UserSkillInput, UserSkillList,
};
use crate::{App, auth::Freelancer, body::Strict, problem::Result, tags::Tag};

pub(crate) struct FreelancersApi;

#[derive(ApiResponse)]
enum AddSkillResponse {
    /// The profile lists the skill
    #[oai(status = 201)]
    Created(Json<UserSkill>),
}

#[derive(ApiResponse)]
enum RemoveSkillResponse {
    /// The profile no longer lists the skill
    #[oai(status = 204)]
    Removed,
}

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
    /// Its skills have their own address. Recommendations follow the change.
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
        let mut tx = app.db.begin().await?;
        let profile =
            freelancers::update_profile(&mut tx, freelancer.profile_id, &body.0.into()).await?;
        tx.commit().await?;
        Ok(Json(profile.into()))
    }

    /// List the own skills
    #[oai(path = "/skills", method = "get", operation_id = "list_own_skills")]
    async fn skills(&self, app: Data<&App>, freelancer: Freelancer) -> Result<Json<UserSkillList>> {
        let mut conn = app.db.acquire().await?;
        let skills = freelancers::db::skills(&mut conn, freelancer.profile_id).await?;
        let results: Vec<UserSkill> = skills.into_iter().map(Into::into).collect();
        Ok(Json(UserSkillList {
            count: results.len(),
            results,
        }))
    }

    /// Add a skill
    ///
    /// Two spellings of one skill are one: "node js" is "Node.js".
    #[oai(path = "/skills", method = "post", operation_id = "add_own_skill")]
    async fn add_skill(
        &self,
        app: Data<&App>,
        freelancer: Freelancer,
        body: Strict<UserSkillInput>,
    ) -> Result<AddSkillResponse> {
        let mut tx = app.db.begin().await?;
        let skill = freelancers::add_skill(&mut tx, freelancer.profile_id, &body.0.into()).await?;
        tx.commit().await?;
        Ok(AddSkillResponse::Created(Json(skill.into())))
    }

    /// Remove a skill
    #[oai(
        path = "/skills/:skill_id",
        method = "delete",
        operation_id = "remove_own_skill"
    )]
    async fn remove_skill(
        &self,
        app: Data<&App>,
        freelancer: Freelancer,
        /// The id of the skill
        skill_id: Path<Uuid>,
    ) -> Result<RemoveSkillResponse> {
        let mut tx = app.db.begin().await?;
        freelancers::remove_skill(&mut tx, freelancer.profile_id, skill_id.0).await?;
        tx.commit().await?;
        Ok(RemoveSkillResponse::Removed)
    }
}
