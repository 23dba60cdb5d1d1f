//! How soon an edited job is found while many are edited, and whether the index
//! is right afterwards.

use std::{
    io::Write,
    process::{Command, Stdio},
    sync::Arc,
    time::{Duration, Instant},
};

use jobboard_shared::{queue, search::tasks::CheckDocuments};
use serde_json::json;
use sqlx::PgPool;
use tokio::{task::JoinSet, time::MissedTickBehavior};
use uuid::Uuid;

use super::{Options, compare::quantiles, queries::Sampler, serve};
use crate::{
    Result,
    board::{Account, data_folder},
};

const EMAIL: &str = "admin@bench.example";
const PASSWORD: &str = "correct horse battery";

/// One in so many edits is looked for.
const FOLLOWED: u32 = 5;

pub(super) async fn follow(url: &str, sampler: &mut Sampler, options: &Options) -> Result<()> {
    let edits = options.changes * options.seconds;
    let pool = PgPool::connect(url).await?;
    let ids: Vec<Uuid> = sqlx::query_scalar(
        "select job_id from job_search_documents tablesample system (5) limit $1",
    )
    .bind(i64::from(edits))
    .fetch_all(&pool)
    .await?;
    create_admin(url)?;
    let folder = data_folder()?;
    let board = serve::board(folder.path(), url)?;
    let admin = Arc::new(board.sign_in(EMAIL, PASSWORD).await?);
    let mut beside = JoinSet::new();
    let queries = serve::queue(sampler, options.queries);
    let count = options.queries * 7;
    beside.spawn(serve::ask_board(board.base.clone(), queries));
    let begun = Instant::now();
    let mut edit_at = tokio::time::interval(Duration::from_secs(1) / options.changes);
    edit_at.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let mut running: JoinSet<Result<Option<Duration>, String>> = JoinSet::new();
    for (number, id) in (0..edits).zip(ids) {
        edit_at.tick().await;
        let admin = Arc::clone(&admin);
        running.spawn(async move {
            edit(&admin, id, number)
                .await
                .map_err(|error| error.to_string())
        });
    }
    let mut found = vec![];
    for result in running.join_all().await {
        found.extend(result?);
    }
    let seconds = begun.elapsed().as_secs_f64();
    let [p50, p95, p99] = quantiles(&mut found);
    println!(
        "\n{edits} edits in {seconds:.0} s; {} of them found after {p50:.0} / {p95:.0} / {p99:.0} ms",
        found.len()
    );
    let mut asked = vec![];
    for times in beside.join_all().await {
        asked.extend(times?);
    }
    let [p50, p95, p99] = quantiles(&mut asked);
    println!("{count} queries beside them: {p50:.1} / {p95:.1} / {p99:.1} ms through HTTP");
    check(&pool).await?;
    board.stop()
}

/// Gives a title a word that no other has; for some, the time until it is found.
async fn edit(admin: &Account, id: Uuid, number: u32) -> Result<Option<Duration>> {
    let word: String = std::iter::once('q')
        .chain((0..5).map(|place| {
            let digit = number / 10_u32.pow(place) % 10;
            char::from(b'k' + u8::try_from(digit).unwrap_or(0))
        }))
        .collect();
    let body = json!({"title": format!("Engineer {word}")});
    admin.patch(&format!("/api/jobs/{id}/"), &body).await?;
    if !number.is_multiple_of(FOLLOWED) {
        return Ok(None);
    }
    let begun = Instant::now();
    admin
        .watch(
            &format!("/api/jobs/search/?q={word}&page_size=1"),
            |answer| {
                answer["results"]
                    .as_array()
                    .is_some_and(|list| !list.is_empty())
            },
        )
        .await?;
    Ok(Some(begun.elapsed()))
}

fn create_admin(url: &str) -> Result<()> {
    let program = std::env::current_exe()?.with_file_name("jobboard");
    let mut process = Command::new(program)
        .args(["create-admin", "--email", EMAIL, "--password-stdin"])
        .env("DATABASE_URL", url)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?;
    if let Some(input) = &mut process.stdin {
        writeln!(input, "{PASSWORD}")?;
    }
    // On a board that is measured again the account is there already.
    process.wait()?;
    Ok(())
}

/// Compares every document with its job, as each night; the board's workers do it.
async fn check(pool: &PgPool) -> Result<()> {
    let mut conn = pool.acquire().await?;
    queue::enqueue(&mut conn, &CheckDocuments::default()).await?;
    let begun = Instant::now();
    loop {
        let (done, differing): (Option<i64>, i64) = sqlx::query_as(
            "select max((args->>'done')::bigint) filter (where kind = 'search.check_documents'),
                    count(*) filter (where kind = 'search.recheck_jobs')
             from tasks where kind in ('search.check_documents', 'search.recheck_jobs')",
        )
        .fetch_one(&mut *conn)
        .await?;
        let Some(done) = done else {
            println!(
                "all documents compared in {:.0} s, {differing} batches differ",
                begun.elapsed().as_secs_f64()
            );
            return Ok(());
        };
        println!("{done} compared");
        tokio::time::sleep(Duration::from_secs(20)).await;
    }
}
