use std::time::Duration;

use jobboard_shared::{
    jobs::{Look, db::views, tasks::ForgetAddresses},
    recommendations::{db, profile::EventKind},
    trending::tasks::ApplySignals,
};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{ad, post, publish};
use crate::support::{TestApp, free_address, part, until};

/// The looks that are kept, and those that wait to be added to the job's count.
async fn counted(app: &TestApp, job_id: Uuid) -> (i64, i64) {
    app.write_looks().await;
    sqlx::query_as(
        "select (select count(*) from job_views where job_id = $1),
            (select count(*) from job_signals where job_id = $1 and kind = 'view')",
    )
    .bind(job_id)
    .fetch_one(&app.db)
    .await
    .unwrap()
}

#[tokio::test]
async fn looks_are_counted_but_the_owners_own() {
    let app = TestApp::start().await;
    let owner = app.employer().await;
    let id = publish(&owner, "Cook").await;
    let path = format!("/api/jobs/{id}/");
    owner.get(&path).await.expect(200);
    assert_eq!(counted(&app, id).await, (0, 0));
    app.anonymous().get(&path).await.expect(200);
    app.employer().await.get(&path).await.expect(200);
    assert_eq!(counted(&app, id).await, (2, 2));
    let draft = post(&owner, ad("Draft")).await;
    app.admin()
        .await
        .get(&format!("/api/jobs/{draft}/"))
        .await
        .expect(200);
    assert_eq!(counted(&app, draft).await, (0, 0));
    app.drain_tasks().await;
}

#[tokio::test]
async fn a_head_request_is_no_look() {
    let app = TestApp::start().await;
    let owner = app.employer().await;
    let id = publish(&owner, "Cook").await;
    let seeker = app.freelancer().await;
    let path = format!("/api/jobs/{id}/");
    let head = seeker.request(reqwest::Method::HEAD, &path).send().await;
    assert_eq!(head.unwrap().status(), 200);
    assert_eq!(counted(&app, id).await, (0, 0));
    seeker.get(&path).await.expect(200);
    assert_eq!(counted(&app, id).await, (1, 1));
    app.drain_tasks().await;
}

#[tokio::test]
async fn a_visitor_counts_once_in_thirty_minutes() {
    let app = TestApp::start().await;
    let owner = app.employer().await;
    let id = publish(&owner, "Cook").await;
    let path = format!("/api/jobs/{id}/");
    let seeker = app.freelancer().await;
    for _ in 0..3 {
        seeker.get(&path).await.expect(200);
    }
    assert_eq!(counted(&app, id).await, (1, 1));
    app.advance_time(Duration::from_secs(31 * 60)).await;
    seeker.get(&path).await.expect(200);
    assert_eq!(counted(&app, id).await, (2, 2));
    app.drain_tasks().await;
}

#[tokio::test]
async fn parallel_looks_of_one_visitor_count_once_and_of_many_all() {
    let app = TestApp::start().await;
    let owner = app.employer().await;
    let id = publish(&owner, "Cook").await;
    let path = format!("/api/jobs/{id}/");
    let seeker = app.freelancer().await;
    let looks = (0..20).map(|_| seeker.get(&path));
    for answer in futures::future::join_all(looks).await {
        answer.expect(200);
    }
    assert_eq!(counted(&app, id).await, (1, 1));
    let visitors: Vec<_> = (0..10).map(|_| app.visitor()).collect();
    let looks = (0..20).map(|n| visitors[n / 2].get(&path));
    for answer in futures::future::join_all(looks).await {
        answer.expect(200);
    }
    assert_eq!(counted(&app, id).await, (11, 11));
    app.drain_tasks().await;
}

#[tokio::test]
async fn an_address_counts_once_in_thirty_minutes_and_is_forgotten_then() {
    let app = TestApp::start().await;
    let owner = app.employer().await;
    let (id, other) = (
        publish(&owner, "Cook").await,
        publish(&owner, "Baker").await,
    );
    let path = format!("/api/jobs/{id}/");
    let (one, two) = (app.visitor(), app.visitor());
    for visitor in [&one, &one, &two, &two] {
        visitor.get(&path).await.expect(200);
    }
    assert_eq!(counted(&app, id).await, (2, 2));
    one.get(&format!("/api/jobs/{other}/")).await.expect(200);
    assert_eq!(counted(&app, other).await, (1, 1));
    app.enqueue(&ForgetAddresses {}).await;
    app.drain_tasks().await;
    assert_eq!(kept_addresses(&app).await, 3);

    // Over midnight, whenever the test runs.
    for _ in 0..48 {
        app.advance_time(Duration::from_secs(29 * 60)).await;
        one.get(&path).await.expect(200);
        app.advance_time(Duration::from_secs(2 * 60)).await;
        one.get(&path).await.expect(200);
    }
    app.write_looks().await;
    let views: i64 = sqlx::query_scalar("select count(*) from job_views where job_id = $1")
        .bind(id)
        .fetch_one(&app.db)
        .await
        .unwrap();
    assert_eq!(views, 2 + 48);
    app.advance_time(Duration::from_secs(31 * 60)).await;
    app.enqueue(&ForgetAddresses {}).await;
    app.drain_tasks().await;
    assert_eq!(kept_addresses(&app).await, 0);
}

