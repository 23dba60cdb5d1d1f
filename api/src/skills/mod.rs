//! All skills there are.

use chrono::{DateTime, Utc};
use jobboard_shared::skills::{self, SkillFilter, catalogue::CatalogueSkill};
use poem::web::Data;
use poem_openapi::{Enum, Object, OpenApi, param::Query};
use uuid::Uuid;

use crate::{
    App,
    auth::Viewer,
    paging::{PageParams, Paged},
    problem::Result,
    tags::Tag,
};

pub(crate) struct SkillsApi;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[oai(rename_all = "snake_case", remote = "skills::SkillCategory")]
pub(crate) enum SkillCategory {
    Programming,
    Framework,
    Tool,
    SoftSkill,
    Language,
}

/// A skill that jobs ask for and job seekers have
#[derive(Debug, Object)]
struct Skill {
    id: Uuid,
    name: String,
    slug: String,
    description: String,
    /// Null: nobody has classified the skill yet
    category: Option<SkillCategory>,
    popularity_score: f64,
    created_at: DateTime<Utc>,
}

impl From<CatalogueSkill> for Skill {
    fn from(skill: CatalogueSkill) -> Self {
        Self {
            id: skill.id,
            name: skill.name,
            slug: skill.slug,
            description: skill.description,
            category: skill.category.map(Into::into),
            popularity_score: skill.popularity_score,
            created_at: skill.created_at,
        }
    }
}

#[OpenApi(prefix_path = "/api/skills", tag = "Tag::Skills")]
impl SkillsApi {
    /// List skills
    ///
    /// By name.
    #[oai(path = "/", method = "get", operation_id = "list_skills")]
    async fn list(
        &self,
        app: Data<&App>,
        _viewer: Viewer,
        paging: PageParams,
        /// A part of the name
        #[oai(validator(max_length = 100))]
        q: Query<Option<String>>,
        category: Query<Option<SkillCategory>>,
    ) -> Result<Paged<Skill>> {
        let filter = SkillFilter {
            name_part: q.0,
            category: category.0.map(Into::into),
        };
        let list = format!("skills {filter:?}");
        let page = paging.paging(&app, &list)?;
        let mut conn = app.db.acquire().await?;
        let slice = skills::db::list(&mut conn, &filter, &page).await?;
        Ok(paging.answer(&app, &list, slice, Skill::from))
    }
}
