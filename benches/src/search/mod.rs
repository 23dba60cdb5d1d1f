//! Search on a large board, beside the design that everybody writes first.

mod ads;
mod queries;

use std::{
    path::PathBuf,
    time::{Duration, Instant},
};

use clap::Args;
use jobboard_shared::{
    database,
    pagination::{Paging, Start},
    search::{self, Effort, Search},
};
use sqlx::{Connection, PgConnection, PgPool, postgres::PgPoolOptions};

use self::{
    ads::{Ad, Vocabulary},
    queries::{Class, Sampler},
};
use crate::{Result, postgres::Postgres, processes};

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Live jobs.
    #[arg(long, default_value_t = 100_000)]
    jobs: usize,
    /// Folder with the real data sets (jobs/remote_ads.ndjson).
    #[arg(long, env = "JOBBOARD_TEST_DATA")]
    data: PathBuf,
    /// Queries of each class.
    #[arg(long, default_value_t = 40)]
    queries: usize,
    /// Of ads and queries.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How old the oldest ad is.
    #[arg(long, default_value_t = 90.0)]
    days: f64,
}

/// Jobs in one statement.
const BATCH: usize = 500;

pub(crate) async fn measure(options: Options) -> Result<()> {
    let vocabulary = Vocabulary::read(&options.data)?;
    let postgres = Postgres::start().await?;
    let url = postgres.database("search").await?;
    let pool = PgPoolOptions::new()
        .max_connections(4)
        .connect(&url)
        .await?;
    database::migrate(&pool).await?;
    println!("{} jobs, seed {}", options.jobs, options.seed);
    let begun = Instant::now();
    let sample = load(&pool, &vocabulary, &options).await?;
    println!("loaded in {:.0} s", begun.elapsed().as_secs_f64());
    build_naive(&pool).await?;
    sizes(&pool).await?;
    let mut sampler = Sampler::of(&sample, options.seed + 1);
    let mut backend = Backend::connect(&url).await?;
    println!(
        "\n| class | ours p50 / p95 / p99, ms CPU | naive p50 / p95 / p99, ms CPU | naive is so many times | kept, mean | kept, worst tenth |\n|---|---|---|---|---|---|"
    );
    for class in Class::ALL {
        let mut measured = Measured::default();
        for _ in 0..options.queries {
            let search = sampler.draw(class);
            backend.compare(&search, &mut measured).await?;
        }
        measured.report(class);
    }
    postgres.stop().await
}

/// Makes jobs and their documents; gives some of the ads.
async fn load(pool: &PgPool, vocabulary: &Vocabulary, options: &Options) -> Result<Vec<Ad>> {
    // Built at the end: a load under them takes many times as long.
    const INDEXES: [(&str, &str); 2] = [
        ("job_search_title_idx", "title_vec, tokens"),
        ("job_search_text_idx", "vec, tokens"),
    ];
    let run = async |statement: String| {
        sqlx::raw_sql(sqlx::AssertSqlSafe(statement))
            .execute(pool)
            .await
    };
    for (name, _) in INDEXES {
        run(format!("drop index {name}")).await?;
    }
    let mut conn = pool.acquire().await?;
    ads::insert_names(&mut conn, vocabulary, options.jobs).await?;
    drop(conn);
    let mut sample = vec![];
    let mut writing = tokio::task::JoinSet::new();
    let mut batch = vec![];
    let every = options.jobs.div_ceil(5_000);
    let all = ads::ads(vocabulary, options.seed, options.jobs, options.days);
    for (number, ad) in all.enumerate() {
        batch.push(ad);
        if batch.len() < BATCH && number + 1 < options.jobs {
            continue;
        }
        let ids = ads::insert(pool, vocabulary, &batch).await?;
        sample.extend(batch.drain(..).step_by(every));
        if writing.len() >= 2
            && let Some(written) = writing.join_next().await
        {
            written??;
        }
        let pool = pool.clone();
        writing.spawn(async move {
            let mut tx = pool.begin().await?;
            search::refresh(&mut tx, &ids).await?;
            tx.commit().await?;
            Ok::<_, jobboard_shared::Error>(())
        });
    }
    while let Some(written) = writing.join_next().await {
        written??;
    }
    let begun = Instant::now();
    for (name, columns) in INDEXES {
        run(format!(
            "set maintenance_work_mem = '1GB';
             create index {name} on job_search_documents using gin ({columns}) with (fastupdate = off)"
        ))
        .await?;
    }
    run("vacuum analyze job_search_documents".to_owned()).await?;
    println!("indexes built in {:.0} s", begun.elapsed().as_secs_f64());
    Ok(sample)
}

