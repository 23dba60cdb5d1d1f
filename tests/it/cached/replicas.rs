//! Several API processes on one database.

use std::sync::Arc;

use jobboard_shared::{config::Config, mail::Templates, metrics::Metrics};
use serde_json::json;
use tokio::net::TcpListener;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::{LIST, PROFILE, is_hit, keeping, seen, warm};
use crate::{
    jobs::publish,
    support::{Client, RedisServer, TestApp},
};

/// A further API on a board's database.
pub(crate) struct Replica {
    base: String,
    pub(crate) metrics: Metrics,
    _running: DropGuard,
}

impl Replica {
    pub(crate) async fn of(app: &TestApp, change: impl FnOnce(&mut Config)) -> Self {
        let mut config = Config::clone(&app.config);
        change(&mut config);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let metrics = Metrics::default();
        let config = Arc::new(config);
        let mails = Arc::new(Templates::built_in().unwrap());
        let (db, clock) = (app.db.clone(), app.clock.clone());
        let other = jobboard_api::App::new(db, clock, config, mails, &metrics);
        let running = CancellationToken::new();
        tokio::spawn(jobboard_api::serve(listener, other, running.clone()));
        Self {
            base,
            metrics,
            _running: running.drop_guard(),
        }
    }

    /// The same account at this replica.
    pub(crate) fn at(&self, client: &Client) -> Client {
        Client {
            base: self.base.clone(),
            ..client.clone()
        }
    }
}

/// Writes at one, reads at both, and the other way round.
pub(super) async fn agree(employer: &Client, other: &Client, job: uuid::Uuid) {
    let path = format!("/api/jobs/{job}/");
    for (n, (writer, reader)) in [(employer, other), (other, employer), (employer, other)]
        .into_iter()
        .enumerate()
    {
        warm(writer, LIST).await;
        warm(reader, LIST).await;
        let title = format!("Cook {n} {}", uuid::Uuid::new_v4());
        writer
            .patch(&path, json!({"title": title}))
            .await
            .expect(200);
        let own = writer.get(LIST).await.expect(200);
        assert_eq!(own.results()[0]["title"], title);
        seen(reader, LIST, |answer| {
            answer["results"][0]["title"] == title
        })
        .await;
    }
}

#[tokio::test]
async fn replicas_hear_of_each_others_changes() {
    let mut app = TestApp::start_with(keeping).await;
    app.leave_tasks();
    let employer = app.employer().await;
    let job = publish(&employer, "Cook").await;
    let replica = Replica::of(&app, |_| {}).await;
    agree(&employer, &replica.at(&employer), job).await;
}

#[tokio::test]
async fn replicas_share_answers_through_redis_and_agree() {
    let redis = RedisServer::start().await;
    let mut app = TestApp::start_with(|config| {
        keeping(config);
        config.redis_url = Some(redis.url().into());
    })
    .await;
    app.leave_tasks();
    let employer = app.employer().await;
    let job = publish(&employer, "Cook").await;
    let replica = Replica::of(&app, |_| {}).await;
    let there = replica.at(&employer);
    // Both listen, whatever they began with.
    warm(&employer, LIST).await;
    warm(&there, LIST).await;
    let path = "/api/jobs/?page_size=9";
    let made = employer.get(path).await.expect(200);
    assert!(!is_hit(&made));
    let taken = there.get(path).await.expect(200);
    assert!(is_hit(&taken), "{:?}", taken.headers);
    assert_eq!(taken.text, made.text);
    assert_eq!(taken.headers["etag"], made.headers["etag"]);
    let told = replica.metrics.render();
    let shared = "jobboard_cache_shared_hits_total{kind=\"jobs\"} 0";
    assert!(!told.contains(shared), "{told}");
    // What is an account's own stays in the process that made it.
    warm(&employer, PROFILE).await;
    assert!(!is_hit(&there.get(PROFILE).await.expect(200)));
    let health = there.get("/health/cache/").await.expect(200);
    assert_eq!(health.json["kind"], "redis");
    agree(&employer, &there, job).await;
}
