//! Lists made on request, for users of whom nothing is stored.

use std::time::{Duration, Instant};

use jobboard_shared::{auth::TokenSigner, users::Role};
use secrecy::SecretString;
use serde_json::Value;
use sqlx::PgPool;
use uuid::Uuid;

use crate::{
    Result,
    processes::memory,
    replica::{Replica, SECRET},
};

/// Until the model is in the API's memory.
const WARM_UP: Duration = Duration::from_secs(120);
/// Lists that are made before those that are timed: after some the API keeps what it
/// reads of jobs.
const WARMING: usize = 500;

/// Prints what requests took; gives the p99.
pub(super) async fn measure(db: &PgPool, url: &str, requests: usize) -> Result<Duration> {
    let users: Vec<(Uuid, Uuid)> = sqlx::query_as(
        "with chosen as (select user_id from freelancer_profiles order by user_id limit $1),
              gone as (delete from job_recommendations where user_id in (select user_id from chosen))
         insert into sessions (user_id, expires_at)
         select user_id, app_now() + interval '1 day' from chosen
         returning user_id, id",
    )
    .bind(i64::try_from(WARMING + requests)?)
    .fetch_all(db)
    .await?;
    sqlx::raw_sql("vacuum analyze job_recommendations")
        .execute(db)
        .await?;
    let replica = Replica::start(url, &[]).await?;
    let before = memory(replica.pid())?;
    let signer = TokenSigner::new(&SecretString::from(SECRET), Duration::from_secs(24 * 3600));
    let http = reqwest::Client::new();
    let ask = async |(user, session): (Uuid, Uuid)| -> Result<(Duration, Value)> {
        let token = signer.sign(user, session, Role::Freelancer, chrono::Utc::now());
        let address = format!("{}/api/jobs/recommendations/", replica.base);
        let begun = Instant::now();
        let answer = http.get(address).bearer_auth(token).send().await?;
        let answer = answer.error_for_status()?.bytes().await?;
        Ok((begun.elapsed(), serde_json::from_slice(&answer)?))
    };
    let first = *users.first().ok_or("no users")?;
    let begun = Instant::now();
    loop {
        let (_, answer) = ask(first).await?;
        if answer["step"] == "live" {
            break;
        }
        if begun.elapsed() > WARM_UP {
            return Err(format!("no live list: {answer}").into());
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    let loaded = begun.elapsed();
    let after = memory(replica.pid())?;
    let (warming, timed) = users.split_at(WARMING.min(users.len() / 2));
    for user in warming {
        ask(*user).await?;
    }
    let mut times = Vec::with_capacity(timed.len());
    let mut live = 0;
    for user in timed {
        let (took, answer) = ask(*user).await?;
        times.push(took);
        live += usize::from(answer["step"] == "live");
    }
    times.sort_unstable();
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize];
    println!(
        "\n{} lists on request by HTTP, {live} of them live: p50 {:.1} ms, p95 {:.1} ms, p99 {:.1} ms, longest {:.1} ms",
        times.len(),
        millis(at(0.5)),
        millis(at(0.95)),
        millis(at(0.99)),
        millis(at(1.0)),
    );
    println!(
        "the API takes {before:.0} MiB without the model, {after:.0} MiB with it, loaded in {:.1} s",
        loaded.as_secs_f64()
    );
    Ok(at(0.99))
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}