/// One table with a vector, an index over it, `ts_rank` over all that match.
async fn build_naive(pool: &PgPool) -> Result<()> {
    sqlx::raw_sql(
        "set maintenance_work_mem = '1GB';
         create table naive_jobs as
             select id, title, description,
                    setweight(to_tsvector('english', title), 'A')
                        || setweight(to_tsvector('english', description), 'D') as vector,
                    published_at, job_type, is_remote
             from jobs;
         create index on naive_jobs using gin (vector);
         create index on naive_jobs (published_at);
         analyze naive_jobs",
    )
    .execute(pool)
    .await?;
    Ok(())
}

async fn sizes(pool: &PgPool) -> Result<()> {
    let sizes: Vec<(String, i64)> = sqlx::query_as(
        "select relname::text, pg_relation_size(oid) from pg_class
         where relname in ('job_search_documents', 'job_search_title_idx', 'job_search_text_idx',
                           'naive_jobs', 'naive_jobs_vector_idx')
         order by relname",
    )
    .fetch_all(pool)
    .await?;
    for (name, bytes) in sizes {
        println!("{name}: {} MB", bytes / 1_000_000);
    }
    Ok(())
}

/// A connection and the process that serves it.
struct Backend {
    conn: PgConnection,
    pid: processes::Pid,
}

impl Backend {
    async fn connect(url: &str) -> Result<Self> {
        let mut conn = PgConnection::connect(url).await?;
        let pid: i32 = sqlx::query_scalar("select pg_backend_pid()")
            .fetch_one(&mut conn)
            .await?;
        Ok(Self {
            conn,
            pid: u32::try_from(pid)?,
        })
    }

    /// The same search by both, ours also with everything ranked. Each runs twice,
    /// and the second counts: plans and pages are warm for both.
    async fn compare(&mut self, search: &Search, measured: &mut Measured) -> Result<()> {
        self.ours(search, Effort::default()).await?;
        let before = processes::exact_cpu(self.pid)?;
        let score = self.ours(search, Effort::default()).await?;
        measured.ours.push(processes::exact_cpu(self.pid)? - before);
        self.naive(search).await?;
        let before = processes::exact_cpu(self.pid)?;
        self.naive(search).await?;
        measured
            .naive
            .push(processes::exact_cpu(self.pid)? - before);
        let all = Effort {
            all: u32::MAX,
            block: u32::MAX,
        };
        let best = self.ours(search, all).await?;
        if best > 0.0 {
            measured.kept.push((score / best).min(1.0));
        }
        Ok(())
    }

    /// The sum of the first page's scores.
    async fn ours(&mut self, search: &Search, effort: Effort) -> Result<f64> {
        let now = sqlx::query_scalar("select app_now()")
            .fetch_one(&mut self.conn)
            .await?;
        let mut tx = self.conn.begin().await?;
        let paging = Paging {
            start: Start::After(None),
            size: 20,
        };
        let found = search::find_with(effort, &mut tx, now, search, &paging).await?;
        tx.commit().await?;
        Ok(found.hits.rows.iter().filter_map(|hit| hit.score).sum())
    }

    async fn naive(&mut self, search: &Search) -> Result<()> {
        let filters = if search.job_types.is_empty() {
            ""
        } else {
            "and job_type in ('full_time', 'contract') and is_remote
             and published_at > now() - interval '30 days'"
        };
        let statement = format!(
            "select id, ts_headline('english', left(description, 2000), query)
             from (
                 select id, description, query from naive_jobs,
                        websearch_to_tsquery('english', $1) query
                 where vector @@ query {filters}
                 order by ts_rank(vector, query) desc, id limit 20
             ) best"
        );
        sqlx::query(sqlx::AssertSqlSafe(statement))
            .bind(&search.text)
            .fetch_all(&mut self.conn)
            .await?;
        Ok(())
    }
}

#[derive(Default)]
struct Measured {
    ours: Vec<Duration>,
    naive: Vec<Duration>,
    kept: Vec<f64>,
}

impl Measured {
    fn report(mut self, class: Class) {
        let ours = quantiles(&mut self.ours);
        let naive = quantiles(&mut self.naive);
        self.kept.sort_by(f64::total_cmp);
        let mean = |part: &[f64]| part.iter().sum::<f64>() / part.len().max(1) as f64;
        let tenth = &self.kept[..self.kept.len().div_ceil(10).min(self.kept.len())];
        let show = |q: &[f64; 3]| format!("{:.1} / {:.1} / {:.1}", q[0], q[1], q[2]);
        println!(
            "| {class:?} | {} | {} | {:.1} | {:.3} | {:.3} |",
            show(&ours),
            show(&naive),
            naive[0] / ours[0],
            mean(&self.kept),
            mean(tenth)
        );
    }
}

/// p50, p95 and p99 in milliseconds.
fn quantiles(times: &mut [Duration]) -> [f64; 3] {
    times.sort();
    [0.5, 0.95, 0.99].map(|share| {
        let place = ((times.len() as f64 * share).ceil() as usize).saturating_sub(1);
        times
            .get(place)
            .map_or(0.0, |time| time.as_secs_f64() * 1_000.0)
    })
}
