//! Imports, a batch of rows at a time.

use jobboard_shared::{
    Error, Result,
    imports::{
        CHUNK_BYTES, Checkpoint, ImportFormat, ImportStatus, db, reader, store,
        tasks::{ContinueImport, EndImport, PurgeImports},
    },
    live::hints,
    mail::Template,
    notifications,
};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::{Context, Lease, TaskError};

/// Rows of one transaction: enough to make its cost small per row, few enough
/// that a killed worker repeats little and others wait shortly.
const BATCH_ROWS: usize = 250;

/// How long the report of an import can be read.
const KEPT: chrono::TimeDelta = chrono::TimeDelta::days(30);
const ABANDONED_AFTER: chrono::TimeDelta = chrono::TimeDelta::days(1);
const PURGE_BATCH: i64 = 20;

const OUR_FAULT: &str = "the import failed for a reason of ours; please try again";

/// Stores the next rows and enqueues itself for those after them, all in one
/// transaction: a repeat finds the checkpoint moved and does nothing twice.
pub(crate) async fn continue_import(
    ctx: Context,
    task: ContinueImport,
    lease: Lease,
) -> std::result::Result<(), TaskError> {
    Ok(continue_once(&ctx, task.import_id, &lease).await?)
}

/// Tells of an import that its tasks could not bring to its end.
pub(crate) async fn end_import(
    ctx: Context,
    task: EndImport,
    _lease: Lease,
) -> std::result::Result<(), TaskError> {
    Ok(end_abandoned(&ctx, task.import_id).await?)
}

async fn end_abandoned(ctx: &Context, import_id: Uuid) -> Result<()> {
    let mut tx = ctx.db.begin().await?;
    if db::is_abandoned(&mut tx, import_id).await? {
        end(&mut tx, import_id, Some(OUR_FAULT)).await?;
    }
    tx.commit().await?;
    Ok(())
}

async fn continue_once(ctx: &Context, import_id: Uuid, lease: &Lease) -> Result<()> {
    let mut tx = ctx.db.begin().await?;
    let Some(import) = db::lock_checkpoint(&mut tx, import_id).await? else {
        return Ok(());
    };
    if !matches!(import.status, ImportStatus::Queued | ImportStatus::Running) {
        return Ok(());
    }
    let header = match read_header(&mut tx, import_id, &import).await? {
        Ok(header) => header,
        Err(sentence) => {
            end(&mut tx, import_id, Some(&sentence)).await?;
            tx.commit().await?;
            return Ok(());
        }
    };
    let mut import = import;
    if import.next_byte == 0 {
        import.next_byte = header.bytes;
        import.next_line += header.lines;
    }
    let window = read_window(&mut tx, import_id, &import, &header.names).await?;
    let results =
        store::store_rows(&mut tx, import_id, &import, &window.rows, ctx.clock.now()).await?;
    let next_byte = import.next_byte + i64::try_from(window.consumed).unwrap_or(i64::MAX);
    let next_line = import.next_line + window.lines;
    let first_row = import.rows_done + 1;
    db::advance(
        &mut tx, import_id, first_row, &results, next_byte, next_line,
    )
    .await?;
    hints::note(import.user_id);
    if next_byte >= import.file_bytes {
        end(&mut tx, import_id, None).await?;
    } else {
        lease
            .enqueue_beside(&mut tx, &ContinueImport { import_id })
            .await?;
    }
    tx.commit().await?;
    Ok(())
}

/// Ends the import and tells the account that made it.
async fn end(conn: &mut PgConnection, import_id: Uuid, error: Option<&str>) -> Result<()> {
    if let Some(import) = db::lock_checkpoint(conn, import_id).await? {
        db::finish(conn, import_id, error).await?;
        notifications::tell(conn, import_id, import.user_id, Template::ImportFinished).await?;
    }
    Ok(())
}

#[derive(Default)]
struct Header {
    names: Vec<String>,
    bytes: i64,
    lines: i32,
}

/// The inner error is a sentence for the person who uploaded the file.
async fn read_header(
    conn: &mut PgConnection,
    import_id: Uuid,
    import: &Checkpoint,
) -> Result<std::result::Result<Header, String>> {
    if import.format == ImportFormat::Ndjson {
        return Ok(Ok(Header::default()));
    }
    let start = db::read_chunks(conn, import_id, 0, 0).await?;
    Ok(
        reader::read_csv_header(&start).map(|(names, bytes)| Header {
            names,
            bytes: i64::try_from(bytes).unwrap_or(i64::MAX),
            lines: reader::count_lines(&start[..bytes]),
        }),
    )
}

/// Reads on from the checkpoint, through as much of the file as the next row
/// takes. Always consumes something.
async fn read_window(
    conn: &mut PgConnection,
    import_id: Uuid,
    import: &Checkpoint,
    header: &[String],
) -> Result<reader::Window> {
    let corrupt = || Error::Database(sqlx::Error::Protocol("an import is past its file".into()));
    let start = usize::try_from(import.next_byte).map_err(|_| corrupt())?;
    let file_bytes = usize::try_from(import.file_bytes).map_err(|_| corrupt())?;
    let first = start / CHUNK_BYTES;
    let mut chunks = 2;
    loop {
        let last = first + chunks - 1;
        let seq = |n: usize| i32::try_from(n).map_err(|_| corrupt());
        let bytes = db::read_chunks(conn, import_id, seq(first)?, seq(last)?).await?;
        let window = bytes
            .get(start - first * CHUNK_BYTES..)
            .ok_or_else(corrupt)?;
        let is_end = start + window.len() >= file_bytes;
        let read = reader::read_rows(
            import.format,
            header,
            window,
            import.next_line,
            is_end,
            BATCH_ROWS,
        );
        if read.consumed > 0 || is_end {
            return Ok(read);
        }
        chunks *= 2;
    }
}

/// Forgets old imports, some at a time, and ends those whose task died.
pub(crate) async fn purge(
    ctx: Context,
    _task: PurgeImports,
    _lease: Lease,
) -> std::result::Result<(), TaskError> {
    let mut conn = ctx.db.acquire().await?;
    let orphans = db::orphans(&mut conn, PURGE_BATCH).await?;
    drop(conn);
    // Each in a transaction of its own: telling an account keeps others from telling it
    // anything until the end, and who tells several goes by the order of accounts.
    for import_id in orphans {
        end_abandoned(&ctx, import_id).await?;
    }
    let now = ctx.clock.now();
    loop {
        let mut conn = ctx.db.acquire().await?;
        let purged = db::purge(&mut conn, now - KEPT, now - ABANDONED_AFTER, PURGE_BATCH).await?;
        if purged < PURGE_BATCH.unsigned_abs() {
            return Ok(());
        }
    }
}
