//! A large backlog while somebody holds an old snapshot of it: what a fetch
//! reads does not grow with what has ended.

use std::time::Duration;

use jobboard_shared::{
    pagination::{Paging, Start},
    queue::{
        Settlement,
        db::{
            self,
            operate::{TaskFilter, TaskState},
        },
    },
};
use sqlx::{Connection, PgConnection};

use super::Queue;

const TASKS: i64 = 1_000_000;
const BURST: i64 = 50_000;
const FETCHED: usize = 100;
const FETCHES: usize = 60;
const LEASE: Duration = Duration::from_secs(600);

/// What this connection has read so far: how often the whole table, and how many
/// entries of the index of what is due. Only differences within a transaction
/// count: the server sums up, and starts anew, between two.
async fn reads(conn: &mut PgConnection) -> (i64, i64) {
    sqlx::query_as(
        "select pg_stat_get_xact_numscans('tasks'::regclass),
                pg_stat_get_xact_tuples_returned('tasks_pending_idx'::regclass)",
    )
    .fetch_one(conn)
    .await
    .unwrap()
}

#[tokio::test]
async fn fetching_from_a_backlog_reads_no_more_while_an_old_snapshot_is_held() {
    let queue = Queue::start().await;
    sqlx::query(
        "insert into tasks (queue, kind, args, max_attempts, run_at, enqueued_at)
         select 'default', 'test.plain', jsonb_build_object('n', n), 10,
                app_now() + case when n % 2 = 0 then interval '1 day' else '0' end, app_now()
         from generate_series(1, $1) n",
    )
    .bind(TASKS)
    .execute(&queue.db)
    .await
    .unwrap();
    let mut old = PgConnection::connect(&queue.url).await.unwrap();
    sqlx::raw_sql("begin isolation level repeatable read; select count(*) from tasks")
        .execute(&mut old)
        .await
        .unwrap();

    // As the machinery's connections are, which have seen the table empty.
    let mut conn = PgConnection::connect(&queue.url).await.unwrap();
    db::prefer_indexes(&mut conn).await.unwrap();
    let mut place = db::Place::START;
    let mut entries = Vec::new();
    for _ in 0..FETCHES {
        let mut tx = conn.begin().await.unwrap();
        let before = reads(&mut tx).await;
        let (leased, last) = db::lease_after(&mut tx, place, "default", "test", LEASE, FETCHED)
            .await
            .unwrap();
        let after = reads(&mut tx).await;
        tx.commit().await.unwrap();
        assert_eq!(leased.len(), FETCHED);
        assert_eq!(after.0, before.0, "it read the whole table");
        entries.push(after.1 - before.1);
        place = last.unwrap();
        let ended: Vec<_> = leased
            .into_iter()
            .map(|task| (task.key, task.unique, Settlement::Done))
            .collect();
        let mut tx = conn.begin().await.unwrap();
        let before = reads(&mut tx).await;
        let settled = db::settle(&mut tx, &ended).await.unwrap();
        let after = reads(&mut tx).await;
        tx.commit().await.unwrap();
        assert_eq!(settled.len(), FETCHED);
        assert_eq!(after.0, before.0, "settling read the whole table");
    }
    let planned_anew: i64 =
        sqlx::query_scalar("select sum(custom_plans)::bigint from pg_prepared_statements")
            .fetch_one(&mut conn)
            .await
            .unwrap();
    assert_eq!(planned_anew, 0);
    let bound = 4 * i64::try_from(FETCHED).unwrap();
    assert!(entries.iter().all(|read| *read <= bound), "{entries:?}");
    let finished = i64::try_from(FETCHED * FETCHES).unwrap();
    assert_eq!(queue.finished().await, finished);
    assert_eq!(
        queue.count("select count(*) from tasks").await,
        TASKS - finished
    );
}

/// Statistics lag behind a burst: to Postgres the table still looks all but empty,
/// and whatever reads it whole the cheapest.
#[tokio::test]
async fn a_backlog_that_has_just_come_is_not_read_whole() {
    let queue = Queue::start().await;
    for statement in [
        "alter table tasks set (autovacuum_enabled = off)",
        "vacuum analyze tasks",
    ] {
        sqlx::query(statement).execute(&queue.db).await.unwrap();
    }
    sqlx::query(
        "insert into tasks (queue, kind, args, max_attempts, run_at, enqueued_at)
         select 'default', 'test.plain', '{}', 10, app_now(), app_now()
         from generate_series(1, $1)",
    )
    .bind(BURST)
    .execute(&queue.db)
    .await
    .unwrap();
    let mut machinery = PgConnection::connect(&queue.url).await.unwrap();
    db::prefer_indexes(&mut machinery).await.unwrap();
    let mut tx = machinery.begin().await.unwrap();
    let before = all_reads(&mut tx).await;
    db::sweep_cancels(&mut tx).await.unwrap();
    let read = all_reads(&mut tx).await - before;
    assert!(read < 100, "sweeping cancels read {read} rows");
    tx.commit().await.unwrap();

    let mut operator = PgConnection::connect(&queue.url).await.unwrap();
    let rare = TaskFilter {
        queue: Some("default".to_owned()),
        kind: Some("test.rare".to_owned()),
    };
    for filter in [TaskFilter::default(), rare] {
        let mut tx = operator.begin().await.unwrap();
        db::operate::look_only(&mut tx).await.unwrap();
        let paging = Paging {
            start: Start::After(None),
            size: 50,
        };
        let before = all_reads(&mut tx).await;
        db::operate::list(&mut tx, TaskState::Pending, &filter, &paging)
            .await
            .unwrap();
        let read = all_reads(&mut tx).await - before;
        assert!(read <= 20_001, "{filter:?} read {read} rows");
        tx.commit().await.unwrap();
    }
}

/// Rows and index entries of the tasks that this connection has read in this
/// transaction.
async fn all_reads(conn: &mut PgConnection) -> i64 {
    sqlx::query_scalar(
        "select pg_stat_get_xact_tuples_returned('tasks'::regclass)
              + (select sum(pg_stat_get_xact_tuples_returned(indexrelid))::bigint
                 from pg_index where indrelid = 'tasks'::regclass)",
    )
    .fetch_one(conn)
    .await
    .unwrap()
}