async fn kept_addresses(app: &TestApp) -> i64 {
    sqlx::query_scalar("select count(*) from job_view_addresses")
        .fetch_one(&app.db)
        .await
        .unwrap()
}

#[tokio::test]
async fn a_look_keeps_who_and_whence_without_the_query() {
    let app = TestApp::start().await;
    let owner = app.employer().await;
    let id = publish(&owner, "Cook").await;
    let seeker = app.freelancer().await;
    seeker
        .request(reqwest::Method::GET, &format!("/api/jobs/{id}/"))
        .header("user-agent", "a browser")
        .header("referer", "https://search.example/results?q=secret#x")
        .send()
        .await
        .unwrap();
    app.write_looks().await;
    let row: (Option<Uuid>, String, String) =
        sqlx::query_as("select user_id, user_agent, referrer from job_views")
            .fetch_one(&app.db)
            .await
            .unwrap();
    let expected = (
        Some(seeker.user_id),
        "a browser".to_owned(),
        "https://search.example/results".to_owned(),
    );
    assert_eq!(row, expected);
    app.drain_tasks().await;
}

#[tokio::test]
async fn a_look_is_no_edit() {
    let app = TestApp::start().await;
    let owner = app.employer().await;
    let id = publish(&owner, "Cook").await;
    let path = format!("/api/jobs/{id}/");
    let read = |job: Value| job["updated_at"].clone();
    let before = read(owner.get(&path).await.expect(200).json);
    app.anonymous().get(&path).await.expect(200);
    assert_eq!(read(owner.get(&path).await.expect(200).json), before);
    app.drain_tasks().await;
}

#[tokio::test]
async fn looks_are_added_to_the_job_once() {
    let app = TestApp::start().await;
    let owner = app.employer().await;
    let id = publish(&owner, "Cook").await;
    let path = format!("/api/jobs/{id}/");
    for _ in 0..3 {
        app.visitor().get(&path).await.expect(200);
    }
    for _ in 0..2 {
        app.enqueue(&ApplySignals {}).await;
        app.drain_tasks().await;
        let job = owner.get(&path).await.expect(200);
        assert_eq!(job.json["view_count"], 3);
    }
}

/// How long each look was, in the order of the looks.
async fn durations(app: &TestApp) -> Vec<Option<i32>> {
    app.write_looks().await;
    sqlx::query_scalar("select duration_seconds from job_views order by viewed_at, id")
        .fetch_all(&app.db)
        .await
        .unwrap()
}

#[tokio::test]
async fn a_look_is_told_with_its_duration() {
    let app = TestApp::start().await;
    let owner = app.employer().await;
    let id = publish(&owner, "Cook").await;
    let path = format!("/api/jobs/{id}/view/");
    let seeker = app.freelancer().await;
    seeker.get(&format!("/api/jobs/{id}/")).await.expect(200);
    assert_eq!(durations(&app).await, [None]);
    for (told, kept) in [(4, 4), (90, 90), (5, 90)] {
        let look = json!({"duration_seconds": told});
        seeker.post(&path, look).await.expect(204);
        assert_eq!(durations(&app).await, [Some(kept)], "the longest counts");
    }
    // An hour later they leave: it is the look of before.
    app.advance_time(Duration::from_secs(3600)).await;
    let seeker = app.login(&seeker.email).await;
    let look = json!({"duration_seconds": 3590});
    seeker.post(&path, look).await.expect(204);
    assert_eq!(durations(&app).await, [Some(3590)]);
    assert_eq!(counted(&app, id).await, (1, 1));

    // Told without having been read here.
    let other = app.freelancer().await;
    for look in [json!({"duration_seconds": 2}), json!({})] {
        other.post(&path, look).await.expect(204);
    }
    let visitor = app.visitor();
    for _ in 0..2 {
        visitor.post(&path, json!({})).await.expect(204);
    }
    let owner = app.login(&owner.email).await;
    owner.post(&path, json!({})).await.expect(204);
    assert_eq!(durations(&app).await, [Some(3590), Some(2), None]);
    assert_eq!(counted(&app, id).await, (3, 3));
    app.drain_tasks().await;
}

