//! What trends: views, saves and applications, fading with time.

use std::time::Duration;

use jobboard_shared::trending::tasks::{ApplySignals, Decay};
use serde_json::json;
use uuid::Uuid;

use crate::support::{Client, TestApp};

const DAY: Duration = Duration::from_secs(86_400);

async fn post_job(employer: &Client, title: &str, is_remote: bool) -> Uuid {
    let job =
        json!({"title": title, "company": "Acme", "is_remote": is_remote, "status": "published"});
    employer.post("/api/jobs/", job).await.expect(201).id()
}

/// Looks at a job as somebody new.
async fn look(app: &TestApp, job: Uuid) {
    app.visitor()
        .get(&format!("/api/jobs/{job}/"))
        .await
        .expect(200);
}

async fn count(app: &TestApp) {
    app.enqueue(&ApplySignals {}).await;
    app.drain_tasks().await;
}

async fn trending(app: &TestApp, query: &str) -> Vec<(Uuid, f64)> {
    let answer = app
        .anonymous()
        .get(&format!("/api/jobs/trending/{query}"))
        .await
        .expect(200);
    answer
        .results()
        .iter()
        .map(|one| {
            let id = one["job"]["id"].as_str().unwrap().parse().unwrap();
            (id, one["score"].as_f64().unwrap())
        })
        .collect()
}

fn ids(list: &[(Uuid, f64)]) -> Vec<Uuid> {
    list.iter().map(|(id, _)| *id).collect()
}

#[tokio::test]
async fn views_and_applications_decide_the_order() {
    let app = TestApp::start().await;
    let (employer, freelancer) = (app.employer().await, app.freelancer().await);
    let quiet = post_job(&employer, "Quiet", false).await;
    let looked_at = post_job(&employer, "Looked at", true).await;
    let wanted = post_job(&employer, "Wanted", false).await;
    look(&app, quiet).await;
    for _ in 0..3 {
        look(&app, looked_at).await;
    }
    assert!(
        trending(&app, "").await.is_empty(),
        "nothing is counted yet"
    );
    count(&app).await;
    assert_eq!(ids(&trending(&app, "").await), [looked_at, quiet]);

    freelancer
        .post("/api/applications/", json!({"job_id": wanted}))
        .await
        .expect(201);
    count(&app).await;
    let list = trending(&app, "").await;
    assert_eq!(ids(&list), [wanted, looked_at, quiet]);
    for ((_, score), expected) in list.iter().zip([8.0, 3.0, 1.0]) {
        assert!(
            (score - expected).abs() < 0.01,
            "{score} is about {expected}"
        );
    }
    assert_eq!(ids(&trending(&app, "?is_remote=true").await), [looked_at]);
    assert_eq!(ids(&trending(&app, "?page_size=1").await), [wanted]);

    // Of each view one is counted, and the list holds live jobs only.
    let job = app
        .anonymous()
        .get(&format!("/api/jobs/{looked_at}/"))
        .await
        .expect(200);
    assert_eq!(job.json["view_count"], 3);
    employer
        .post(&format!("/api/jobs/{wanted}/close/"), json!({}))
        .await
        .expect(200);
    assert_eq!(ids(&trending(&app, "").await), [looked_at, quiet]);
    app.drain_tasks().await;
}

#[tokio::test]
async fn a_category_includes_those_below_it() {
    let app = TestApp::start().await;
    let employer = app.employer().await;
    sqlx::query(
        "with parent as (insert into categories (name, slug) values ('Building', 'building') returning id)
         insert into categories (name, slug, parent_id) select 'Painting', 'painting', id from parent",
    )
    .execute(&app.db)
    .await
    .unwrap();
    let painter = json!({"title": "Painter", "company": "Acme", "category": "painting", "status": "published"});
    let painter = employer.post("/api/jobs/", painter).await.expect(201).id();
    let other = post_job(&employer, "Other", false).await;
    look(&app, painter).await;
    look(&app, other).await;
    count(&app).await;
    assert_eq!(ids(&trending(&app, "?category=Building").await), [painter]);
    let unknown = app
        .anonymous()
        .get("/api/jobs/trending/?category=nowhere")
        .await
        .expect(422);
    assert_eq!(
        unknown.field_errors(),
        [("category".to_owned(), "unknown_category".to_owned())]
    );
}

#[tokio::test]
async fn a_signal_counts_once_however_often_the_task_runs() {
    let app = TestApp::start().await;
    let employer = app.employer().await;
    let job = post_job(&employer, "Job", false).await;
    look(&app, job).await;
    look(&app, job).await;
    for _ in 0..3 {
        count(&app).await;
    }
    let list = trending(&app, "").await;
    assert!((list[0].1 - 2.0).abs() < 0.01, "{list:?}");
    let left: i64 = sqlx::query_scalar("select count(*) from job_signals")
        .fetch_one(&app.db)
        .await
        .unwrap();
    assert_eq!(left, 0);
}

