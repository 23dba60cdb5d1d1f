//! Hints that there is news for an account. They come by two ways: Postgres tells
//! whoever listens, at the commit; and where there is a Redis, whoever wrote the news
//! tells there after its work. A hint for what was rolled back does no harm.

use std::{cell::RefCell, collections::BTreeSet, io, time::Duration};

use secrecy::{ExposeSecret, SecretString};
use sqlx::postgres::PgListener;
use tokio::time::timeout;
use uuid::Uuid;

use crate::redis_connection::RedisConnection;

/// In Postgres, where the schema's triggers notify.
const CHANNEL: &str = "jobboard_live";
const REDIS_CHANNEL: &str = "jobboard:live";
const CONNECT_LIMIT: Duration = Duration::from_secs(5);
/// A message to Redis names so many accounts at most.
const ACCOUNTS_PER_MESSAGE: usize = 500;

tokio::task_local! {
    static TOLD: RefCell<BTreeSet<Uuid>>;
}

/// Notes that the work at hand has news for an account.
pub fn note(user_id: Uuid) {
    // Outside of collected work nobody tells Redis; Postgres tells all the same.
    let _ = TOLD.try_with(|told| told.borrow_mut().insert(user_id));
}

/// Does the work and gives, beside its result, the accounts noted meanwhile.
pub async fn collecting<T>(work: impl Future<Output = T>) -> (T, Vec<Uuid>) {
    TOLD.scope(RefCell::default(), async {
        let result = work.await;
        let told = TOLD.with(RefCell::take);
        (result, told.into_iter().collect())
    })
    .await
}

/// Does the work and tells Redis of its news, where there is a Redis.
pub async fn publishing<T>(redis: Option<&RedisConnection>, work: impl Future<Output = T>) -> T {
    let Some(redis) = redis else {
        return work.await;
    };
    let (result, told) = collecting(work).await;
    publish(redis, &told).await;
    result
}

/// Tells every process that subscribes. Lost where Redis does not answer.
pub async fn publish(redis: &RedisConnection, user_ids: &[Uuid]) {
    for some in user_ids.chunks(ACCOUNTS_PER_MESSAGE) {
        let names: Vec<String> = some.iter().map(Uuid::to_string).collect();
        let message = names.join(",");
        let _: Option<()> = redis
            .ask(|mut connection| async move {
                redis::cmd("PUBLISH")
                    .arg(REDIS_CHANNEL)
                    .arg(message)
                    .query_async(&mut connection)
                    .await
            })
            .await;
    }
}

/// Hears what Postgres tells until the connection is lost. `connected` is called
/// once: what was told before it was not heard.
pub async fn listen(
    url: &SecretString,
    connected: impl FnOnce(),
    heard: impl Fn(Uuid),
) -> Result<(), sqlx::Error> {
    let mut listener = in_time(PgListener::connect(url.expose_secret())).await?;
    listener.eager_reconnect(false);
    in_time(listener.listen(CHANNEL)).await?;
    connected();
    while let Some(notification) = listener.try_recv().await? {
        if let Ok(user_id) = notification.payload().parse() {
            heard(user_id);
        }
    }
    Err(sqlx::Error::Io(io::ErrorKind::ConnectionReset.into()))
}

async fn in_time<T>(work: impl Future<Output = Result<T, sqlx::Error>>) -> Result<T, sqlx::Error> {
    timeout(CONNECT_LIMIT, work)
        .await
        .unwrap_or_else(|_| Err(sqlx::Error::Io(io::ErrorKind::TimedOut.into())))
}

/// Hears what Redis tells until the connection is lost, as [`listen`] does.
pub async fn subscribe(
    redis: &RedisConnection,
    connected: impl FnOnce(),
    heard: impl Fn(Uuid),
) -> Result<(), redis::RedisError> {
    redis
        .subscribe(REDIS_CHANNEL, connected, |message| {
            message
                .split(',')
                .filter_map(|id| id.parse().ok())
                .for_each(&heard);
        })
        .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn accounts_are_collected_once_each_and_only_by_their_own_work() {
        let (one, two) = (Uuid::from_u128(1), Uuid::from_u128(2));
        note(two);
        let (result, told) = collecting(async {
            note(two);
            note(one);
            note(two);
            7
        })
        .await;
        assert_eq!((result, told), (7, vec![one, two]));
        let ((), told) = collecting(async {}).await;
        assert!(told.is_empty());
    }
}
