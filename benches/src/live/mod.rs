//! News on live connections: how soon it comes from one API process to the clients of
//! another, and what a connection costs that waits.

mod line;
mod redis;

use std::time::{Duration, Instant};

use clap::Args;
use futures::{StreamExt, stream};
use jobboard_shared::{
    auth::TokenSigner,
    database,
    live::{Ticket, db},
    users::Role,
};
use reqwest::Client;
use secrecy::SecretString;
use serde_json::json;
use sqlx::PgPool;
use uuid::Uuid;

use self::{line::Line, redis::Redis};
use crate::{
    Result,
    postgres::Postgres,
    processes::memory,
    replica::{Replica, SECRET},
};

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Changes of status that are timed.
    #[arg(long, default_value_t = 2000)]
    changes: usize,
    /// Connections that wait.
    #[arg(long, default_value_t = 10_000)]
    idle: usize,
    /// Without Redis, by Postgres alone.
    #[arg(long)]
    without_redis: bool,
}

/// Of one account at most, in the measurement.
const PER_ACCOUNT: usize = 10;
const LATENCY_BAR: Duration = Duration::from_millis(250);
const MEMORY_BAR_KIB: f64 = 20.0;
/// Of an application: from pending to offered.
const STEPS: [&str; 4] = ["reviewing", "shortlisted", "interviewing", "offered"];

pub(crate) async fn measure(options: Options) -> Result<()> {
    let postgres = Postgres::start().await?;
    let url = postgres.database("live").await?;
    let db = database::connect(&SecretString::from(url.clone()), 8).await?;
    database::migrate(&db).await?;
    let redis = match options.without_redis {
        true => None,
        false => Some(Redis::start().await?),
    };
    let redis_url = redis.as_ref().map(Redis::url);
    let per_account = PER_ACCOUNT.to_string();
    let mut variables = vec![
        ("JOBBOARD_LIVE_HEARTBEAT", "10s"),
        ("JOBBOARD_LIVE_PER_ACCOUNT", per_account.as_str()),
    ];
    variables.extend(redis_url.as_deref().map(|url| ("REDIS_URL", url)));
    let one = Replica::start(&url, &variables).await?;
    let two = Replica::start(&url, &variables).await?;
    let with = if redis.is_some() { "with" } else { "without" };
    println!("two API processes {with} Redis; a change at one, its client at the other");
    println!("| waiting connections | changes | p50 | p99 | longest |\n|---|---|---|---|---|");
    let quiet = latency(&options, &db, &one, &two, 0).await?;

    let before = memory(two.pid())?;
    let waiting = wait_for_news(&db, &two, options.idle).await?;
    // Two heartbeats: whoever answers has its buffers by then.
    tokio::time::sleep(Duration::from_secs(25)).await;
    let after = memory(two.pid())?;
    let alive = waiting.iter().filter(|line| line.is_open()).count();
    let loaded = latency(&options, &db, &one, &two, alive).await?;
    let each = (after - before) * 1024.0 / alive.max(1) as f64;
    println!();
    println!(
        "{alive} of {} waiting connections open: {before:.1} MiB before, {after:.1} MiB with them, \
         {each:.1} KiB each",
        options.idle
    );
    drop(waiting);
    drop((one, two, redis));
    db.close().await;
    postgres.stop().await?;
    if quiet.max(loaded) > LATENCY_BAR || each > MEMORY_BAR_KIB || alive < options.idle {
        return Err("a bar is missed".into());
    }
    Ok(())
}

