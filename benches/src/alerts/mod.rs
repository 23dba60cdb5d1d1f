//! A new job against very many saved searches, beside running these searches.

mod board;
mod searches;

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    time::Duration,
};

use clap::Args;
use jobboard_shared::{
    Clock,
    alerts::tasks::MatchJob,
    database,
    pagination::{Paging, Start},
    queue,
    search::{self, Search},
};
use jobboard_worker::Context;
use secrecy::SecretString;
use sqlx::PgPool;
use uuid::Uuid;

use self::{board::Ad, searches::Saved};
use crate::{Result, fleet, postgres::Postgres, processes};

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Saved searches. Those that match the new job by chance are left out.
    #[arg(long, default_value_t = 106_000)]
    alerts: usize,
    /// Of them are different; the others repeat these.
    #[arg(long, default_value_t = 10_600)]
    different: usize,
    /// Of them are made to match the new job.
    #[arg(long, default_value_t = 200)]
    matching: usize,
    /// New jobs, one after the other; figures are of one.
    #[arg(long, default_value_t = 40)]
    jobs: usize,
    /// Folder with the real data sets (jobs/remote_ads.ndjson).
    #[arg(long, env = "JOBBOARD_TEST_DATA")]
    data: PathBuf,
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// What one new job may cost the workers and the database together.
const BAR: Duration = Duration::from_millis(50);

pub(crate) async fn measure(options: Options) -> Result<()> {
    let postgres = Postgres::start().await?;
    let measured = on(&postgres, &options).await;
    postgres.stop().await?;
    measured
}

async fn on(postgres: &Postgres, options: &Options) -> Result<()> {
    let url = postgres.database("alerts").await?;
    let db = database::connect(&SecretString::from(url.as_str()), 4).await?;
    database::migrate(&db).await?;
    let ads = board::read(Path::new(&options.data))?;
    board::publish(&db, &ads).await?;
    sqlx::raw_sql("vacuum analyze").execute(&db).await?;
    let clock = Clock::synchronized(&db).await?;
    let mut saved = searches::save(&db, &clock, searches::draw(&ads, options), options).await?;
    let context = fleet::context(&url, "search", 1, 2, |_| {}).await?;
    // The first job finds nothing in any cache.
    let (first, _) = match_one(postgres, &context, &ads).await?;
    let chance = matched(&db, first).await?;
    saved.retain(|saved| saved.is_made || !saved.ids.iter().any(|id| chance.contains(id)));
    searches::keep(&db, &saved).await?;
    sqlx::raw_sql("vacuum analyze").execute(&db).await?;
    println!(
        "{} ads, {} saved searches, {} of them different, seed {}",
        ads.len(),
        saved.iter().map(|saved| saved.ids.len()).sum::<usize>(),
        saved.len(),
        options.seed
    );

    let mut costs = Vec::new();
    let mut job_id = Uuid::nil();
    for _ in 0..options.jobs {
        let cost;
        (job_id, cost) = match_one(postgres, &context, &ads).await?;
        costs.push(cost);
    }
    let matched = matched(&db, job_id).await?;
    let one = costs.iter().sum::<Duration>() / u32::try_from(costs.len())?;
    println!("one new job matches {} saved searches", matched.len());
    println!("matching it, worker and database: {one:.1?} of CPU (bar: {BAR:?})");

    let begun = cpu(postgres)?;
    let mut found = 0;
    for Saved { search, ids, .. } in &saved {
        let finds = finds(&db, &clock, search, job_id).await?;
        found += usize::from(finds);
        for id in ids {
            if matched.contains(id) != finds {
                return Err(format!("{search:?}: found {finds}, matched otherwise").into());
            }
        }
    }
    let all = (cpu(postgres)? - begun).mul_f64(options.alerts as f64 / saved.len() as f64);
    println!(
        "running the {} different ones: {found} find it, and each is one that matched",
        saved.len()
    );
    println!(
        "running all {}: {all:.1?} of CPU, {:.0} times as much",
        options.alerts,
        all.as_secs_f64() / one.as_secs_f64()
    );
    if one > BAR {
        return Err("more than the bar".into());
    }
    Ok(())
}

/// Publishes a job and runs the task that its document enqueues; the CPU of that alone.
async fn match_one(postgres: &Postgres, context: &Context, ads: &[Ad]) -> Result<(Uuid, Duration)> {
    let job_id = board::publish_new(&context.db, ads).await?;
    let mut conn = context.db.acquire().await?;
    queue::enqueue(
        &mut conn,
        &MatchJob {
            job_id,
            after: None,
        },
    )
    .await?;
    drop(conn);
    let begun = cpu(postgres)?;
    let drained = jobboard_worker::drain(context).await?;
    let cost = cpu(postgres)? - begun;
    if drained.failures.is_empty() {
        Ok((job_id, cost))
    } else {
        Err(format!("{:?}", drained.failures).into())
    }
}

/// Of the database and of this process, which is the worker.
fn cpu(postgres: &Postgres) -> Result<Duration> {
    Ok(postgres.exact_cpu()? + processes::exact_cpu_of_threads(std::process::id())?)
}

async fn matched(db: &PgPool, job_id: Uuid) -> Result<BTreeSet<Uuid>> {
    let ids: Vec<Uuid> = sqlx::query_scalar("select alert_id from alert_matches where job_id = $1")
        .bind(job_id)
        .fetch_all(db)
        .await?;
    Ok(ids.into_iter().collect())
}

/// Whether the search finds the job among the newest.
async fn finds(db: &PgPool, clock: &Clock, search: &Search, job_id: Uuid) -> Result<bool> {
    let search = Search {
        sort: search::Sort::Date,
        ..search.clone()
    };
    let paging = Paging {
        start: Start::After(None),
        size: 1,
    };
    let mut tx = db.begin().await?;
    let found = search::find(&mut tx, clock.now(), &search, &paging).await?;
    tx.commit().await?;
    Ok(found.hits.rows.iter().any(|hit| hit.job.id == job_id))
}
