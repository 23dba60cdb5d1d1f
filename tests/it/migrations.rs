//! Migrating a database that others use, of this release and of others.

use std::time::{Duration, Instant};

use jobboard_shared::{
    database::{LockPatience, MigrationError, migrate, migrate_with},
    queue::{Task, enqueue},
};
use serde::{Deserialize, Serialize};
use sqlx::{
    AssertSqlSafe, Connection, PgConnection, SqlSafeStr,
    migrate::{Migration, MigrationType, Migrator},
};

use crate::support::{TestDatabase, until};

const NEWER: i64 = 99_990_101_000_000;
const OLDER_AND_UNKNOWN: i64 = 20_200_101_000_000;

const QUICK: LockPatience = LockPatience {
    wait: Duration::from_millis(300),
    attempts: 3,
    pause: Duration::from_millis(300),
};

/// This release's migrations and one more.
fn with(sql: &'static str) -> Migrator {
    let mut all: Vec<_> = jobboard_shared::database::MIGRATOR
        .iter()
        .cloned()
        .collect();
    let sql = AssertSqlSafe(sql).into_sql_str();
    all.push(Migration::new(
        NEWER,
        "newer".into(),
        MigrationType::Simple,
        sql,
        false,
    ));
    Migrator::with_migrations(all)
}

#[derive(Serialize, Deserialize)]
struct Small {}

impl Task for Small {
    const KIND: &'static str = "test.small";
    const QUEUE: &'static str = "default";
}

async fn run(db: &TestDatabase, sql: impl Into<String>) {
    sqlx::raw_sql(AssertSqlSafe(sql.into()))
        .execute(&db.pool)
        .await
        .unwrap();
}

async fn count(db: &TestDatabase, sql: &'static str) -> i64 {
    sqlx::query_scalar(sql).fetch_one(&db.pool).await.unwrap()
}

async fn claim_was_applied(db: &TestDatabase, version: i64) {
    run(
        db,
        format!(
            "insert into _sqlx_migrations (version, description, success, checksum, execution_time)
             values ({version}, 'of another release', true, '\\x00', 1)"
        ),
    )
    .await;
}

#[tokio::test]
async fn a_program_starts_on_a_schema_that_is_newer_than_itself() {
    let db = TestDatabase::create().await;
    claim_was_applied(&db, NEWER).await;
    migrate(&db.pool).await.unwrap();
}

#[tokio::test]
async fn what_a_program_should_know_and_does_not_keeps_it_from_starting() {
    let db = TestDatabase::create().await;
    claim_was_applied(&db, OLDER_AND_UNKNOWN).await;
    let error = migrate(&db.pool).await.unwrap_err();
    assert!(
        matches!(
            error,
            MigrationError::Unknown {
                unknown: OLDER_AND_UNKNOWN,
                ..
            }
        ),
        "{error}"
    );
    let text = error.to_string();
    assert!(text.contains(&OLDER_AND_UNKNOWN.to_string()), "{text}");
}

#[tokio::test]
async fn a_migration_that_was_changed_keeps_every_program_from_starting() {
    let db = TestDatabase::create().await;
    claim_was_applied(&db, NEWER).await;
    run(
        &db,
        "update _sqlx_migrations set checksum = '\\x00'
         where version = (select min(version) from _sqlx_migrations)",
    )
    .await;
    let error = migrate(&db.pool).await.unwrap_err();
    assert!(matches!(error, MigrationError::Changed(_)), "{error}");
}

const LOCKS: &str = "select count(*) from pg_locks
    where locktype = 'advisory'
      and database = (select oid from pg_database where datname = current_database())";

#[tokio::test]
async fn a_failed_run_leaves_no_lock_behind() {
    let db = TestDatabase::create().await;
    let options = db.pool.connect_options();
    let wrong = with("create table half (); select 1 / 0");
    let error = migrate_with(&options, &wrong, QUICK).await.unwrap_err();
    assert!(error.to_string().contains("division by zero"), "{error}");
    let half = count(&db, "select count(*) from pg_class where relname = 'half'").await;
    assert_eq!(half, 0);

    run(&db, "update _sqlx_migrations set checksum = '\\x00'").await;
    migrate(&db.pool).await.unwrap_err();
    // The server hears of the end of a connection a moment later.
    until("nothing is locked", async || count(&db, LOCKS).await == 0).await;
}

#[tokio::test]
async fn of_two_at_once_one_migrates_and_the_other_waits() {
    let db = TestDatabase::create().await;
    let options = db.pool.connect_options();
    // Longer than one wait for the turn.
    let slow = with("select pg_sleep(1.5); create table once ()");
    let (one, other) = tokio::join!(
        migrate_with(&options, &slow, QUICK),
        migrate_with(&options, &slow, QUICK),
    );
    one.unwrap();
    other.unwrap();
    let once = count(&db, "select count(*) from pg_class where relname = 'once'").await;
    assert_eq!(once, 1);
}

/// A transaction that has read the tasks and stays open.
async fn reader(db: &TestDatabase) -> PgConnection {
    let mut reader = PgConnection::connect(&db.url).await.unwrap();
    sqlx::raw_sql("begin; select count(*) from tasks")
        .execute(&mut reader)
        .await
        .unwrap();
    reader
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_migration_that_waits_for_its_lock_lets_enqueues_through() {
    let db = TestDatabase::create().await;
    let reader = reader(&db).await;
    let options = db.pool.connect_options();
    let widen = with("alter table tasks add column note text");
    let patience = LockPatience {
        attempts: 100,
        ..QUICK
    };
    let migrating = tokio::spawn(async move { migrate_with(&options, &widen, patience).await });
    let mut conn = PgConnection::connect(&db.url).await.unwrap();
    sqlx::raw_sql("set statement_timeout = '3s'")
        .execute(&mut conn)
        .await
        .unwrap();
    let mut waited = 0;
    let begun = Instant::now();
    // Through several attempts of the migration.
    while waited < 3 {
        let (asked, began) = (begun.elapsed(), Instant::now());
        enqueue(&mut conn, &Small {}).await.unwrap();
        waited += i32::from(began.elapsed() > QUICK.wait / 10);
        assert!(
            asked < Duration::from_secs(60),
            "the migration never stood in the way"
        );
        assert!(!migrating.is_finished());
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    reader.close().await.unwrap();
    migrating.await.unwrap().unwrap();
    enqueue(&mut conn, &Small {}).await.unwrap();
    assert_eq!(count(&db, "select count(note) from tasks").await, 0);
}

#[tokio::test]
async fn a_migration_that_never_gets_its_lock_gives_up_and_says_so() {
    let db = TestDatabase::create().await;
    let reader = reader(&db).await;
    let options = db.pool.connect_options();
    let widen = with("alter table tasks add column note text");
    let error = migrate_with(&options, &widen, QUICK).await.unwrap_err();
    assert!(
        matches!(
            error,
            MigrationError::Locked {
                version: NEWER,
                attempts: 3
            }
        ),
        "{error}"
    );
    reader.close().await.unwrap();
    migrate_with(&options, &widen, QUICK).await.unwrap();
}
