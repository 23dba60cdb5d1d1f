//! The skills of the own profile.

use chrono::{DateTime, NaiveDate, Utc};
use jobboard_shared::freelancers::{
    db,
    skills::{self, SkillDetails},
};
use poem::web::Data;
use poem_openapi::{Object, OpenApi, param::Path, payload::Json};
use uuid::Uuid;

use crate::{
    App,
    answers::{Created, Deleted},
    auth::Freelancer,
    body::Strict,
    jobs::dto::ProficiencyLevel,
    paging::{PageParams, Paged},
    problem::Result,
    skills::SkillCategory,
    tags::Tag,
};

/// A skill of a job seeker
#[derive(Debug, Object)]
pub(crate) struct UserSkill {
    skill_id: Uuid,
    name: String,
    slug: String,
    /// Null: nobody has classified the skill yet
    category: Option<SkillCategory>,
    proficiency_level: ProficiencyLevel,
    years_of_experience: f64,
    last_used: Option<NaiveDate>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

impl From<skills::UserSkill> for UserSkill {
    fn from(line: skills::UserSkill) -> Self {
        Self {
            skill_id: line.skill.id,
            name: line.skill.name,
            slug: line.skill.slug,
            category: line.skill.category.map(Into::into),
            proficiency_level: line.details.proficiency_level.into(),
            years_of_experience: line.details.years_of_experience,
            last_used: line.details.last_used,
            created_at: line.created_at,
            updated_at: line.updated_at,
        }
    }
}

fn intermediate() -> ProficiencyLevel {
    ProficiencyLevel::Intermediate
}

/// A skill for the own profile
#[derive(Debug, Object)]
struct UserSkillInput {
    /// Name or id; a new name becomes a skill
    #[oai(validator(min_length = 1, max_length = 100))]
    skill: String,
    #[oai(default = "intermediate")]
    proficiency_level: ProficiencyLevel,
    #[oai(default, validator(minimum(value = "0"), maximum(value = "80")))]
    years_of_experience: f64,
    last_used: Option<NaiveDate>,
}

/// What is said of a skill; what is left out takes its default
#[derive(Debug, Object)]
struct UserSkillReplacement {
    #[oai(default = "intermediate")]
    proficiency_level: ProficiencyLevel,
    #[oai(default, validator(minimum(value = "0"), maximum(value = "80")))]
    years_of_experience: f64,
    last_used: Option<NaiveDate>,
}

impl From<UserSkillReplacement> for SkillDetails {
    fn from(input: UserSkillReplacement) -> Self {
        Self {
            proficiency_level: input.proficiency_level.into(),
            years_of_experience: input.years_of_experience,
            last_used: input.last_used,
        }
    }
}

pub(crate) struct UserSkillsApi;

#[OpenApi(prefix_path = "/api/freelancers", tag = "Tag::Freelancers")]
impl UserSkillsApi {
    /// List the own skills
    ///
    /// By name.
    #[oai(path = "/skills", method = "get", operation_id = "list_own_skills")]
    async fn list(
        &self,
        app: Data<&App>,
        freelancer: Freelancer,
        paging: PageParams,
    ) -> Result<Paged<UserSkill>> {
        let list = format!("user_skills {}", freelancer.profile_id);
        let page = paging.paging(&app, &list)?;
        let mut conn = app.db.acquire().await?;
        let slice = db::skills::list(&mut conn, freelancer.profile_id, &page).await?;
        Ok(paging.answer(&app, &list, slice, UserSkill::from))
    }

    /// Add a skill
    ///
    /// Two spellings of one skill are one: "node js" is "Node.js".
    #[oai(path = "/skills", method = "post", operation_id = "add_own_skill")]
    async fn add(
        &self,
        app: Data<&App>,
        freelancer: Freelancer,
        body: Strict<UserSkillInput>,
    ) -> Result<Created<UserSkill>> {
        let input = body.0;
        let details = SkillDetails {
            proficiency_level: input.proficiency_level.into(),
            years_of_experience: input.years_of_experience,
            last_used: input.last_used,
        };
        let mut tx = app.begin().await?;
        let skill = skills::add(&mut tx, freelancer.profile_id, &input.skill, details).await?;
        tx.commit().await?;
        let address = format!("/api/freelancers/skills/{}/", skill.skill.id);
        Ok(Created::Created(Json(skill.into()), address))
    }

    /// Read an own skill
    #[oai(
        path = "/skills/:skill_id",
        method = "get",
        operation_id = "get_own_skill"
    )]
    async fn get(
        &self,
        app: Data<&App>,
        freelancer: Freelancer,
        /// The id of the skill
        skill_id: Path<Uuid>,
    ) -> Result<Json<UserSkill>> {
        let mut conn = app.db.acquire().await?;
        let skill = db::skills::get(&mut conn, freelancer.profile_id, skill_id.0).await?;
        Ok(Json(skill.into()))
    }

    /// Replace what is said of an own skill
    #[oai(
        path = "/skills/:skill_id",
        method = "put",
        operation_id = "replace_own_skill"
    )]
    async fn replace(
        &self,
        app: Data<&App>,
        freelancer: Freelancer,
        /// The id of the skill
        skill_id: Path<Uuid>,
        body: Strict<UserSkillReplacement>,
    ) -> Result<Json<UserSkill>> {
        let mut tx = app.begin().await?;
        let details = body.0.into();
        let skill = skills::replace(&mut tx, freelancer.profile_id, skill_id.0, &details).await?;
        tx.commit().await?;
        Ok(Json(skill.into()))
    }

    /// Remove a skill
    #[oai(
        path = "/skills/:skill_id",
        method = "delete",
        operation_id = "remove_own_skill"
    )]
    async fn remove(
        &self,
        app: Data<&App>,
        freelancer: Freelancer,
        /// The id of the skill
        skill_id: Path<Uuid>,
    ) -> Result<Deleted> {
        let mut tx = app.begin().await?;
        skills::remove(&mut tx, freelancer.profile_id, skill_id.0).await?;
        tx.commit().await?;
        Ok(Deleted::Deleted)
    }
}
