//! Makes the board: jobs, their documents, and the design to compare with.

use std::time::Instant;

use jobboard_shared::{database, search};
use sqlx::{PgPool, postgres::PgPoolOptions};

use super::{DATABASE, Options, ads, ads::Vocabulary};
use crate::{Result, postgres::Postgres};

/// Jobs in one statement.
const BATCH: usize = 500;

/// The address of a board, which is made unless it is there.
pub(super) async fn board(
    postgres: &Postgres,
    vocabulary: &Vocabulary,
    options: &Options,
) -> Result<String> {
    let url = postgres.address(DATABASE)?;
    if let Ok(pool) = PgPoolOptions::new().connect(&url).await {
        let whole: Option<String> = sqlx::query_scalar("select to_regclass('whole')::text")
            .fetch_one(&pool)
            .await?;
        if whole.is_some() {
            sizes(&pool).await?;
            return Ok(url);
        }
        pool.close().await;
    }
    let url = postgres.database(DATABASE).await?;
    let pool = PgPoolOptions::new()
        .max_connections(4)
        .connect(&url)
        .await?;
    database::migrate(&pool).await?;
    let begun = Instant::now();
    load(&pool, vocabulary, options).await?;
    println!("loaded in {:.0} s", begun.elapsed().as_secs_f64());
    build_naive(&pool).await?;
    sqlx::raw_sql("create table whole ()")
        .execute(&pool)
        .await?;
    sizes(&pool).await?;
    Ok(url)
}

async fn load(pool: &PgPool, vocabulary: &Vocabulary, options: &Options) -> Result<()> {
    // Built at the end: a load under it takes many times as long.
    const INDEX: &str = "job_search_text_idx";
    let run = async |statement: String| {
        sqlx::raw_sql(sqlx::AssertSqlSafe(statement))
            .execute(pool)
            .await
    };
    run(format!("drop index {INDEX}")).await?;
    let mut conn = pool.acquire().await?;
    ads::insert_names(&mut conn, vocabulary, options.jobs).await?;
    drop(conn);
    let mut writing = tokio::task::JoinSet::new();
    let mut batch = vec![];
    let all = ads::ads(vocabulary, options.seed, options.jobs, options.days);
    for (number, ad) in all.enumerate() {
        batch.push(ad);
        if batch.len() < BATCH && number + 1 < options.jobs {
            continue;
        }
        let ids = ads::insert(pool, vocabulary, &batch).await?;
        batch.clear();
        if (number + 1) % 50_000 == 0 {
            println!("{} of {}", number + 1, options.jobs);
        }
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
    run(format!(
        "set maintenance_work_mem = '1GB';
         create index {INDEX} on job_search_documents using gin (vec, tokens) with (fastupdate = off)"
    ))
    .await?;
    run("vacuum analyze job_search_documents".to_owned()).await?;
    println!("index built in {:.0} s", begun.elapsed().as_secs_f64());
    Ok(())
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
         where relname in ('job_search_documents', 'job_search_text_idx',
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
