//! SQL of the questions of jobs.

use chrono::{DateTime, Utc};
use sqlx::{PgConnection, types::Json};
use uuid::Uuid;

use crate::{
    Error, Result,
    employers::Scope,
    jobs::questions::{Question, QuestionType},
};

/// In their order.
pub async fn list(conn: &mut PgConnection, job_id: Uuid) -> Result<Vec<Question>> {
    let rows = sqlx::query!(
        r#"select id, label, type as "type: QuestionType", required,
                  options as "options: Json<Vec<String>>"
           from job_questions where job_id = $1
           order by position"#,
        job_id
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Question {
            id: row.id,
            label: row.label,
            r#type: row.r#type,
            required: row.required,
            options: row.options.0,
        })
        .collect())
}

/// Makes the job ask exactly this, if it is of the scope: an edit of the job, whose
/// time it gives.
pub async fn replace(
    conn: &mut PgConnection,
    job_id: Uuid,
    scope: Scope,
    questions: &[Question],
) -> Result<DateTime<Utc>> {
    let edited = sqlx::query_scalar!(
        "update jobs set updated_at = app_now()
         where id = $1 and ($2 or role_in_company(company_id, employer_id, $3) <= 'recruiter')
         returning updated_at",
        job_id,
        scope == Scope::Any,
        scope.employer_id(),
    )
    .fetch_optional(&mut *conn)
    .await?
    .ok_or(Error::NotFound("job"))?;
    let ids: Vec<Uuid> = questions.iter().map(|question| question.id).collect();
    sqlx::query!(
        "delete from job_questions where job_id = $1 and id <> all($2)",
        job_id,
        &ids
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!(
        "insert into job_questions as q (id, job_id, position, label, type, required, options)
         select (sent.question ->> 'id')::uuid, $1, (sent.position - 1)::smallint,
             sent.question ->> 'label', (sent.question ->> 'type')::question_type,
             (sent.question ->> 'required')::boolean, sent.question -> 'options'
         from jsonb_array_elements($2) with ordinality as sent (question, position)
         on conflict (id) do update set position = excluded.position, label = excluded.label,
             type = excluded.type, required = excluded.required, options = excluded.options
         where q.job_id = $1",
        job_id,
        Json(questions) as _,
    )
    .execute(conn)
    .await?;
    Ok(edited)
}
