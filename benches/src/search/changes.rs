//! How soon an edited job is found while many are edited, and whether the index
//! is right afterwards.

use std::{
    io::Write,
    process::{Command, Stdio},
    sync::Arc,
    time::{Duration, Instant},
};

use jobboard_shared::search::{
    self,
    tasks::{BATCH, Scope},
};
use serde_json::json;
use sqlx::PgPool;
use tokio::{task::JoinSet, time::MissedTickBehavior};
use uuid::Uuid;

use super::{
    Options,
    compare::quantiles,
    queries::{Class, Sampler},
    serve,
};
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
    let count = options.queries * Class::RANKED.len();
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

/// Compares every document with its job, as the board's workers do each night, but in
/// several places at once. One that differs is looked at again once nothing is under way.
async fn check(pool: &PgPool) -> Result<()> {
    const AT_ONCE: usize = 3;
    let begun = Instant::now();
    let mut running: JoinSet<Result<Vec<Uuid>, String>> = JoinSet::new();
    let (mut after, mut compared, mut told) = (None, 0, 0);
    let mut differing = vec![];
    loop {
        let mut conn = pool.acquire().await?;
        let ids = search::db::jobs_of_scope(&mut conn, Scope::All, after, BATCH).await?;
        drop(conn);
        if running.len() == AT_ONCE || ids.is_empty() {
            let Some(done) = running.join_next().await else {
                break;
            };
            differing.extend(done??);
        }
        if ids.is_empty() {
            continue;
        }
        (after, compared) = (ids.last().copied(), compared + ids.len());
        if compared / 100_000 > told {
            told = compared / 100_000;
            println!("{compared} compared");
        }
        running.spawn(differ(pool.clone(), ids));
    }
    let again = differ(pool.clone(), differing).await?;
    println!(
        "{compared} documents compared in {:.0} s, {} differ",
        begun.elapsed().as_secs_f64(),
        again.len()
    );
    Ok(())
}

async fn differ(pool: PgPool, ids: Vec<Uuid>) -> Result<Vec<Uuid>, String> {
    let mut tx = pool.begin().await.map_err(|error| error.to_string())?;
    let differing = search::differing(&mut tx, &ids).await;
    differing.map_err(|error| error.to_string())
}
