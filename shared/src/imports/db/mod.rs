//! SQL of imports: uploads, checkpoints, reports. The jobs themselves are
//! written by [`jobs`].

pub mod jobs;

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::{
    Checkpoint, Import, ImportFormat, ImportStatus, MAX_OPEN_IMPORTS, RowError, RowOutcome,
    mapping::Mapping,
};
use crate::{Error, FieldError, Result};

/// What a new import is told about its file.
#[derive(Clone, Debug)]
pub struct NewImport<'a> {
    pub user_id: Uuid,
    pub format: ImportFormat,
    /// The source of rows that name none.
    pub source: &'a str,
    pub mapping: &'a Mapping,
}

/// Opens an upload; [`append_chunk`] fills it, [`finish_upload`] queues it.
///
/// # Errors
/// A conflict while [`MAX_OPEN_IMPORTS`] of the account are under way.
pub async fn begin_upload(conn: &mut PgConnection, new: NewImport<'_>) -> Result<Uuid> {
    sqlx::query_scalar!(
        "insert into imports (user_id, format, source, mapping)
         select $1, $2, $3, $4
         where (select count(*) from imports
                where user_id = $1 and status in ('uploading', 'queued', 'running')) < $5
         returning id",
        new.user_id,
        new.format as ImportFormat,
        new.source,
        sqlx::types::Json(new.mapping) as _,
        MAX_OPEN_IMPORTS,
    )
    .fetch_optional(conn)
    .await?
    .ok_or_else(|| {
        Error::conflict(
            "too_many_imports",
            format!(
                "{MAX_OPEN_IMPORTS} imports of this account are under way; wait for one to end"
            ),
        )
    })
}

/// Every piece but the last has [`super::CHUNK_BYTES`].
pub async fn append_chunk(
    conn: &mut PgConnection,
    import_id: Uuid,
    seq: i32,
    content: &[u8],
) -> Result<()> {
    sqlx::query!(
        "insert into import_chunks (import_id, seq, content) values ($1, $2, $3)",
        import_id,
        seq,
        content,
    )
    .execute(conn)
    .await?;
    Ok(())
}

