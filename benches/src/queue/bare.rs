//! The queue's own statements without the queue: what the database can do.

use std::{fs, path::Path, process::Stdio, time::Duration};

use jobboard_shared::queue::{LeaseKey, Settlement, TaskId, db};
use sqlx::{Connection, PgConnection};
use tokio::process::Command;

use super::figures::percentile;
use crate::Result;

const CLIENTS: u64 = 2;

/// The texts of the statements as they are prepared, so that nothing else is
/// measured.
struct Texts {
    lease: String,
    finish: String,
}

async fn texts(url: &str) -> Result<Texts> {
    let mut conn = PgConnection::connect(url).await?;
    let lease = Duration::from_secs(30);
    db::lease(&mut conn, "nowhere", "bench", lease, 1).await?;
    let nobody = LeaseKey {
        id: TaskId(0),
        fence: 0,
    };
    db::settle(&mut conn, &[(nobody, false, Settlement::Done)]).await?;
    let all: Vec<String> = sqlx::query_scalar("select statement from pg_prepared_statements")
        .fetch_all(&mut conn)
        .await?;
    conn.close().await?;
    let text = |part: &str| {
        let found = all.iter().find(|text| text.contains(part));
        found.cloned().ok_or("a statement was not prepared")
    };
    Ok(Texts {
        lease: text("skip locked")?,
        finish: text("into finished_tasks")?,
    })
}

/// Leases and finishes the tasks that are there with pgbench; tasks a second.
pub(super) async fn drain(url: &str, folder: &Path, tasks: u64, batch: u64) -> Result<f64> {
    let texts = texts(url).await?;
    let lease = texts
        .lease
        .trim()
        .replace("$1", "'bench'")
        .replace("$2", &batch.to_string())
        .replace("$3", "30.0::float8")
        .replace("$4", "'pgbench'")
        .replace("$5", "0::smallint")
        .replace("$6", ":run_at::timestamptz")
        .replace("$7", ":last::bigint")
        .replace("$8", "false");
    let (head, update) = lease
        .rsplit_once("update tasks")
        .ok_or("no update in the lease")?;
    let script = format!(
        "{}, leased as (update tasks {update})\n\
         select coalesce(array_agg(id), '{{}}') as ids, coalesce(array_agg(fence), '{{}}') as fences,\n\
         sum(length(args::text)) as bytes, coalesce(max(run_at), '-infinity') as run_at,\n\
         coalesce(max(id), 0) as last from leased \\gset\n{};\n",
        head.trim_end(),
        texts
            .finish
            .trim()
            .replace("$1", ":ids")
            .replace("$2", ":fences"),
    );
    let path = folder.join("lease_and_finish.sql");
    fs::write(&path, script)?;
    let output = Command::new("pgbench")
        .args(["--no-vacuum", "--protocol=prepared"])
        .arg(format!("--client={CLIENTS}"))
        .arg(format!("--jobs={CLIENTS}"))
        .arg(format!("--transactions={}", tasks / batch / CLIENTS))
        .args(["--define=run_at=-infinity", "--define=last=0"])
        .arg("--file")
        .arg(&path)
        .arg(url)
        .env(
            "PGOPTIONS",
            "-c enable_seqscan=off -c enable_hashjoin=off -c enable_mergejoin=off -c jit=off",
        )
        .stdin(Stdio::null())
        .output()
        .await
        .map_err(|error| format!("pgbench: {error}"))?;
    let text = String::from_utf8_lossy(&output.stdout);
    let rate = text
        .lines()
        .find_map(|line| line.strip_prefix("tps = ")?.split_whitespace().next())
        .ok_or_else(|| {
            format!(
                "pgbench: {text} {}",
                String::from_utf8_lossy(&output.stderr)
            )
        })?;
    Ok(rate.parse::<f64>()? * batch as f64)
}

/// Rows a second of a plain insert of so many rows into a table like that of
/// the tasks.
pub(super) async fn insert(url: &str, rows: u64, rounds: usize) -> Result<f64> {
    let mut conn = PgConnection::connect(url).await?;
    sqlx::raw_sql("create table if not exists bare_tasks (like tasks including all)")
        .execute(&mut conn)
        .await?;
    let args: Vec<_> = (0..rows).map(|n| serde_json::json!({ "n": n })).collect();
    let mut rates = Vec::new();
    for _ in 0..rounds {
        let begun = std::time::Instant::now();
        sqlx::query(
            "insert into bare_tasks (queue, kind, args, max_attempts, run_at, enqueued_at)
             select 'bench', 'bench.noop', n.args, 10, now(), now() from unnest($1::jsonb[]) as n(args)",
        )
        .bind(&args)
        .execute(&mut conn)
        .await?;
        rates.push(rows as f64 / begun.elapsed().as_secs_f64());
    }
    sqlx::raw_sql("drop table bare_tasks")
        .execute(&mut conn)
        .await?;
    conn.close().await?;
    Ok(percentile(&rates, 0.5))
}
