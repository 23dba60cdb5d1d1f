//! Accounts with a daily alert each, and jobs that they match.

use std::collections::BTreeSet;

use jobboard_shared::{
    Clock,
    alerts::{self, AlertContent, Frequency},
    search::{Search, tasks::enqueue_refresh},
};
use sqlx::PgPool;
use uuid::Uuid;

use crate::{Result, fleet};

const JOBS: i32 = 5;

/// The addresses of the accounts, whose digest is due from now on.
pub(super) async fn set_up(db: &PgPool, url: &str, users: u32) -> Result<BTreeSet<String>> {
    let accounts: Vec<(Uuid, String)> = sqlx::query_as(
        "insert into users (email, password_hash, role, account_type)
         select 'seeker' || n || '@example.invalid', '', 'freelancer', 'freelancer'
         from generate_series(1, $1) n
         returning id, email::text",
    )
    .bind(i32::try_from(users)?)
    .fetch_all(db)
    .await?;
    let (first, _) = accounts.first().ok_or("no account")?;
    save_alerts(db, *first).await?;
    let jobs: Vec<Uuid> = sqlx::query_scalar(
        "with company as (insert into companies (name, slug) values ('Acme', 'acme') returning id)
         insert into jobs (company_id, title, description, status, published_at)
         select company.id, 'Painter ' || n, 'Paints.', 'published', app_now()
         from company, generate_series(1, $1) n returning id",
    )
    .bind(JOBS)
    .fetch_all(db)
    .await?;
    let mut conn = db.acquire().await?;
    enqueue_refresh(&mut conn, &jobs).await?;
    drop(conn);
    let worker = fleet::context(url, "search", 1, 2, |_| {}).await?;
    let drained = jobboard_worker::drain(&worker).await?;
    if !drained.failures.is_empty() {
        return Err(format!("{:?}", drained.failures).into());
    }
    sqlx::raw_sql("vacuum analyze").execute(db).await?;
    sqlx::raw_sql("update app_clock set shift = shift + interval '1 day'")
        .execute(db)
        .await?;
    Ok(accounts.into_iter().map(|(_, email)| email).collect())
}

/// One for an account, and the same for all others.
async fn save_alerts(db: &PgPool, first: Uuid) -> Result<()> {
    let content = AlertContent {
        name: "Painting".to_owned(),
        search: Search {
            text: "painter".to_owned(),
            ..Search::default()
        },
        frequency: Frequency::Daily,
        time_zone: "Europe/Berlin".to_owned(),
        local_hour: 8,
        weekday: 1,
        is_paused: false,
    };
    let now = Clock::synchronized(db).await?.now();
    let mut tx = db.begin().await?;
    let alert = alerts::create(&mut tx, now, first, &content).await?;
    sqlx::query(
        "with copies as (
             insert into job_alerts (user_id, name, search, frequency, time_zone, local_hour, weekday)
             select u.id, a.name, a.search, a.frequency, a.time_zone, a.local_hour, a.weekday
             from job_alerts a, users u where a.id = $1 and u.id <> a.user_id returning id),
         searches as (
             insert into alert_searches
             select c.id, reading, asked, pays_at_least, starts_at_most, or_unknown,
                    near_lats, near_lons, near_km, near_areas, large_asked
             from alert_searches, copies c where alert_id = $1 returning alert_id)
         insert into alert_keys select key, s.alert_id
         from alert_keys k, searches s where k.alert_id = $1",
    )
    .bind(alert.id)
    .execute(&mut *tx)
    .await?;
    Ok(tx.commit().await?)
}