pub async fn finish_upload(
    conn: &mut PgConnection,
    import_id: Uuid,
    file_bytes: i64,
) -> Result<()> {
    sqlx::query!(
        "update imports set status = 'queued', file_bytes = $2 where id = $1 and status = 'uploading'",
        import_id,
        file_bytes,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Forgets an upload that did not arrive whole.
pub async fn abandon_upload(conn: &mut PgConnection, import_id: Uuid) -> Result<()> {
    sqlx::query!(
        "delete from imports where id = $1 and status = 'uploading'",
        import_id
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// An import of this account.
pub async fn get(conn: &mut PgConnection, owner: Uuid, import_id: Uuid) -> Result<Import> {
    sqlx::query_as!(
        Import,
        r#"select id, user_id, format as "format: ImportFormat", source,
                  status as "status: ImportStatus", file_bytes, next_byte, rows_done,
                  created_count as created, updated_count as updated,
                  duplicate_count as duplicates, failed_count as failed,
                  error, created_at, started_at, finished_at
           from imports where id = $1 and user_id = $2"#,
        import_id,
        owner,
    )
    .fetch_optional(conn)
    .await?
    .ok_or(Error::NotFound("import"))
}

/// Refused rows of this account's import after row `after`, in the file's order.
pub async fn failed_rows(
    conn: &mut PgConnection,
    owner: Uuid,
    import_id: Uuid,
    after: i32,
    limit: i64,
) -> Result<Vec<RowError>> {
    let rows = sqlx::query!(
        r#"select row_number, line, errors as "errors!: sqlx::types::Json<Vec<FieldError>>"
           from import_rows
           where import_id = $1 and outcome = 'failed' and row_number > $2
             and exists (select from imports where id = $1 and user_id = $4)
           order by row_number limit $3"#,
        import_id,
        after,
        limit,
        owner,
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| RowError {
            row: row.row_number,
            line: row.line,
            errors: row.errors.0,
        })
        .collect())
}

/// Locks the import until the transaction ends: two workers that both believe to
/// own the task take turns. `None` when it is gone.
pub async fn lock_checkpoint(
    conn: &mut PgConnection,
    import_id: Uuid,
) -> Result<Option<Checkpoint>> {
    let row = sqlx::query!(
        r#"select i.user_id, e.id as "employer_id?", i.format as "format: ImportFormat", i.source,
                  i.mapping as "mapping: sqlx::types::Json<Mapping>",
                  i.status as "status: ImportStatus", i.file_bytes, i.next_byte, i.next_line,
                  i.rows_done
           from imports i
           join users u on u.id = i.user_id
           left join employer_profiles e on e.user_id = u.id and u.role = 'employer'
           where i.id = $1
           for update of i"#,
        import_id,
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.map(|row| Checkpoint {
        user_id: row.user_id,
        employer_id: row.employer_id,
        format: row.format,
        source: row.source,
        mapping: row.mapping.0,
        status: row.status,
        file_bytes: row.file_bytes,
        next_byte: row.next_byte,
        next_line: row.next_line,
        rows_done: row.rows_done,
    }))
}

/// Pieces `from` to `to`, both included, in one.
pub async fn read_chunks(
    conn: &mut PgConnection,
    import_id: Uuid,
    from: i32,
    to: i32,
) -> Result<Vec<u8>> {
    let chunks = sqlx::query_scalar!(
        "select content from import_chunks where import_id = $1 and seq between $2 and $3 order by seq",
        import_id,
        from,
        to,
    )
    .fetch_all(conn)
    .await?;
    Ok(chunks.concat())
}

/// What became of a row.
#[derive(Clone, Debug)]
pub struct RowResult {
    pub line: i32,
    pub outcome: RowOutcome,
    /// `None` for rows that could not be read.
    pub identity: Option<[u8; 32]>,
    pub job_id: Option<Uuid>,
    /// Not empty for failed rows.
    pub errors: Vec<FieldError>,
}

/// Records a batch and moves the checkpoint past it.
pub async fn advance(
    conn: &mut PgConnection,
    import_id: Uuid,
    first_row: i32,
    results: &[RowResult],
    next_byte: i64,
    next_line: i32,
) -> Result<()> {
    let numbers: Vec<i32> = (first_row..).take(results.len()).collect();
    let lines: Vec<i32> = results.iter().map(|r| r.line).collect();
    let outcomes: Vec<RowOutcome> = results.iter().map(|r| r.outcome).collect();
    let identities: Vec<Option<Vec<u8>>> = results
        .iter()
        .map(|r| r.identity.map(|i| i.to_vec()))
        .collect();
    let job_ids: Vec<Option<Uuid>> = results.iter().map(|r| r.job_id).collect();
    let errors: Vec<Option<serde_json::Value>> = results
        .iter()
        .map(|r| (r.outcome == RowOutcome::Failed).then(|| serde_json::json!(r.errors)))
        .collect();
    sqlx::query!(
        "insert into import_rows (import_id, row_number, line, outcome, identity, job_id, errors)
         select $1, * from unnest($2::int[], $3::int[], $4::import_outcome[], $5::bytea[], $6::uuid[], $7::jsonb[])",
        import_id,
        &numbers,
        &lines,
        &outcomes as _,
        &identities as _,
        &job_ids as _,
        &errors as _,
    )
    .execute(&mut *conn)
    .await?;
    let count = |outcome| {
        i32::try_from(outcomes.iter().filter(|o| **o == outcome).count()).unwrap_or(i32::MAX)
    };
    sqlx::query!(
        "update imports set status = 'running', started_at = coalesce(started_at, app_now()),
             rows_done = rows_done + $2, next_byte = $3, next_line = $4,
             created_count = created_count + $5, updated_count = updated_count + $6,
             duplicate_count = duplicate_count + $7, failed_count = failed_count + $8
         where id = $1",
        import_id,
        i32::try_from(results.len()).unwrap_or(i32::MAX),
        next_byte,
        next_line,
        count(RowOutcome::Created),
        count(RowOutcome::Updated),
        count(RowOutcome::Duplicate),
        count(RowOutcome::Failed),
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Ends the import and drops its file. `error` says why the file as a whole was refused.
pub async fn finish(conn: &mut PgConnection, import_id: Uuid, error: Option<&str>) -> Result<()> {
    sqlx::query!("delete from import_chunks where import_id = $1", import_id)
        .execute(&mut *conn)
        .await?;
    sqlx::query!(
        "update imports set
             status = case when $2::text is null then 'finished' else 'failed' end::import_status,
             error = left($2, 2000), started_at = coalesce(started_at, app_now()), finished_at = app_now()
         where id = $1 and status in ('queued', 'running')",
        import_id,
        error,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Deletes at most `limit` imports made before `before`, and uploads abandoned
/// before `abandoned`; answers how many.
pub async fn purge(
    conn: &mut PgConnection,
    before: DateTime<Utc>,
    abandoned: DateTime<Utc>,
    limit: i64,
) -> Result<u64> {
    let purged = sqlx::query!(
        "delete from imports where id in (
             select id from imports
             where created_at < $2
               and (created_at < $1 or status = 'uploading')
             order by created_at limit $3)",
        before,
        abandoned,
        limit,
    )
    .execute(conn)
    .await?;
    Ok(purged.rows_affected())
}

/// Whether an import is under way with no task that works on it; locks it.
pub async fn is_abandoned(conn: &mut PgConnection, import_id: Uuid) -> Result<bool> {
    let abandoned = sqlx::query_scalar!(
        "select i.id from imports i
         where i.id = $1 and i.status in ('queued', 'running')
           and not exists (select from tasks t
                           where t.kind = 'imports.continue' and t.args ->> 'import_id' = i.id::text)
         for update",
        import_id,
    )
    .fetch_optional(conn)
    .await?;
    Ok(abandoned.is_some())
}

/// At most `limit` imports that wait for a task which is no more: it died for a
/// reason that its handler could not report, being killed each time.
pub async fn orphans(conn: &mut PgConnection, limit: i64) -> Result<Vec<Uuid>> {
    Ok(sqlx::query_scalar!(
        "select i.id from imports i
         where i.status in ('queued', 'running')
           and i.created_at < (select app_now()) - interval '1 hour'
           and not exists (select from tasks t
                           where t.kind = 'imports.continue' and t.args ->> 'import_id' = i.id::text)
         order by i.created_at limit $1",
        limit,
    )
    .fetch_all(conn)
    .await?)
}
