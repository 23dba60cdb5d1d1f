//! What a query costs its backend, beside the naive design, and how much of the best it
//! finds.

use std::time::Duration;

use jobboard_shared::{
    pagination::{Paging, Start},
    search::{self, Effort, Search},
};
use sqlx::{Connection, PgConnection};
use uuid::Uuid;

use super::{
    Options,
    queries::{Class, Sampler},
};
use crate::{Result, processes};

pub(super) async fn classes(url: &str, sampler: &mut Sampler, options: &Options) -> Result<()> {
    let mut backend = Backend::connect(url).await?;
    println!(
        "\n| class | ours p50 / p95 / p99, ms CPU | naive p50 / p95 / p99, ms CPU | naive is so many times | kept, mean | kept, worst tenth |\n|---|---|---|---|---|---|"
    );
    let mut kept = vec![];
    let mut slowest = vec![];
    for class in Class::RANKED.into_iter().chain(Class::LISTED) {
        let mut measured = Measured::default();
        for number in 0..options.queries {
            let search = sampler.draw(class);
            let score = backend.measure(&search, &mut measured).await?;
            if number < options.beside && Class::RANKED.contains(&class) {
                backend.compare(&search, score, &mut measured).await?;
            }
        }
        kept.extend(&measured.kept);
        slowest.push((class, std::mem::take(&mut measured.slowest)));
        measured.report(class);
    }
    kept.sort_by(f64::total_cmp);
    println!(
        "kept over all classes: mean {:.3}, worst tenth {:.3}",
        mean(&kept),
        mean(worst_tenth(&kept))
    );
    for (class, (time, text)) in slowest {
        println!("slowest of {class:?}: {:.1} ms, {text}", milliseconds(time));
    }
    Ok(())
}

/// What it costs to write the document of one edited job.
pub(super) async fn refresh(url: &str) -> Result<()> {
    const JOBS: i64 = 200;
    let mut backend = Backend::connect(url).await?;
    let ids: Vec<Uuid> = sqlx::query_scalar(
        "select job_id from job_search_documents tablesample system (0.5) limit $1",
    )
    .bind(JOBS)
    .fetch_all(&mut backend.conn)
    .await?;
    let mut times = vec![];
    for id in ids {
        sqlx::query("update jobs set title = title || ' again' where id = $1")
            .bind(id)
            .execute(&mut backend.conn)
            .await?;
        let before = processes::exact_cpu(backend.pid)?;
        let mut tx = backend.conn.begin().await?;
        search::refresh(&mut tx, &[id]).await?;
        tx.commit().await?;
        times.push(processes::exact_cpu(backend.pid)? - before);
    }
    let [p50, p95, p99] = quantiles(&mut times);
    println!("\nrefresh of one edited job: {p50:.1} / {p95:.1} / {p99:.1} ms CPU");
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

    /// Runs twice, and the second counts: plans and pages are warm, here as for the
    /// naive design. Gives the first page's sum of scores.
    async fn measure(&mut self, search: &Search, measured: &mut Measured) -> Result<f64> {
        self.ours(search, Effort::default()).await?;
        let before = processes::exact_cpu(self.pid)?;
        let score = self.ours(search, Effort::default()).await?;
        let time = processes::exact_cpu(self.pid)? - before;
        if time > measured.slowest.0 {
            measured.slowest = (time, search.text.clone());
        }
        measured.ours.push(time);
        Ok(score)
    }

    /// The same by the naive design, and the best score that there is.
    async fn compare(
        &mut self,
        search: &Search,
        score: f64,
        measured: &mut Measured,
    ) -> Result<()> {
        self.naive(search).await?;
        let before = processes::exact_cpu(self.pid)?;
        self.naive(search).await?;
        measured
            .naive
            .push(processes::exact_cpu(self.pid)? - before);
        let best = self.ours(search, Effort::EVERYTHING).await?;
        if best > 0.0 {
            measured.kept.push(score / best);
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
    /// And what was asked.
    slowest: (Duration, String),
}

impl Measured {
    fn report(mut self, class: Class) {
        let ours = quantiles(&mut self.ours);
        let naive = quantiles(&mut self.naive);
        self.kept.sort_by(f64::total_cmp);
        let show = |q: &[f64; 3]| format!("{:.1} / {:.1} / {:.1}", q[0], q[1], q[2]);
        if self.kept.is_empty() {
            println!("| {class:?} | {} | | | | |", show(&ours));
            return;
        }
        println!(
            "| {class:?} | {} | {} | {:.1} | {:.3} | {:.3} |",
            show(&ours),
            show(&naive),
            naive[0] / ours[0],
            mean(&self.kept),
            mean(worst_tenth(&self.kept))
        );
    }
}

fn mean(part: &[f64]) -> f64 {
    part.iter().sum::<f64>() / part.len().max(1) as f64
}

/// Of what is sorted.
fn worst_tenth(kept: &[f64]) -> &[f64] {
    &kept[..kept.len().div_ceil(10).min(kept.len())]
}

/// p50, p95 and p99 in milliseconds.
pub(super) fn quantiles(times: &mut [Duration]) -> [f64; 3] {
    times.sort();
    [0.5, 0.95, 0.99].map(|share| {
        let place = ((times.len() as f64 * share).ceil() as usize).saturating_sub(1);
        times.get(place).map_or(0.0, |time| milliseconds(*time))
    })
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1_000.0
}