#[tokio::test]
async fn a_told_look_is_checked() {
    let app = TestApp::start().await;
    let owner = app.employer().await;
    let seeker = app.freelancer().await;
    let id = publish(&owner, "Cook").await;
    let path = format!("/api/jobs/{id}/view/");
    for wrong in [
        json!({"duration_seconds": -1}),
        json!({"duration_seconds": 86_401}),
        json!({"duration_seconds": "long"}),
        json!({"viewed_at": "2020-01-01T00:00:00Z"}),
    ] {
        seeker.post(&path, wrong).await.expect(422);
    }
    let forged = crate::support::Client {
        token: Some("forged".to_owned()),
        ..app.anonymous()
    };
    forged.post(&path, json!({})).await.expect(401);
    let draft = post(&owner, ad("Draft")).await;
    for job in [draft, Uuid::nil()] {
        let path = format!("/api/jobs/{job}/view/");
        seeker.post(&path, json!({})).await.expect(204);
    }
    assert!(durations(&app).await.is_empty());
    app.drain_tasks().await;
}

#[tokio::test]
async fn who_leaves_at_once_says_little() {
    let app = TestApp::start().await;
    let owner = app.employer().await;
    let (glanced, read) = (
        publish(&owner, "Cook").await,
        publish(&owner, "Baker").await,
    );
    let seeker = app.freelancer().await;
    for (job, duration_seconds) in [(glanced, 9), (read, 10)] {
        let look = json!({"duration_seconds": duration_seconds});
        let path = format!("/api/jobs/{job}/view/");
        seeker.post(&path, look).await.expect(204);
    }
    app.drain_tasks().await;
    let mut conn = app.db.acquire().await.unwrap();
    let deeds = db::deeds(&mut conn, 1, 10).await.unwrap();
    let kind = |job| deeds.iter().find(|deed| deed.job_id == job).unwrap().kind;
    assert_eq!(
        (kind(glanced), kind(read)),
        (EventKind::Glance, EventKind::View)
    );
}

#[tokio::test]
async fn two_processes_count_the_same_looks_once() {
    let app = TestApp::start().await;
    let owner = app.employer().await;
    let mut jobs = Vec::new();
    for title in ["Cook", "Baker", "Chef"] {
        jobs.push(publish(&owner, title).await);
    }
    let users = [
        app.freelancer().await.user_id,
        app.freelancer().await.user_id,
    ];
    let mut looks = Vec::new();
    for number in 0..60 {
        looks.push(Look {
            job_id: jobs[number % 3],
            user_id: Some(users[number % 2]),
            address: None,
            user_agent: None,
            referrer: None,
            duration: (number % 4 == 0).then_some(number as i32),
            at: app.clock.now(),
        });
    }
    let writers = (0..4).map(|turn| {
        let (db, mut looks) = (app.db.clone(), looks.clone());
        looks.rotate_left(turn * 7);
        async move {
            let mut conn = db.acquire().await.unwrap();
            views::record(&mut conn, &looks).await.unwrap()
        }
    });
    let counted: i32 = futures::future::join_all(writers).await.into_iter().sum();
    assert_eq!(counted, 6, "each of two looked at each of three");
    assert_eq!(durations(&app).await.len(), 6);
    app.drain_tasks().await;
}

#[tokio::test]
async fn a_process_that_is_told_to_stop_writes_the_looks_it_noted() {
    let app = TestApp::start().await;
    let owner = app.employer().await;
    let id = publish(&owner, "Cook").await;
    app.drain_tasks().await;
    let address = free_address().await;
    let mut api = part(&app, "api")
        .env("JOBBOARD_OUTBOX_DIR", app.outbox())
        .env("JOBBOARD_HTTP_ADDR", &address)
        .spawn()
        .unwrap();
    let client = crate::support::Client {
        base: format!("http://{address}"),
        ..app.anonymous()
    };
    let health = format!("{}/health/", client.base);
    until("the API answers", async || {
        reqwest::get(&health)
            .await
            .is_ok_and(|answer| answer.status() == 200)
    })
    .await;
    let path = format!("/api/jobs/{id}/view/");
    client.post(&path, json!({})).await.expect(204);
    // Long before the look's half second is over.
    let pid = api.id().unwrap().to_string();
    let mut kill = tokio::process::Command::new("kill");
    let told = kill.args(["-TERM", &pid]).status().await;
    assert!(told.unwrap().success());
    assert!(api.wait().await.unwrap().success());
    assert_eq!(counted(&app, id).await.0, 1);
    app.drain_tasks().await;
}
