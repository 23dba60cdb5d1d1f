//! What is lost while it is needed.

use std::time::{Duration, Instant};

use serde_json::json;

use super::{
    LIST, execute, is_hit, keeping,
    replicas::{Replica, agree},
    seen, status, warm,
};
use crate::{
    jobs::publish,
    support::{Fate, Proxy, RedisServer, TestApp},
};

/// Whatever becomes of the connection that listens, nothing old is given for longer
/// than a second, and answers are kept again when it is back.
#[tokio::test]
async fn without_hearing_of_changes_nothing_old_is_given() {
    let mut app = TestApp::start().await;
    app.leave_tasks();
    let proxy = Proxy::before(app.database_url()).await;
    let behind = Replica::of(&app, |config| {
        keeping(config);
        config.database.direct_url = Some(proxy.url(app.database_url()).into());
    })
    .await;
    let employer = behind.at(&app.employer().await);
    publish(&employer, "Cook").await;
    for (n, fate) in [Fate::Cut, Fate::Swallow, Fate::Cut]
        .into_iter()
        .enumerate()
    {
        proxy.future(Fate::Pass);
        warm(&employer, LIST).await;
        proxy.future(fate);
        proxy.present(fate);
        let title = format!("Chef {n}");
        sqlx::query("update jobs set title = $1")
            .bind(&title)
            .execute(&app.db)
            .await
            .unwrap();
        seen(&employer, LIST, |answer| {
            answer["results"][0]["title"] == title
        })
        .await;
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_millis(700) {
            let answer = employer.get(LIST).await.expect(200);
            assert_eq!(answer.results()[0]["title"], title);
        }
        let unheard = employer.get(LIST).await.expect(200);
        assert_eq!(status(&unheard), "jobboard; fwd=bypass");
        // Changing something is held up by it for half a second at the most.
        let id = unheard.results()[0]["id"].as_str().unwrap();
        let begun = Instant::now();
        employer
            .patch(&format!("/api/jobs/{id}/"), json!({"location": title}))
            .await
            .expect(200);
        assert!(begun.elapsed() < Duration::from_secs(2));
        // A connection that hangs is cut in the end.
        proxy.present(Fate::Cut);
    }
    proxy.future(Fate::Pass);
    warm(&employer, LIST).await;
    employer.get("/health/cache/").await.expect(200);
}

#[tokio::test]
async fn redis_killed_or_hung_makes_no_answer_old_or_late() {
    let mut redis = RedisServer::start().await;
    let mut app = TestApp::start_with(|config| {
        keeping(config);
        config.redis_url = Some(redis.url().into());
        config.redis_timeout = Duration::from_millis(300);
    })
    .await;
    app.leave_tasks();
    let employer = app.employer().await;
    let job = publish(&employer, "Cook").await;
    let replica = Replica::of(&app, |_| {}).await;
    let there = replica.at(&employer);
    agree(&employer, &there, job).await;
    employer.get("/health/cache/").await.expect(200);

    redis.kill().await;
    agree(&employer, &there, job).await;
    let health = employer.get("/health/cache/").await.expect(503);
    assert_eq!(health.json["code"], "cache_unhealthy");

    redis.start_again().await;
    agree(&employer, &there, job).await;

    redis.hang();
    execute(&app, "update jobs set title = 'Chef'").await;
    seen(&there, LIST, |answer| {
        answer["results"][0]["title"] == "Chef"
    })
    .await;
    agree(&employer, &there, job).await;
    // One request in a second finds out; the others are not held up.
    let begun = Instant::now();
    for n in 0..20 {
        employer
            .get(&format!("/api/jobs/?page_size={}", 60 + n))
            .await
            .expect(200);
    }
    assert!(
        begun.elapsed() < Duration::from_secs(4),
        "{:?}",
        begun.elapsed()
    );
    assert!(is_hit(&warm(&employer, LIST).await));
}
