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

/// Forgets the finished tasks of days that ended so long ago; gives how many days.
/// Fails with a lock timeout while somebody reads the whole table: to be tried
/// again.
pub async fn drop_old_partitions(
    conn: &mut PgConnection,
    age: Duration,
) -> Result<i32, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select drop_finished_task_partitions(make_interval(secs => $1)) as "dropped!""#,
        age.as_secs_f64(),
    )
    .fetch_one(conn)
    .await
}

/// Forgets tasks that have been dead for so long, at most 10,000 at once; gives how
/// many.
pub async fn drop_old_dead(conn: &mut PgConnection, age: Duration) -> Result<u64, sqlx::Error> {
    let dropped = sqlx::query!(
        "delete from dead_tasks where id in (
            select id from dead_tasks
            where died_at < (select app_now()) - make_interval(secs => $1)
            order by died_at limit 10000)",
        age.as_secs_f64(),
    )
    .execute(conn)
    .await?;
    Ok(dropped.rows_affected())
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
