//! SQL of telling what has matched.

use std::time::Duration;

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::{Result, alerts::Frequency, mail::Template};

/// Says when the alerts are told that have something to tell: those that do not know
/// it yet or, where they were changed, `anew`. In the order of their ids, so that two
/// such calls cannot wait for each other.
pub(in crate::alerts) async fn schedule(
    conn: &mut PgConnection,
    alert_ids: &[Uuid],
    anew: bool,
) -> Result<()> {
    if alert_ids.is_empty() {
        return Ok(());
    }
    sqlx::query!(
        "update job_alerts a
         set next_delivery_at = next_alert_delivery(
                 a.frequency, a.time_zone, a.local_hour, a.weekday, (select app_now()))
         where a.id in (
                 select id from job_alerts
                 where id = any($1) and not is_paused and (next_delivery_at is null or $2)
                 order by id for no key update)
           and exists (select from alert_matches m where m.alert_id = a.id and m.delivery_id is null)",
        alert_ids,
        anew,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// In which shards there is something to be told now.
pub(in crate::alerts) async fn due_shards(conn: &mut PgConnection) -> Result<Vec<i16>> {
    // Looked up one by one: due rows may be very many, shards are 256.
    let shards = sqlx::query_scalar!(
        r#"select shard::smallint as "shard!" from generate_series(0, 255) shard
           where exists (
               select from job_alerts a
               where a.shard = shard.shard and a.next_delivery_at <= (select app_now()))"#
    )
    .fetch_all(conn)
    .await?;
    Ok(shards)
}

/// The next accounts of a shard, in the order of their ids, that are to be told
/// something now.
pub async fn due_accounts(
    conn: &mut PgConnection,
    shard: i16,
    after: Option<Uuid>,
    most: i64,
) -> Result<Vec<Uuid>> {
    let accounts = sqlx::query_scalar!(
        "select distinct user_id from job_alerts
         where shard = $1 and next_delivery_at <= (select app_now())
           and ($2::uuid is null or user_id > $2)
         order by user_id limit $3",
        shard,
        after,
        most,
    )
    .fetch_all(conn)
    .await?;
    Ok(accounts)
}

/// The alerts of an account that are due, locked against those that are just matching
/// something with them: what these find comes before or after, and is never left out.
pub(in crate::alerts) async fn lock_due(
    conn: &mut PgConnection,
    user_id: Uuid,
) -> Result<Vec<(Uuid, Frequency)>> {
    let rows = sqlx::query!(
        r#"select id, frequency as "frequency: Frequency" from job_alerts
           where user_id = $1 and next_delivery_at <= (select app_now())
           order by id for update"#,
        user_id,
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.id, row.frequency))
        .collect())
}

/// When the account may have another mail about alerts, if it has had `most` of them
/// within a day.
pub(in crate::alerts) async fn put_off_until(
    conn: &mut PgConnection,
    user_id: Uuid,
    most: u32,
) -> Result<Option<DateTime<Utc>>> {
    let templates = [Template::JobAlert, Template::JobDigest].map(|one| one.name().to_owned());
    let free_at = sqlx::query_scalar!(
        r#"select created_at + interval '24 hours' as "free_at!" from email_outbox
           where user_id = $1 and template = any($2)
             and created_at > (select app_now()) - interval '24 hours'
           order by created_at desc offset $3::bigint - 1 limit 1"#,
        user_id,
        &templates[..],
        i64::from(most),
    )
    .fetch_optional(conn)
    .await?;
    Ok(free_at)
}

