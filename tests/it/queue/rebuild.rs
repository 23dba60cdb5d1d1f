//! A rebuild of the search documents, with its worker killed in the middle and jobs
//! edited meanwhile.

use std::time::Duration;

use jobboard_shared::search::{
    self,
    tasks::{RefreshScope, Scope, enqueue_refresh},
};
use rustix::process::Signal;
use uuid::Uuid;

use super::{
    LEASE, Queue,
    process::{signal, worker_with},
};

/// Two whole batches and a part of one, by id.
async fn publish_jobs(queue: &Queue) -> Vec<Uuid> {
    sqlx::query_scalar(
        "with company as (
             insert into companies (name, slug) values ('Acme', 'acme') returning id
         ), made as (
             insert into jobs (company_id, title, description, job_type, status, published_at)
             select id, 'Mason', 'Lays stones.', 'full_time', 'published', app_now()
             from company, generate_series(1, 230)
             returning id
         )
         select id from made order by id",
    )
    .fetch_all(&queue.db)
    .await
    .unwrap()
}

async fn edit(queue: &Queue, id: Uuid) {
    let mut tx = queue.db.begin().await.unwrap();
    sqlx::query("update jobs set title = 'Welder' where id = $1")
        .bind(id)
        .execute(&mut *tx)
        .await
        .unwrap();
    enqueue_refresh(&mut tx, &[id]).await.unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn a_killed_rebuild_goes_on_and_loses_no_edit() {
    let queue = Queue::start().await;
    let ids = publish_jobs(&queue).await;
    // The second batch waits for this one.
    let mut held = queue.db.begin().await.unwrap();
    sqlx::query("select pg_advisory_xact_lock(hashtext('search.refresh'), hashtext($1::text))")
        .bind(ids[150])
        .execute(&mut *held)
        .await
        .unwrap();
    queue.enqueue(&RefreshScope::of(Scope::All)).await;
    let mut first = worker_with(&queue, &[]);
    let second_runs = "select exists (
        select from tasks where kind = 'search.refresh_scope' and args->>'done' = '100'
            and lease_until is not null)";
    queue.until("the second batch runs", second_runs).await;
    let documents = "select count(*) from job_search_documents";
    assert_eq!(queue.count(documents).await, 100);
    signal(&first, Signal::KILL);
    first.wait().await.unwrap();
    for place in [20, 120, 220] {
        edit(&queue, ids[place]).await;
    }
    held.rollback().await.unwrap();
    queue.advance(LEASE * 4).await;
    let mut next = worker_with(&queue, &[]);
    queue
        .until(
            "it knows of the killed one's task",
            "select not exists (select from tasks where lapses = 0 and kind like 'search.refresh%')",
        )
        .await;
    queue.advance(Duration::from_secs(60)).await;
    queue
        .until(
            "all is done",
            "select not exists (select from tasks where kind like 'search.refresh%')",
        )
        .await;
    signal(&next, Signal::TERM);
    next.wait().await.unwrap();
    assert_eq!(queue.count(documents).await, 230);
    let mut conn = queue.db.acquire().await.unwrap();
    assert!(search::differing(&mut conn, &ids).await.unwrap().is_empty());
    assert!(queue.dead().await.is_empty());
}
