//! What jobs ask those who apply.

use chrono::{DateTime, Utc};
use jobboard_shared::jobs::questions::{self, JobQuestions, QuestionType as Kind, QuestionWish};
use poem::web::Data;
use poem_openapi::{Enum, Object, OpenApi, param::Path, payload::Json};
use uuid::Uuid;

use super::reader;
use crate::{
    App,
    auth::{Manager, Viewer},
    body::Strict,
    problem::Result,
    tags::Tag,
};

pub(crate) struct QuestionsApi;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[oai(rename_all = "snake_case", remote = "Kind")]
pub(crate) enum QuestionType {
    Text,
    SingleChoice,
    MultipleChoice,
    YesNo,
    Number,
}

/// A question that a job asks
#[derive(Debug, Object)]
pub(crate) struct Question {
    /// Names the question in `answers` of an application
    id: Uuid,
    label: String,
    r#type: QuestionType,
    required: bool,
    /// What there is to choose from; empty for other types
    options: Vec<String>,
}

impl From<questions::Question> for Question {
    fn from(question: questions::Question) -> Self {
        Self {
            id: question.id,
            label: question.label,
            r#type: question.r#type.into(),
            required: question.required,
            options: question.options,
        }
    }
}

/// The questions of a job, in their order
#[derive(Debug, Object)]
struct QuestionList {
    questions: Vec<Question>,
    /// When the job was edited, whose part they are
    updated_at: DateTime<Utc>,
}

impl From<JobQuestions> for QuestionList {
    fn from(asked: JobQuestions) -> Self {
        Self {
            questions: asked.questions.into_iter().map(Into::into).collect(),
            updated_at: asked.updated_at,
        }
    }
}

/// A question to be asked
#[derive(Debug, Object)]
struct QuestionInput {
    /// Of one of the job's questions, to keep or change it; left out, it is a new one
    id: Option<Uuid>,
    #[oai(validator(min_length = 1, max_length = 500))]
    label: String,
    r#type: QuestionType,
    #[oai(default)]
    required: bool,
    /// 2 to 50 for choices, none for other types
    #[oai(default, validator(max_items = 50))]
    options: Vec<String>,
}

impl From<QuestionInput> for QuestionWish {
    fn from(input: QuestionInput) -> Self {
        Self {
            id: input.id,
            label: input.label,
            r#type: input.r#type.into(),
            required: input.required,
            options: input.options,
        }
    }
}

/// All questions of a job, in their order
#[derive(Debug, Object)]
struct QuestionListInput {
    #[oai(validator(max_items = 100))]
    questions: Vec<QuestionInput>,
}

#[OpenApi(prefix_path = "/api/jobs", tag = "Tag::Jobs")]
impl QuestionsApi {
    /// List the questions of a job
    ///
    /// For everybody who may read the job.
    #[oai(
        path = "/:id/questions",
        method = "get",
        operation_id = "list_job_questions"
    )]
    async fn list(
        &self,
        app: Data<&App>,
        viewer: Viewer,
        id: Path<Uuid>,
    ) -> Result<Json<QuestionList>> {
        let mut conn = app.db.acquire().await?;
        let questions = questions::of_job(&mut conn, id.0, reader(viewer.0)).await?;
        Ok(Json(questions.into()))
    }

    /// Replace the questions of a job
    ///
    /// Answers given before keep the questions as they were. More than the settings
    /// allow are refused with 409 and `max_questions_per_job`.
    #[oai(
        path = "/:id/questions",
        method = "put",
        operation_id = "replace_job_questions"
    )]
    async fn replace(
        &self,
        app: Data<&App>,
        manager: Manager,
        id: Path<Uuid>,
        body: Strict<QuestionListInput>,
    ) -> Result<Json<QuestionList>> {
        let wishes = body.0.questions.into_iter().map(Into::into).collect();
        let mut tx = app.begin().await?;
        let questions = questions::replace(&mut tx, manager.scope, id.0, wishes).await?;
        tx.commit().await?;
        Ok(Json(questions.into()))
    }
}
