//! What a job asks those who apply.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use uuid::Uuid;

use super::{Reader, db};
use crate::{
    Error, Result,
    employers::{CompanyRole, Scope},
    rules::Rules,
    settings,
};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, sqlx::Type)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "question_type", rename_all = "snake_case")]
pub enum QuestionType {
    Text,
    SingleChoice,
    MultipleChoice,
    YesNo,
    Number,
}

impl QuestionType {
    pub const fn has_options(self) -> bool {
        matches!(self, Self::SingleChoice | Self::MultipleChoice)
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    pub id: Uuid,
    pub label: String,
    pub r#type: QuestionType,
    pub required: bool,
    /// What there is to choose from; empty for other types.
    pub options: Vec<String>,
}

/// A question as an employer sends it.
#[derive(Clone, Debug)]
pub struct QuestionWish {
    /// Of one of the job's questions, which is changed; none makes a new one.
    pub id: Option<Uuid>,
    pub label: String,
    pub r#type: QuestionType,
    pub required: bool,
    pub options: Vec<String>,
}

const MAX_LABEL: usize = 500;
const MAX_OPTIONS: usize = 50;
const MAX_OPTION: usize = 200;

/// What a job asks.
#[derive(Clone, Debug)]
pub struct JobQuestions {
    /// In their order.
    pub questions: Vec<Question>,
    /// When the job was edited, whose part they are.
    pub updated_at: DateTime<Utc>,
}

/// The questions of a job that the reader may see.
pub async fn of_job(conn: &mut PgConnection, id: Uuid, reader: Reader) -> Result<JobQuestions> {
    let job = db::get(conn, id, reader).await?;
    Ok(JobQuestions {
        questions: job.questions,
        updated_at: job.summary.updated_at,
    })
}

/// Makes these the questions of a job of the scope, in this order. Answers given
/// before keep the questions as they were.
pub async fn replace(
    conn: &mut PgConnection,
    scope: Scope,
    job_id: Uuid,
    wishes: Vec<QuestionWish>,
) -> Result<JobQuestions> {
    db::lock(conn, job_id, scope)
        .await?
        .ensure(CompanyRole::Recruiter)?;
    let most = settings::load(conn).await?.max_questions_per_job;
    if wishes.len() > most as usize {
        return Err(Error::conflict(
            "max_questions_per_job",
            format!("a job asks {most} questions at most"),
        ));
    }
    let known = db::questions::list(conn, job_id).await?;
    let mut rules = Rules::new();
    check(&mut rules, &wishes, &known);
    rules.finish()?;
    let questions: Vec<Question> = wishes
        .into_iter()
        .map(QuestionWish::into_question)
        .collect();
    let updated_at = db::questions::replace(conn, job_id, scope, &questions).await?;
    Ok(JobQuestions {
        questions,
        updated_at,
    })
}

fn check(rules: &mut Rules, wishes: &[QuestionWish], known: &[Question]) {
    let mut ids = HashSet::new();
    for (i, wish) in wishes.iter().enumerate() {
        let field = |name: &str| format!("questions.{i}.{name}");
        if let Some(id) = wish.id {
            if !known.iter().any(|question| question.id == id) {
                let message = "is no question of this job; leave it out for a new one";
                rules.refuse(&field("id"), "unknown_question", message);
            } else if !ids.insert(id) {
                rules.refuse(&field("id"), "duplicate", "is given twice");
            }
        }
        rules.required_line(&field("label"), &wish.label, MAX_LABEL);
        let options = field("options");
        if !wish.r#type.has_options() {
            if !wish.options.is_empty() {
                rules.refuse(&options, "not_allowed", "only choices have options");
            }
            continue;
        }
        rules.texts(&options, &wish.options, MAX_OPTIONS, MAX_OPTION);
        if wish.options.len() < 2 {
            rules.refuse(&options, "too_few", "at least 2 items");
        }
        let distinct: HashSet<&str> = wish.options.iter().map(|option| option.trim()).collect();
        if distinct.len() < wish.options.len() {
            rules.refuse(&options, "duplicate", "an option is given twice");
        }
    }
}

impl QuestionWish {
    fn into_question(self) -> Question {
        let trimmed = |text: String| text.trim().to_owned();
        Question {
            id: self.id.unwrap_or_else(Uuid::now_v7),
            label: trimmed(self.label),
            r#type: self.r#type,
            required: self.required,
            options: self.options.into_iter().map(trimmed).collect(),
        }
    }
}
