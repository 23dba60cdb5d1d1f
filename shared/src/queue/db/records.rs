use std::time::Duration;

use sqlx::PgConnection;

/// Makes the daily partitions of `finished_tasks` up to so many days ahead.
pub async fn make_partitions(conn: &mut PgConnection, days: i32) -> Result<i32, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select create_finished_task_partitions($1) as "made!""#,
        days
    )
    .fetch_one(conn)
    .await
}

/// What [`drop_old_records`] dropped.
#[derive(Clone, Copy, Debug)]
pub struct DroppedRecords {
    pub partitions: i32,
    pub dead: u64,
}

/// Forgets finished and dead tasks by age, at most 10,000 dead ones at once.
pub async fn drop_old_records(
    conn: &mut PgConnection,
    finished: Duration,
    dead: Duration,
) -> Result<DroppedRecords, sqlx::Error> {
    let partitions = sqlx::query_scalar!(
        r#"select drop_finished_task_partitions(make_interval(secs => $1)) as "dropped!""#,
        finished.as_secs_f64(),
    )
    .fetch_one(&mut *conn)
    .await?;
    let dead = sqlx::query!(
        "delete from dead_tasks where id in (
            select id from dead_tasks
            where died_at < (select app_now()) - make_interval(secs => $1)
            order by died_at limit 10000)",
        dead.as_secs_f64(),
    )
    .execute(conn)
    .await?;
    Ok(DroppedRecords {
        partitions,
        dead: dead.rows_affected(),
    })
}

/// Tasks that run or are due to run.
pub async fn open_tasks(conn: &mut PgConnection) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select count(*) as "count!" from tasks
           where lease_until is not null or run_at <= app_now()"#
    )
    .fetch_one(conn)
    .await
}
