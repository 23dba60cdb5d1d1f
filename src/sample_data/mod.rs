//! A board to try things on: companies, jobs, job seekers and what they did
//! lately. The same on every machine; dates count back from the moment of loading.

mod accounts;
mod ads;
mod companies;
mod db;
mod history;
mod levels;
mod people;
mod professions;
mod random;
mod rows;
mod texts;

use std::{io, time::Duration};

use jobboard_shared::{queue, recommendations, search};
use sqlx::{PgConnection, PgPool};

pub use accounts::{Accounts, create_logins, ensure_accounts};

const COMPANIES: usize = 300;
const EMPLOYERS: usize = 240;
const JOBS: usize = 3_000;
const FREELANCERS: usize = 1_000;

/// What is being written, and how much of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    pub what: &'static str,
    pub rows: usize,
}

/// What a load wrote; all zero when the board was loaded before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    pub companies: usize,
    pub jobs: usize,
    pub freelancers: usize,
    pub views: usize,
    pub saves: usize,
    pub applications: usize,
}

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Database(#[from] sqlx::Error),
    #[error("the texts of the sample data are broken: {0}")]
    Texts(#[from] io::Error),
    #[error("the account {0} exists with another role")]
    Account(String),
}

/// Whether nobody decided yet what this board begins with. [`load`] and
/// [`create_logins`] decide it for ever.
pub async fn is_first_start(conn: &mut PgConnection) -> Result<bool, Error> {
    Ok(db::is_first_start(conn).await?)
}

/// Loads everything or nothing, once: a second call changes nothing. Search
/// documents and recommendations follow as tasks. `half_life` is that of the
/// trending scores.
pub async fn load(
    db: &PgPool,
    accounts: &Accounts,
    half_life: Duration,
    progress: impl Fn(Step),
) -> Result<Summary, Error> {
    let mut tx = db.begin().await?;
    db::lock(&mut tx).await?;
    if db::is_loaded(&mut tx).await? {
        return Ok(Summary::default());
    }
    db::record_first_start(&mut tx).await?;
    let ids = ensure_accounts(&mut tx, accounts).await?;
    let now = db::now(&mut tx).await?;
    // Half a second of composing must not hold up the runtime's other work.
    let hash = accounts.password_hash.clone();
    let rows = tokio::task::spawn_blocking(move || compose(ids, &hash, now))
        .await
        .map_err(io::Error::other)??;

    let told = |what, rows| progress(Step { what, rows });
    told("companies", rows.companies.len());
    db::insert_employers(&mut tx, &rows).await?;
    db::insert_companies(&mut tx, &rows).await?;
    told("jobs", rows.jobs.len());
    db::insert_jobs(&mut tx, &rows).await?;
    told("freelancers", FREELANCERS);
    db::insert_freelancers(&mut tx, &rows).await?;
    let events = rows.views.len() + rows.saves.len() + rows.applications.len();
    told("views, saves and applications", events);
    db::insert_history(&mut tx, &rows).await?;
    db::insert_trending(&mut tx, half_life).await?;
    search::tasks::enqueue_refresh(&mut tx, &rows.live_jobs).await?;
    queue::enqueue(&mut tx, &recommendations::tasks::Plan::default()).await?;
    tx.commit().await?;
    db::analyze(db).await?;
    Ok(Summary {
        companies: rows.companies.len(),
        jobs: rows.jobs.len(),
        freelancers: FREELANCERS,
        views: rows.views.len(),
        saves: rows.saves.len(),
        applications: rows.applications.len(),
    })
}

fn compose(
    accounts: accounts::AccountIds,
    password_hash: &str,
    now: chrono::DateTime<chrono::Utc>,
) -> Result<rows::Rows, Error> {
    let professions = professions::read()?;
    let companies = companies::generate(COMPANIES, EMPLOYERS);
    let ads = ads::AdWriter::new(&companies, &professions, now).write(JOBS);
    let people = people::generate(FREELANCERS, &companies, &professions, now);
    let board = history::Board {
        companies: &companies,
        professions: &professions,
        ads: &ads,
        people: &people,
        now,
    };
    Ok(rows::Rows::of(
        &board,
        &board.history(),
        accounts,
        password_hash,
    ))
}
