//! A large board: live jobs of real ads mixed, and people who viewed some of them.

use std::path::Path;

use jobboard_shared::database;
use rand::{Rng, SeedableRng, rngs::StdRng};
use sqlx::PgPool;
use uuid::Uuid;

use super::Options;
use crate::{
    Result,
    search::ads::{self, Vocabulary},
};

/// Rows in one statement.
const BATCH: usize = 500;
const VIEWS_PER_USER: usize = 5;
const SKILLS_PER_USER: usize = 3;
/// Jobs are so old at most.
const DAYS: f64 = 60.0;

pub(super) async fn fill(db: &PgPool, data: &Path, options: &Options) -> Result<()> {
    database::migrate(db).await?;
    let vocabulary = Vocabulary::read(data)?;
    let mut conn = db.acquire().await?;
    ads::insert_names(&mut conn, &vocabulary, options.jobs).await?;
    drop(conn);
    let mut jobs = Vec::with_capacity(options.jobs);
    let all: Vec<_> = ads::ads(&vocabulary, options.seed, options.jobs, DAYS).collect();
    for batch in all.chunks(BATCH) {
        jobs.extend(ads::insert(db, &vocabulary, batch).await?);
    }
    let mut random = StdRng::seed_from_u64(options.seed);
    let mut left = options.users;
    while left > 0 {
        let count = left.min(BATCH);
        people(db, &vocabulary, &jobs, count, &mut random).await?;
        left -= count;
    }
    sqlx::raw_sql("vacuum analyze").execute(db).await?;
    Ok(())
}

/// People with a profile, skills and views of the last month.
async fn people(
    db: &PgPool,
    vocabulary: &Vocabulary,
    jobs: &[Uuid],
    count: usize,
    random: &mut StdRng,
) -> Result<()> {
    let ids: Vec<Uuid> = (0..count).map(|_| Uuid::now_v7()).collect();
    let titles: Vec<String> = ids.iter().map(|_| vocabulary.title(random)).collect();
    let bios: Vec<String> = ids.iter().map(|_| vocabulary.text(random, 30)).collect();
    let places: Vec<String> = ids.iter().map(|_| vocabulary.location(random)).collect();
    let mut tx = db.begin().await?;
    sqlx::query(
        "with accounts as (
             insert into users (id, email, password_hash, role, account_type, last_login)
             select id, id || '@example.invalid', '-', 'freelancer', 'freelancer', app_now()
             from unnest($1::uuid[]) id)
         insert into freelancer_profiles (user_id, title, bio, location)
         select * from unnest($1::uuid[], $2::text[], $3::text[], $4::text[])",
    )
    .bind(&ids)
    .bind(titles)
    .bind(bios)
    .bind(places)
    .execute(&mut *tx)
    .await?;
    let of_each = |of_one: usize| -> Vec<Uuid> {
        ids.iter()
            .flat_map(|id| std::iter::repeat_n(*id, of_one))
            .collect()
    };
    let skilled = of_each(SKILLS_PER_USER);
    let skills: Vec<String> = skilled.iter().map(|_| vocabulary.skill(random)).collect();
    sqlx::query(
        "insert into user_skills (freelancer_profile_id, skill_id)
         select p.id, s.id from unnest($1::uuid[], $2::text[]) w (user_id, name)
         join freelancer_profiles p using (user_id) join skills s on s.name = w.name
         on conflict do nothing",
    )
    .bind(skilled)
    .bind(skills)
    .execute(&mut *tx)
    .await?;
    let viewers = of_each(VIEWS_PER_USER);
    let viewed: Vec<Uuid> = viewers
        .iter()
        .map(|_| jobs[ads::zipf(random, jobs.len())])
        .collect();
    let ages: Vec<f64> = viewers
        .iter()
        .map(|_| random.random_range(0.0..30.0 * 86_400.0))
        .collect();
    sqlx::query(
        "insert into job_views (user_id, job_id, duration_seconds, viewed_at)
         select user_id, job_id, 30, app_now() - make_interval(secs => age)
         from unnest($1::uuid[], $2::uuid[], $3::float8[]) w (user_id, job_id, age)",
    )
    .bind(viewers)
    .bind(viewed)
    .bind(ages)
    .execute(&mut *tx)
    .await?;
    Ok(tx.commit().await?)
}