#[tokio::test]
async fn scores_halve_with_every_half_life() {
    let app = TestApp::start().await;
    let employer = app.employer().await;
    let old = post_job(&employer, "Old", false).await;
    let fresh = post_job(&employer, "Fresh", false).await;
    for _ in 0..3 {
        look(&app, old).await;
    }
    count(&app).await;
    app.advance_time(6 * DAY).await;
    look(&app, fresh).await;
    count(&app).await;
    let before = trending(&app, "").await;
    assert_eq!(
        ids(&before),
        [fresh, old],
        "3 views are worth 0.75 after two half-lives"
    );
    assert!((before[1].1 - 0.75).abs() < 0.01, "{before:?}");

    app.enqueue(&Decay::default()).await;
    app.drain_tasks().await;
    let after = trending(&app, "").await;
    assert_eq!(ids(&after), ids(&before));
    for (one, other) in after.iter().zip(&before) {
        assert!(
            (one.1 - other.1).abs() < 0.001,
            "writing a score down changes nothing"
        );
    }
    let written: f64 = sqlx::query_scalar("select score from job_trending where job_id = $1")
        .bind(old)
        .fetch_one(&app.db)
        .await
        .unwrap();
    assert!((written - 0.75).abs() < 0.01, "{written}");

    app.advance_time(40 * DAY).await;
    app.enqueue(&Decay::default()).await;
    app.drain_tasks().await;
    assert!(
        trending(&app, "").await.is_empty(),
        "what nobody wants any more is forgotten"
    );
}

#[tokio::test]
async fn a_changed_half_life_puts_the_list_in_its_new_order() {
    let app = TestApp::start_with(|config| config.trending.half_life = 30 * DAY).await;
    let employer = app.employer().await;
    let old = post_job(&employer, "Old", false).await;
    let fresh = post_job(&employer, "Fresh", false).await;
    for (job, score, days) in [(old, 3.0, 6.0), (fresh, 1.0, 0.0)] {
        // As it was written with a half-life of three days.
        sqlx::query(
            "insert into job_trending (job_id, score, scored_at, rank)
             select $1, $2, t, trending_rank($2, t, 3 * 86400)
             from (select app_now() - make_interval(secs => $3 * 86400) as t) s",
        )
        .bind(job)
        .bind(score)
        .bind(days)
        .execute(&app.db)
        .await
        .unwrap();
    }
    assert_eq!(ids(&trending(&app, "").await), [fresh, old]);
    app.enqueue(&Decay::default()).await;
    app.drain_tasks().await;
    assert_eq!(ids(&trending(&app, "").await), [old, fresh]);
}

/// Three looks at a job here, two there, one elsewhere.
async fn trending_places(app: &TestApp) -> [Uuid; 3] {
    let employer = app.employer().await;
    let mut jobs = Vec::new();
    for (location, looks) in [
        ("Munich, Germany", 3),
        ("Berlin", 2),
        ("Los Angeles, CA", 1),
    ] {
        let job =
            json!({"title": "Job", "company": "Acme", "location": location, "status": "published"});
        let job = employer.post("/api/jobs/", job).await.expect(201).id();
        for _ in 0..looks {
            look(app, job).await;
        }
        jobs.push(job);
    }
    count(app).await;
    jobs.try_into().unwrap()
}

#[tokio::test]
async fn countries_and_regions_have_lists_of_their_own() {
    let app = TestApp::start().await;
    let [munich, berlin, los_angeles] = trending_places(&app).await;
    for (query, expected) in [
        ("", vec![munich, berlin, los_angeles]),
        ("?country=DE", vec![munich, berlin]),
        ("?country=Germany&page_size=1", vec![munich]),
        ("?region=Berlin", vec![berlin]),
        ("?region=California", vec![los_angeles]),
        ("?region=San%20Francisco", vec![los_angeles]),
        ("?region=California&country=DE", vec![]),
        ("?country=FR", vec![]),
        ("?country=DE&is_remote=true", vec![]),
    ] {
        assert_eq!(ids(&trending(&app, query).await), expected, "{query}");
    }
    for (query, error) in [
        ("?country=Atlantis", ("country", "unknown_country")),
        ("?region=Qwxyzland", ("region", "unknown_region")),
    ] {
        let path = format!("/api/jobs/trending/{query}");
        let refused = app.anonymous().get(&path).await.expect(422);
        let (field, code) = error;
        assert_eq!(
            refused.field_errors(),
            [(field.to_owned(), code.to_owned())]
        );
    }
}

#[tokio::test]
async fn a_job_that_moves_trends_where_it_is_now() {
    let app = TestApp::start().await;
    let [munich, ..] = trending_places(&app).await;
    sqlx::query("update jobs set location = 'Paris' where id = $1")
        .bind(munich)
        .execute(&app.db)
        .await
        .unwrap();
    // Also where nothing new is counted, and of jobs from before there were areas.
    app.enqueue(&Decay::default()).await;
    app.drain_tasks().await;
    assert_eq!(ids(&trending(&app, "?country=FR").await), [munich]);
    assert!(!ids(&trending(&app, "?country=DE").await).contains(&munich));
    sqlx::query("delete from job_trending_areas")
        .execute(&app.db)
        .await
        .unwrap();
    app.enqueue(&Decay::default()).await;
    app.drain_tasks().await;
    assert_eq!(ids(&trending(&app, "?country=FR").await), [munich]);
    app.advance_time(40 * DAY).await;
    app.enqueue(&Decay::default()).await;
    app.drain_tasks().await;
    let left: i64 = sqlx::query_scalar("select count(*) from job_trending_areas")
        .fetch_one(&app.db)
        .await
        .unwrap();
    assert_eq!(left, 0, "what is forgotten is forgotten everywhere");
}