/// Prints how long changes took to arrive; gives the p99.
async fn latency(
    options: &Options,
    db: &PgPool,
    one: &Replica,
    two: &Replica,
    waiting: usize,
) -> Result<Duration> {
    let employer = account(db, "employer").await?;
    let freelancer = account(db, "freelancer").await?;
    let applications = apply(db, &employer, &freelancer, options.changes.div_ceil(4)).await?;
    let mut line = Line::open(&two.base, &ticket(db, freelancer.session_id).await?).await?;
    line.event().await?;
    let client = Client::new();
    let token = employer.token();
    let mut times = Vec::with_capacity(options.changes);
    for (application, status) in applications
        .iter()
        .flat_map(|id| STEPS.map(|status| (id, status)))
        .take(options.changes)
    {
        let address = format!(
            "{}/api/employers/applications/{application}/status/",
            one.base
        );
        let request = client.patch(address).bearer_auth(&token);
        let begun = Instant::now();
        // The event may be there before the answer is.
        let (answer, event) = tokio::join!(
            request.json(&json!({"status": status})).send(),
            line.event()
        );
        times.push(event?.1 - begun);
        answer?.error_for_status()?;
    }
    times.sort_unstable();
    let part = |share: f64| times[((times.len() - 1) as f64 * share) as usize];
    let p99 = part(0.99);
    println!(
        "| {waiting} | {} | {:.1} ms | {:.1} ms | {:.1} ms |",
        times.len(),
        millis(part(0.5)),
        millis(p99),
        millis(part(1.0)),
    );
    Ok(p99)
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

/// So many connections, of as many accounts as it takes.
async fn wait_for_news(db: &PgPool, replica: &Replica, number: usize) -> Result<Vec<Line>> {
    let mut tickets = Vec::with_capacity(number);
    while tickets.len() < number {
        let owner = account(db, "freelancer").await?;
        for _ in 0..PER_ACCOUNT.min(number - tickets.len()) {
            tickets.push(ticket(db, owner.session_id).await?);
        }
    }
    let base = &replica.base;
    let opening = stream::iter(tickets)
        .map(|ticket| async move { Line::wait(base, &ticket).await })
        .buffer_unordered(50);
    opening
        .collect::<Vec<Result<Line>>>()
        .await
        .into_iter()
        .collect()
}

struct Owner {
    user_id: Uuid,
    session_id: Uuid,
    role: Role,
}

impl Owner {
    fn token(&self) -> String {
        let signer = TokenSigner::new(&SecretString::from(SECRET), Duration::from_secs(24 * 3600));
        signer.sign(self.user_id, self.session_id, self.role, chrono::Utc::now())
    }
}

/// An account with a session, past the hashing of passwords.
async fn account(db: &PgPool, role: &str) -> Result<Owner> {
    let (user_id, session_id) = sqlx::query_as(
        "with account as (
             insert into users (email, password_hash, role, account_type)
             values (gen_random_uuid() || '@example.invalid', '-', $1::user_role, $1::account_type)
             returning id),
         employer as (
             insert into employer_profiles (user_id) select id from account where $1 = 'employer'),
         freelancer as (
             insert into freelancer_profiles (user_id) select id from account where $1 = 'freelancer')
         insert into sessions (user_id, expires_at)
         select id, app_now() + interval '1 day' from account
         returning user_id, id",
    )
    .bind(role)
    .fetch_one(db)
    .await?;
    let role = match role {
        "employer" => Role::Employer,
        _ => Role::Freelancer,
    };
    Ok(Owner {
        user_id,
        session_id,
        role,
    })
}

/// Pending applications of one person for as many jobs of one employer.
async fn apply(
    db: &PgPool,
    employer: &Owner,
    freelancer: &Owner,
    number: usize,
) -> Result<Vec<Uuid>> {
    Ok(sqlx::query_scalar(
        "with profile as (select id from employer_profiles where user_id = $1),
              company as (insert into companies (employer_id, name, slug)
                          select id, 'Brush ' || id, 'brush-' || id from profile returning id),
              posted as (
                  insert into jobs (employer_id, company_id, title, status, published_at)
                  select profile.id, company.id, 'Painter', 'published', app_now()
                  from profile, company, generate_series(1, $3) returning id)
         insert into applications (job_id, applicant_id) select id, $2 from posted returning id",
    )
    .bind(employer.user_id)
    .bind(freelancer.user_id)
    .bind(i32::try_from(number)?)
    .fetch_all(db)
    .await?)
}

async fn ticket(pool: &PgPool, session_id: Uuid) -> Result<String> {
    let ticket = Ticket::generate();
    let mut conn = pool.acquire().await?;
    db::insert_ticket(&mut conn, ticket, session_id, Duration::from_secs(3600)).await?;
    Ok(ticket.to_text())
}
