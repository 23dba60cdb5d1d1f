//! Searches as people save them, drawn from what real ads say.

use jobboard_shared::{
    Clock,
    alerts::{self, AlertContent, Frequency},
    jobs::{JobType, Workplace},
    search::Search,
};
use rand::{Rng, SeedableRng, rngs::StdRng, seq::IndexedRandom};
use sqlx::PgPool;
use uuid::Uuid;

use super::{
    Options,
    board::{Ad, NEW_WORD},
};
use crate::Result;

/// A search and the alerts that have it.
pub(super) struct Saved {
    pub(super) search: Search,
    /// To match the new job.
    pub(super) is_made: bool,
    pub(super) ids: Vec<Uuid>,
}

pub(super) fn draw(ads: &[Ad], options: &Options) -> Vec<Search> {
    let mut random = StdRng::seed_from_u64(options.seed);
    (0..options.different)
        .map(|number| {
            if number < made(options) {
                return Search {
                    text: format!("{NEW_WORD} -unpaid{number}"),
                    ..Search::default()
                };
            }
            let ad = ads.choose(&mut random);
            let (title, location) = ad.map_or(("", ""), |ad| (&ad.title, &ad.location));
            let words: Vec<_> = title
                .split(|c: char| !c.is_alphanumeric())
                .filter(|word| word.len() > 2)
                .collect();
            let count = random.random_range(2..4);
            let mut text: Vec<&str> = words.choose_multiple(&mut random, count).copied().collect();
            if text.is_empty() {
                text.push("engineer");
            }
            Search {
                text: match random.random_range(0..10) {
                    0 if words.len() > 1 => format!("\"{} {}\"", words[0], words[1]),
                    1 => format!("{} -intern", text.join(" ")),
                    _ => text.join(" "),
                },
                location: (random.random_bool(0.3) && location.contains(char::is_alphanumeric))
                    .then(|| location.to_owned()),
                job_types: match random.random_range(0..4) {
                    0 => vec![JobType::FullTime],
                    1 => vec![JobType::Contract],
                    _ => vec![],
                },
                workplaces: match random.random_range(0..5) {
                    0 => vec![Workplace::Remote],
                    1 => vec![Workplace::OnSite, Workplace::Hybrid],
                    _ => vec![],
                },
                ..Search::default()
            }
        })
        .collect()
}

/// The first so many are made to match the new job.
fn made(options: &Options) -> usize {
    options.matching * options.different / options.alerts
}

/// Saves the searches, and repeats them until there are as many as wanted.
pub(super) async fn save(
    db: &PgPool,
    clock: &Clock,
    searches: Vec<Search>,
    options: &Options,
) -> Result<Vec<Saved>> {
    sqlx::raw_sql(
        "insert into system_settings (key, value) values ('max_alerts', '1000');
         insert into users (email, password_hash, role, account_type)
             select 'seeker' || n || '@example.invalid', '', 'freelancer', 'freelancer'
             from generate_series(1, 1000) n",
    )
    .execute(db)
    .await?;
    let users: Vec<Uuid> = sqlx::query_scalar("select id from users order by id")
        .fetch_all(db)
        .await?;
    let mut all = Vec::new();
    for (number, search) in searches.into_iter().enumerate() {
        let content = AlertContent {
            name: number.to_string(),
            search: search.clone(),
            frequency: Frequency::Instant,
            time_zone: "UTC".to_owned(),
            local_hour: 8,
            weekday: 1,
            is_paused: false,
        };
        let mut tx = db.begin().await?;
        let user = users[number % users.len()];
        let alert = alerts::create(&mut tx, clock.now(), user, &content).await?;
        tx.commit().await?;
        let mut ids: Vec<Uuid> = sqlx::query_scalar(
            "with copies as (
                 insert into job_alerts (user_id, name, search, frequency, time_zone, local_hour, weekday)
                 select user_id, name, search, frequency, time_zone, local_hour, weekday
                 from job_alerts, generate_series(2, $2) where id = $1 returning id),
             searches as (
                 insert into alert_searches
                 select c.id, reading, asked, pays_at_least, starts_at_most, or_unknown,
                        near_lats, near_lons, near_km, near_areas, large_asked
                 from alert_searches, copies c where alert_id = $1 returning alert_id),
             keys as (
                 insert into alert_keys select key, s.alert_id
                 from alert_keys k, searches s where k.alert_id = $1)
             select id from copies",
        )
        .bind(alert.id)
        .bind(i32::try_from(options.alerts / options.different)?)
        .fetch_all(db)
        .await?;
        ids.push(alert.id);
        all.push(Saved {
            search,
            is_made: number < made(options),
            ids,
        });
    }
    Ok(all)
}

/// Deletes all others.
pub(super) async fn keep(db: &PgPool, saved: &[Saved]) -> Result<()> {
    let ids: Vec<Uuid> = saved.iter().flat_map(|saved| saved.ids.clone()).collect();
    sqlx::query("delete from job_alerts where id <> all($1)")
        .bind(ids)
        .execute(db)
        .await?;
    Ok(())
}