pub(in crate::alerts) async fn set_next(
    conn: &mut PgConnection,
    alert_ids: &[Uuid],
    at: Option<DateTime<Utc>>,
) -> Result<()> {
    sqlx::query!(
        "update job_alerts set next_delivery_at = $2 where id = any($1)",
        alert_ids,
        at,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Takes all that waits of the alerts into one delivery. Gives it if there is a job
/// among them that is still open.
pub(in crate::alerts) async fn take(
    conn: &mut PgConnection,
    user_id: Uuid,
    alert_ids: &[Uuid],
) -> Result<Option<Uuid>> {
    let delivery = sqlx::query_scalar!(
        "insert into alert_deliveries (user_id) values ($1) returning id",
        user_id
    )
    .fetch_one(&mut *conn)
    .await?;
    let has_open = sqlx::query_scalar!(
        r#"with taken as (
               update alert_matches set delivery_id = $1
               where alert_id = any($2) and delivery_id is null
               returning job_id)
           select exists (
               select from taken join jobs j on j.id = taken.job_id
               where is_live(j, (select app_now()))) as "has_open!""#,
        delivery,
        alert_ids,
    )
    .fetch_one(conn)
    .await?;
    Ok(has_open.then_some(delivery))
}

/// Forgets deliveries of so long ago with their matches, at most `most`; gives how many.
/// Their jobs are told no more: only a document that is new is matched.
pub async fn forget_old(conn: &mut PgConnection, age: Duration, most: i64) -> Result<u64> {
    let forgotten = sqlx::query!(
        "delete from alert_deliveries where id in (
             select id from alert_deliveries
             where created_at < (select app_now()) - make_interval(secs => $1)
             order by created_at limit $2)",
        age.as_secs_f64(),
        most,
    )
    .execute(conn)
    .await?;
    Ok(forgotten.rows_affected())
}

/// One line of a mail: a job, or several postings of the same.
#[derive(Clone, Debug)]
pub(in crate::alerts) struct Line {
    pub(in crate::alerts) alert_id: Uuid,
    pub(in crate::alerts) alert_name: String,
    /// The newest posting.
    pub(in crate::alerts) job_id: Uuid,
    pub(in crate::alerts) title: String,
    pub(in crate::alerts) company_name: String,
    pub(in crate::alerts) location: String,
    pub(in crate::alerts) postings: i64,
    /// Lines of the alert, those that are not given with them.
    pub(in crate::alerts) of_alert: i64,
}

/// What a delivery has to tell: open jobs, each with the oldest alert that it matched and
/// that is not paused by now; of each alert the newest `most` lines.
pub(in crate::alerts) async fn lines(
    conn: &mut PgConnection,
    delivery_id: Uuid,
    most: i64,
) -> Result<Vec<Line>> {
    let lines = sqlx::query_as!(
        Line,
        r#"with jobs_once as (
               select distinct on (j.id) a.id as alert_id, a.name as alert_name,
                      a.created_at as alert_at, j.id as job_id, j.title, j.location, j.company_id,
                      j.published_at,
                      lower(regexp_replace(btrim(j.title), '\s+', ' ', 'g')) as same_title
               from alert_matches m
               join job_alerts a on a.id = m.alert_id
               join jobs j on j.id = m.job_id
               where m.delivery_id = $1 and not a.is_paused and is_live(j, (select app_now()))
               order by j.id, a.created_at, a.id
           ),
           grouped as (
               select *, count(*) over same as postings,
                      row_number() over (partition by alert_id, company_id, same_title
                                         order by published_at desc, job_id) as of_group
               from jobs_once
               window same as (partition by alert_id, company_id, same_title)
           ),
           numbered as (
               select *, row_number() over (partition by alert_id order by published_at desc, job_id) as line,
                      count(*) over (partition by alert_id) as of_alert
               from grouped where of_group = 1
           )
           select n.alert_id as "alert_id!", n.alert_name as "alert_name!", n.job_id as "job_id!",
                  n.title as "title!", c.name as company_name, n.location as "location!",
                  n.postings as "postings!", n.of_alert as "of_alert!"
           from numbered n join companies c on c.id = n.company_id
           where n.line <= $2
           order by n.alert_at, n.alert_id, n.line"#,
        delivery_id,
        most,
    )
    .fetch_all(conn)
    .await?;
    Ok(lines)
}
