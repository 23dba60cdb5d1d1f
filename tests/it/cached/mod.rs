//! Answers that are kept and given again.

mod faults;
pub(crate) mod replicas;

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    time::{Duration, Instant},
};

use futures::future::join_all;
use jobboard_shared::config::Config;
use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    jobs::{ad, post, publish, with},
    support::{Client, Response, TestApp},
};

const LIST: &str = "/api/jobs/?page_size=50";
const PROFILE: &str = "/api/users/profile/";

/// Keeps answers, and counts them.
fn keeping(config: &mut Config) {
    config.cache_bytes = Some(8 << 20);
    config.metrics_addr = Some(SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0));
}

async fn board() -> TestApp {
    let mut app = TestApp::start_with(keeping).await;
    app.leave_tasks();
    app
}

fn status(answer: &Response) -> &str {
    answer.headers["cache-status"].to_str().unwrap()
}

fn is_hit(answer: &Response) -> bool {
    status(answer).starts_with("jobboard; hit")
}

/// Asks until the answer is kept and given again: the first time nobody listens yet.
async fn warm(client: &Client, path: &str) -> Response {
    for _ in 0..500 {
        let answer = client.get(path).await.expect(200);
        if is_hit(&answer) {
            return answer;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("{path} is never kept");
}

/// Asks until the answer is as it should be, which takes a second at the most.
async fn seen(client: &Client, path: &str, is_right: impl Fn(&Value) -> bool) {
    let begun = Instant::now();
    loop {
        let answer = client.get(path).await.expect(200);
        if is_right(&answer.json) {
            return;
        }
        let waited = begun.elapsed();
        assert!(waited < Duration::from_secs(1), "{path}: {}", answer.text);
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

async fn execute(app: &TestApp, statement: &'static str) {
    let done = sqlx::query(statement).execute(&app.db).await;
    assert!(done.expect(statement).rows_affected() > 0, "{statement}");
}

/// How many requests of a kind came to this.
fn counted(app: &TestApp, kind: &str, result: &str) -> u64 {
    let sample = format!("jobboard_cache_requests_total{{kind=\"{kind}\",result=\"{result}\"}} ");
    let told = app.metrics.render();
    let line = told.lines().find_map(|line| line.strip_prefix(&sample));
    line.expect(&sample).parse().unwrap()
}

#[tokio::test]
async fn what_is_asked_again_is_given_again() {
    let app = board().await;
    let employer = app.employer().await;
    publish(&employer, "Cook").await;
    app.drain_tasks().await;
    for path in [
        LIST,
        "/api/jobs/?page=1",
        "/api/jobs/categories/",
        "/api/jobs/search/?q=cook",
        "/api/jobs/trending/",
        PROFILE,
    ] {
        let hit = warm(&employer, path).await;
        assert!(hit.headers.contains_key("age"), "{path}");
        assert_eq!(hit.headers["cache-control"], "private, no-cache", "{path}");
        let again = employer.get(path).await.expect(200);
        assert_eq!(
            (&again.text, &again.headers["etag"]),
            (&hit.text, &hit.headers["etag"])
        );
        let tag = hit.headers["etag"].to_str().unwrap();
        let known = employer
            .request(Method::GET, path)
            .header("if-none-match", tag);
        let known = Response::read(known, path.to_owned()).await.expect(304);
        assert!(is_hit(&known), "{path}");
        let head = employer.request(Method::HEAD, path);
        let head = Response::read(head, path.to_owned()).await.expect(200);
        assert!(is_hit(&head) && head.text.is_empty(), "{path}");
    }
    // However it is spelled, and whoever asks.
    warm(&employer, "/api/jobs/?job_type=full_time&page_size=7").await;
    let spelled = "/api/jobs?page_size=%37&job_type=full_time";
    assert!(is_hit(&app.anonymous().get(spelled).await.expect(200)));
    let other = employer.get("/api/jobs/?page_size=8").await.expect(200);
    assert_eq!(status(&other), "jobboard; fwd=miss; stored");
    // What is refused is not kept, and a token that is not good is no way in.
    let unknown = "/api/jobs/?company=nobody";
    for _ in 0..2 {
        employer.get(unknown).await.expect(422);
    }
    let forger = Client {
        token: Some("forged".to_owned()),
        ..app.anonymous()
    };
    forger.get(LIST).await.expect(401);
    // What is not listed above is not kept.
    let job = employer.get("/api/employers/jobs/").await.expect(200);
    assert!(!job.headers.contains_key("cache-status"));
}

#[tokio::test]
async fn switched_off_every_answer_is_made_anew() {
    let app = TestApp::start().await;
    let answer = app.anonymous().get(LIST).await.expect(200);
    assert!(!answer.headers.contains_key("cache-status"));
    let health = app.anonymous().get("/health/cache/").await.expect(200);
    assert_eq!(health.json["kind"], "none");
}

#[tokio::test]
async fn whoever_changes_something_reads_it_next() {
    let app = board().await;
    let (employer, freelancer, admin) = (
        app.employer().await,
        app.freelancer().await,
        app.admin().await,
    );
    let category = json!({"name": "Kitchens"});
    let category = admin.post("/api/admin/categories/", category).await;
    let category = category.expect(201).id();
    let job = post(
        &employer,
        with(
            ad("Cook"),
            json!({"status": "published", "category": "Kitchens"}),
        ),
    )
    .await;
    let path = format!("/api/jobs/{job}/");
    let visitor = app.anonymous();
    let first = async || visitor.get(LIST).await.expect(200).json["results"][0].clone();
    for round in 0..5 {
        warm(&visitor, LIST).await;
        let title = format!("Cook {round}");
        employer
            .patch(&path, json!({"title": title}))
            .await
            .expect(200);
        assert_eq!(first().await["title"], title);

        warm(&visitor, "/api/jobs/categories/").await;
        let name = format!("Kitchens {round}");
        let category = format!("/api/admin/categories/{category}/");
        admin
            .patch(&category, json!({"name": name}))
            .await
            .expect(200);
        let categories = visitor.get("/api/jobs/categories/").await.expect(200);
        assert!(categories.text.contains(&name));
        assert!(first().await.to_string().contains(&name));

        warm(&freelancer, PROFILE).await;
        let body = json!({"first_name": name, "last_name": "Example"});
        freelancer.put(PROFILE, body).await.expect(200);
        let profile = freelancer.get(PROFILE).await.expect(200);
        assert_eq!(profile.json["first_name"], name);
    }
    warm(&visitor, LIST).await;
    freelancer
        .post("/api/applications/", json!({"job_id": job}))
        .await
        .expect(201);
    assert_eq!(first().await["application_count"], 1);
    warm(&visitor, LIST).await;
    freelancer
        .post("/api/jobs/saved/", json!({"job_id": job}))
        .await
        .expect(201);
    assert_eq!(first().await["save_count"], 1);
    warm(&visitor, LIST).await;
    employer
        .post(&format!("{path}close/"), json!(null))
        .await
        .expect(200);
    assert_eq!(first().await, Value::Null);
}

#[tokio::test]
async fn changes_of_others_are_seen_within_a_second() {
    let app = board().await;
    let employer = app.employer().await;
    let category = json!({"name": "Kitchens"});
    let admin = app.admin().await;
    admin
        .post("/api/admin/categories/", category)
        .await
        .expect(201);
    let body = with(
        ad("Cook"),
        json!({"status": "published", "category": "Kitchens"}),
    );
    post(&employer, body).await;
    app.drain_tasks().await;
    let contains = |text: &'static str| move |answer: &Value| answer.to_string().contains(text);
    for (path, statement, text) in [
        (LIST, "update jobs set title = 'Chef'", "Chef"),
        (
            LIST,
            "update categories set name = 'Galleys' where name = 'Kitchens'",
            "Galleys",
        ),
        (
            "/api/jobs/categories/",
            "update categories set name = 'Ovens' where name = 'Galleys'",
            "Ovens",
        ),
        (LIST, "update companies set name = 'Brushes'", "Brushes"),
        (LIST, "update jobs set application_count = 71", "71"),
        (LIST, "update jobs set view_count = 81", "81"),
        (
            "/api/jobs/search/?q=cook",
            "update jobs set view_count = 91",
            "91",
        ),
        (
            PROFILE,
            "update employer_profiles set first_name = 'Alex'",
            "Alex",
        ),
        (
            PROFILE,
            "update users set is_email_verified = true",
            "\"is_email_verified\":true",
        ),
    ] {
        warm(&employer, path).await;
        execute(&app, statement).await;
        seen(&employer, path, contains(text)).await;
    }
    warm(&employer, "/api/jobs/trending/").await;
    execute(
        &app,
        "insert into job_trending (job_id, score, scored_at, rank) select id, 5, app_now(), 1 from jobs",
    )
    .await;
    seen(&employer, "/api/jobs/trending/", contains("Chef")).await;
    warm(&employer, "/api/jobs/search/?q=cook").await;
    execute(&app, "delete from job_search_documents").await;
    let path = "/api/jobs/search/?q=cook";
    seen(&employer, path, |answer| answer["results"] == json!([])).await;
    warm(&employer, LIST).await;
    execute(&app, "delete from jobs").await;
    seen(&employer, LIST, |answer| answer["results"] == json!([])).await;
}

/// A counter that moves takes only those answers along that show the job.
#[tokio::test]
async fn counters_leave_the_answers_without_them_alone() {
    let app = board().await;
    let employer = app.employer().await;
    let mut paths = Vec::new();
    for company in ["Pan", "Pot"] {
        let body = json!({"title": "Cook", "company": company, "status": "published"});
        post(&employer, body).await;
        paths.push(format!("/api/jobs/?company={company}"));
    }
    for path in &paths {
        warm(&employer, path).await;
    }
    let shared: bool = sqlx::query_scalar("select count(distinct cache_bucket(id)) = 1 from jobs")
        .fetch_one(&app.db)
        .await
        .unwrap();
    let statement = "update jobs set view_count = 5
        where company_id = (select id from companies where name = 'Pan')";
    execute(&app, statement).await;
    seen(&employer, &paths[0], |answer| {
        answer["results"][0]["view_count"] == 5
    })
    .await;
    assert!(shared || is_hit(&employer.get(&paths[1]).await));
}

#[tokio::test]
async fn a_job_that_expires_is_shown_no_longer() {
    let app = board().await;
    let employer = app.employer().await;
    publish(&employer, "Cook").await;
    // As time passes, nobody writes anything.
    execute(
        &app,
        "update jobs set expires_at = clock_timestamp() + interval '1.5 seconds'",
    )
    .await;
    for path in [LIST, "/api/jobs/?page=1"] {
        loop {
            let answer = employer.get(path).await.expect(200);
            let late: f64 = sqlx::query_scalar(
                "select extract(epoch from app_now() - expires_at)::float8 from jobs",
            )
            .fetch_one(&app.db)
            .await
            .unwrap();
            if answer.results().is_empty() {
                break;
            }
            assert!(late < 1.0, "{path}: shown {late} s too long");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
    assert!(counted(&app, "jobs", "hit") > 0);
}

#[tokio::test]
async fn private_answers_are_their_accounts_own() {
    let app = board().await;
    let mut people = Vec::new();
    for _ in 0..3 {
        people.push(app.freelancer().await);
        people.push(app.employer().await);
    }
    for person in &people {
        warm(person, PROFILE).await;
    }
    let asks = (0..300).map(|n| {
        let person = &people[n * 7 % people.len()];
        async move {
            let answer = person.get(PROFILE).await.expect(200);
            assert_eq!(answer.json["email"], json!(person.email));
        }
    });
    join_all(asks).await;
    assert!(counted(&app, "profile", "hit") >= 300);
    app.anonymous().get(PROFILE).await.expect(401);
    // A session that has ended reads nothing, kept or not.
    let body = json!({"refresh": people[0].refresh_token});
    people[0].post("/api/auth/logout/", body).await.expect(204);
    people[0].get(PROFILE).await.expect(401);
}

#[tokio::test]
async fn fifty_equal_requests_at_once_are_one_query() {
    let app = board().await;
    let employer = app.employer().await;
    publish(&employer, "Cook").await;
    warm(&employer, LIST).await;
    let before = counted(&app, "jobs", "miss");
    let path = "/api/jobs/?page_size=3";
    let asks = (0..50).map(|_| {
        let visitor = app.anonymous();
        async move { visitor.get(path).await.expect(200).text }
    });
    let answers = join_all(asks).await;
    assert!(answers.iter().all(|answer| *answer == answers[0]));
    assert_eq!(counted(&app, "jobs", "miss") - before, 1);
}

/// What does not fit makes room.
#[tokio::test]
async fn memory_is_bounded() {
    let mut app = TestApp::start_with(|config| {
        keeping(config);
        config.cache_bytes = Some(1 << 20);
    })
    .await;
    app.leave_tasks();
    let employer = app.employer().await;
    for n in 0..20 {
        publish(&employer, &format!("Cook {n}")).await;
    }
    warm(&employer, LIST).await;
    for n in 0..300 {
        let path = format!(
            "{LIST}&posted_after=2020-01-01T00:{:02}:{:02}Z",
            n / 60,
            n % 60
        );
        employer.get(&path).await.expect(200);
    }
    let health = employer.get("/health/cache/").await.expect(200).json;
    assert!(health["bytes"].as_u64().unwrap() <= 1 << 20, "{health}");
    assert_eq!(health["kind"], "memory");
    assert_eq!(health["listening"], true);
    let evicted = app.metrics.render();
    assert!(
        !evicted.contains("jobboard_cache_evictions_total 0"),
        "{evicted}"
    );
}
