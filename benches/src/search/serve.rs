//! How many queries a second are answered, through SQL and through HTTP.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use jobboard_shared::{
    pagination::{Paging, Start},
    search::{self, Facet, Search, Sort, vocabulary},
};
use reqwest::{Client, Url};
use sqlx::{Connection, PgConnection, PgPool};
use tokio::task::JoinSet;

use super::{
    Options,
    compare::quantiles,
    queries::{Class, Sampler},
};
use crate::{
    Result,
    board::{Board, data_folder},
};

/// One after the other, by whoever is free.
type Queue = Arc<Mutex<VecDeque<Search>>>;

pub(super) async fn rates(url: &str, sampler: &mut Sampler, options: &Options) -> Result<()> {
    build_vocabulary(url).await?;
    warm(url, sampler, options).await?;
    println!(
        "\n| ranked classes, mixed | clients | queries/s | p50 / p95 / p99, ms |\n|---|---|---|---|"
    );
    for clients in [1, 8] {
        let queue = queue(sampler, options.queries * clients);
        let mut running = JoinSet::new();
        let begun = Instant::now();
        for _ in 0..clients {
            running.spawn(ask_database(url.to_owned(), Arc::clone(&queue)));
        }
        report("SQL", clients, begun, running).await?;
    }
    let folder = data_folder()?;
    let board = board(folder.path(), url)?;
    let ask = |clients: usize, queue: Queue| {
        let asking = (0..clients).map(|_| ask_board(board.base.clone(), Arc::clone(&queue)));
        asking.collect::<JoinSet<_>>()
    };
    // Its connections have made their plans, as those of a board that serves have.
    for result in ask(8, queue(sampler, options.queries)).join_all().await {
        result?;
    }
    for clients in [1, 8] {
        let queue = queue(sampler, options.queries * clients);
        let begun = Instant::now();
        report("HTTP", clients, begun, ask(clients, queue)).await?;
    }
    board.stop()
}

/// API and workers on the database of the measurement; keeps no answers.
pub(super) fn board(folder: &std::path::Path, url: &str) -> Result<Board> {
    Board::start_with(
        &folder.join("board"),
        &[("DATABASE_URL", url), ("JOBBOARD_CACHE", "false")],
    )
}

/// What the workers of a board of this size do for a minute once an hour: they would begin
/// with it as soon as the board is there.
async fn build_vocabulary(url: &str) -> Result<()> {
    let pool = PgPool::connect(url).await?;
    if vocabulary::is_due(&pool).await? {
        let counted = vocabulary::gather(&pool).await?.count();
        vocabulary::write(&pool, &counted).await?;
    }
    Ok(())
}

/// Reads what a server that has answered for a while has in its memory: the naive
/// design, which is as large, has just taken its place.
async fn warm(url: &str, sampler: &mut Sampler, options: &Options) -> Result<()> {
    let queue = queue(sampler, options.queries * 4);
    let mut running = JoinSet::new();
    for _ in 0..4 {
        running.spawn(ask_database(url.to_owned(), Arc::clone(&queue)));
    }
    for result in running.join_all().await {
        result?;
    }
    Ok(())
}

/// So many of each ranked class, mixed.
pub(super) fn queue(sampler: &mut Sampler, of_each: usize) -> Queue {
    let all = (0..of_each).flat_map(|_| Class::RANKED.map(|class| sampler.draw(class)));
    Arc::new(Mutex::new(all.collect()))
}

fn next(queue: &Queue) -> Option<Search> {
    queue
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .pop_front()
}

async fn ask_database(url: String, queue: Queue) -> Result<Vec<Duration>, String> {
    let failed = |error: &dyn std::fmt::Display| error.to_string();
    let mut conn = PgConnection::connect(&url).await.map_err(|e| failed(&e))?;
    let mut times = vec![];
    while let Some(search) = next(&queue) {
        let begun = Instant::now();
        let now = sqlx::query_scalar("select app_now()")
            .fetch_one(&mut conn)
            .await
            .map_err(|e| failed(&e))?;
        let mut tx = conn.begin().await.map_err(|e| failed(&e))?;
        let paging = Paging {
            start: Start::After(None),
            size: 20,
        };
        search::find(&mut tx, now, &search, &paging)
            .await
            .map_err(|e| failed(&e))?;
        tx.commit().await.map_err(|e| failed(&e))?;
        times.push(begun.elapsed());
    }
    Ok(times)
}

/// Asks for first pages.
pub(super) async fn ask_board(base: String, queue: Queue) -> Result<Vec<Duration>, String> {
    let http = Client::new();
    let mut times = vec![];
    while let Some(search) = next(&queue) {
        let url = format!("{base}/api/jobs/search/");
        let url =
            Url::parse_with_params(&url, parameters(&search)).map_err(|error| error.to_string())?;
        let begun = Instant::now();
        let answer = http
            .get(url)
            .send()
            .await
            .and_then(reqwest::Response::error_for_status);
        let body = match answer {
            Ok(answer) => answer.bytes().await,
            Err(error) => Err(error),
        };
        body.map_err(|error| error.to_string())?;
        times.push(begun.elapsed());
    }
    Ok(times)
}

fn parameters(search: &Search) -> Vec<(&'static str, String)> {
    let mut parameters = vec![("q", search.text.clone()), ("page_size", "20".to_owned())];
    if !search.job_types.is_empty() {
        parameters.push(("job_type", "full_time".to_owned()));
        parameters.push(("job_type", "contract".to_owned()));
    }
    if let Some(days) = search.posted_within_days {
        parameters.push(("posted_within", days.to_string()));
    }
    if let Some(location) = &search.location {
        parameters.push(("location", location.clone()));
    }
    match search.sort {
        Sort::Salary => parameters.push(("sort", "salary".to_owned())),
        Sort::Distance => parameters.push(("sort", "distance".to_owned())),
        Sort::Relevance | Sort::Date => {}
    }
    for facet in &search.facets {
        let name = match facet {
            Facet::JobType => "job_type",
            Facet::ExperienceLevel => "experience_level",
            Facet::Workplace => "workplace",
            Facet::Category => "category",
            Facet::Company => "company",
            Facet::Salary => "salary",
        };
        parameters.push(("facets", name.to_owned()));
    }
    if let Some(remote) = search.is_remote {
        parameters.push(("is_remote", remote.to_string()));
    }
    parameters
}

async fn report(
    name: &str,
    clients: usize,
    begun: Instant,
    running: JoinSet<Result<Vec<Duration>, String>>,
) -> Result<()> {
    let mut times = vec![];
    for result in running.join_all().await {
        times.extend(result?);
    }
    let rate = times.len() as f64 / begun.elapsed().as_secs_f64();
    let [p50, p95, p99] = quantiles(&mut times);
    println!("| {name} | {clients} | {rate:.0} | {p50:.1} / {p95:.1} / {p99:.1} |");
    Ok(())
}
