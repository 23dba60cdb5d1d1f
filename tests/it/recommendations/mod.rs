//! Jobs for a freelancer, and jobs like a job.

mod candidates;
mod consent;
mod experiment;
mod feedback;
mod kills;
mod live;
mod lowered;

use std::{collections::BTreeMap, time::Duration};

use jobboard_shared::{
    recommendations::tasks::{Plan, PruneExpired},
    trending::tasks::ApplySignals,
};
use serde_json::{Value, json};
use sqlx::Row;
use uuid::Uuid;

use crate::support::{Client, TestApp};

const DAY: Duration = Duration::from_secs(86_400);

async fn post_job(
    employer: &Client,
    title: &str,
    company: &str,
    skills: &[&str],
    location: &str,
) -> Uuid {
    let job = json!({
        "title": title, "company": company, "location": location, "skills": skills,
        "description": format!("{company} looks for a {title}."), "status": "published",
    });
    employer.post("/api/jobs/", job).await.expect(201).id()
}

/// Twelve jobs for Python people in Berlin, and three others.
async fn board(app: &TestApp) -> (Client, Vec<Uuid>, Vec<Uuid>) {
    let employer = app.employer().await;
    let (mut fitting, mut others) = (Vec::new(), Vec::new());
    for number in 0..12 {
        let title = ["Python developer", "Backend engineer", "Django developer"][number % 3];
        let company = format!("Company {}", number / 2);
        let skills = ["python", ["django", "postgresql"][number % 2]];
        fitting.push(post_job(&employer, title, &company, &skills, "Berlin, Germany").await);
    }
    for title in ["Nurse", "Welder", "Accountant"] {
        others.push(post_job(&employer, title, "Others", &["care"], "Oslo, Norway").await);
    }
    (employer, fitting, others)
}

async fn describe(freelancer: &Client, title: &str, location: &str, skills: &[&str]) {
    let profile = json!({"first_name": "Robin", "last_name": "Example", "title": title, "location": location});
    freelancer
        .put("/api/freelancers/profile/", profile)
        .await
        .expect(200);
    for skill in skills {
        let skill = json!({"skill": skill, "proficiency_level": "expert"});
        freelancer
            .post("/api/freelancers/skills/", skill)
            .await
            .expect(201);
    }
}

async fn recommended(freelancer: &Client) -> Value {
    freelancer
        .get("/api/jobs/recommendations/")
        .await
        .expect(200)
        .json
}

fn ids(answer: &Value) -> Vec<Uuid> {
    let results = answer["results"].as_array().unwrap();
    results
        .iter()
        .map(|one| one["job"]["id"].as_str().unwrap().parse().unwrap())
        .collect()
}

fn reasons(answer: &Value) -> Vec<&str> {
    let results = answer["results"].as_array().unwrap();
    results
        .iter()
        .map(|one| one["reason"].as_str().unwrap())
        .collect()
}

/// Every stored recommendation: (user, job) -> (position, score).
async fn stored(app: &TestApp) -> BTreeMap<(Uuid, Uuid), (i16, f64)> {
    sqlx::query("select user_id, job_id, position, score from job_recommendations")
        .fetch_all(&app.db)
        .await
        .unwrap()
        .into_iter()
        .map(|row| ((row.get(0), row.get(1)), (row.get(2), row.get(3))))
        .collect()
}

#[tokio::test]
async fn a_freelancer_with_skills_and_a_city_gets_ten_jobs_with_reasons() {
    let app = TestApp::start().await;
    let (_, fitting, _) = board(&app).await;
    let freelancer = app.freelancer().await;
    describe(
        &freelancer,
        "Backend developer",
        "Berlin, Germany",
        &["Python", "Django"],
    )
    .await;
    app.drain_tasks().await;

    let answer = recommended(&freelancer).await;
    assert_eq!(answer["step"], "stored");
    assert_eq!(answer["arm"], "hybrid");
    assert!(answer["computed_at"].is_string() && answer["model"].is_string());
    let found = ids(&answer);
    assert_eq!(found.len(), 10);
    assert!(found.iter().all(|id| fitting.contains(id)), "{answer:#}");
    for (one, reason) in answer["results"]
        .as_array()
        .unwrap()
        .iter()
        .zip(reasons(&answer))
    {
        assert!(
            reason.contains("your skills: ") && reason.ends_with("in Berlin, Germany"),
            "{reason}"
        );
        assert_eq!(
            (&one["algorithm_type"], &one["step"]),
            (&json!("hybrid"), &json!("stored"))
        );
        let score = one["score"].as_f64().unwrap();
        assert!((0.0..=1.0).contains(&score));
        let shares = one["shares"].as_object().unwrap().values();
        let sum: f64 = shares.map(|share| share.as_f64().unwrap()).sum();
        assert!((sum - score).abs() < 1e-9, "{one:#}");
        assert_eq!(one["is_viewed"], false);
    }
    let again = recommended(&freelancer).await;
    assert_eq!(ids(&again), found);
    assert!(
        again["results"]
            .as_array()
            .unwrap()
            .iter()
            .all(|one| one["is_viewed"] == true)
    );
}

#[tokio::test]
async fn jobs_applied_for_or_closed_are_never_shown() {
    let app = TestApp::start().await;
    let (employer, ..) = board(&app).await;
    let freelancer = app.freelancer().await;
    describe(&freelancer, "Python developer", "Berlin", &["Python"]).await;
    app.drain_tasks().await;
    let before = ids(&recommended(&freelancer).await);
    let (applied, closed) = (before[0], before[1]);
    freelancer
        .post("/api/applications/", json!({"job_id": applied}))
        .await
        .expect(201);
    employer
        .post(&format!("/api/jobs/{closed}/close/"), json!({}))
        .await
        .expect(200);

    let gone = |answer: &Value| !ids(answer).contains(&applied) && !ids(answer).contains(&closed);
    let answer = recommended(&freelancer).await;
    assert!(gone(&answer), "looked up when read");
    assert_eq!(ids(&answer).len(), 10, "others move up");

    app.enqueue(&Plan::default()).await;
    app.drain_tasks().await;
    assert!(gone(&recommended(&freelancer).await));
    let rows = stored(&app).await;
    assert!(
        rows.keys()
            .all(|(_, job)| *job != applied && *job != closed)
    );
}

#[tokio::test]
async fn planning_twice_changes_nothing() {
    let app = TestApp::start().await;
    board(&app).await;
    for (title, city) in [("Python developer", "Berlin"), ("Nurse", "Oslo")] {
        describe(&app.freelancer().await, title, city, &["Python"]).await;
    }
    app.enqueue(&Plan::default()).await;
    app.drain_tasks().await;
    let first = stored(&app).await;
    assert!(!first.is_empty());
    app.enqueue(&Plan::default()).await;
    app.drain_tasks().await;
    assert!(stored(&app).await == first);
    let models: i64 = sqlx::query_scalar("select count(*) from recommendation_models")
        .fetch_one(&app.db)
        .await
        .unwrap();
    assert_eq!(models, 2, "older models are kept");
    let batches = "select count(*) from task_batches
                   where name like 'recommendations %' and total >= 2 and ended_at is not null";
    let runs: i64 = sqlx::query_scalar(batches)
        .fetch_one(&app.db)
        .await
        .unwrap();
    assert_eq!(runs, 2, "each run is a batch");
}

#[tokio::test]
async fn a_job_posted_after_the_fit_is_recommended_at_once() {
    let app = TestApp::start().await;
    let (employer, ..) = board(&app).await;
    app.enqueue(&Plan::default()).await;
    app.drain_tasks().await;
    let new = post_job(
        &employer,
        "Python developer",
        "Newcomer",
        &["python"],
        "Berlin",
    )
    .await;
    let freelancer = app.freelancer().await;
    describe(&freelancer, "Python developer", "Berlin", &["Python"]).await;
    app.drain_tasks().await;
    assert!(ids(&recommended(&freelancer).await).contains(&new));
    let models: i64 = sqlx::query_scalar("select count(*) from recommendation_models")
        .fetch_one(&app.db)
        .await
        .unwrap();
    assert_eq!(models, 1, "without a new fit");
}

#[tokio::test]
async fn who_says_nothing_sees_what_trends_and_what_is_new() {
    let app = TestApp::start().await;
    let (_, fitting, others) = board(&app).await;
    let freelancer = app.freelancer().await;
    sqlx::query("update freelancer_profiles set is_open_to_remote = false")
        .execute(&app.db)
        .await
        .unwrap();
    app.enqueue(&Plan::default()).await;
    app.drain_tasks().await;
    let answer = recommended(&freelancer).await;
    assert_eq!(answer["step"], "newest");
    assert_eq!(ids(&answer)[0], *others.last().unwrap());

    app.anonymous()
        .get(&format!("/api/jobs/{}/", fitting[3]))
        .await
        .expect(200);
    app.enqueue(&ApplySignals {}).await;
    app.drain_tasks().await;
    let answer = recommended(&freelancer).await;
    assert_eq!(
        (&answer["step"], ids(&answer)[0]),
        (&json!("trending"), fitting[3])
    );
    assert_eq!(answer["results"][1]["step"], "newest");
    assert_eq!(ids(&answer).len(), 10);
}

#[tokio::test]
async fn without_a_computed_list_the_profile_s_own_places_come_first() {
    let app = TestApp::start().await;
    let (_, fitting, others) = board(&app).await;
    let freelancer = app.freelancer().await;
    describe(&freelancer, "Clerk", "Oslo", &[]).await;
    for (job, times) in [(fitting[0], 3), (others[1], 1)] {
        for _ in 0..times {
            app.visitor()
                .get(&format!("/api/jobs/{job}/"))
                .await
                .expect(200);
        }
    }
    app.enqueue(&ApplySignals {}).await;
    app.drain_tasks().await;
    for table in ["job_recommendations", "recommendation_models"] {
        sqlx::query(sqlx::AssertSqlSafe(format!("delete from {table}")))
            .execute(&app.db)
            .await
            .unwrap();
    }
    let answer = recommended(&freelancer).await;
    assert_eq!(
        (&answer["computed_at"], &answer["model"]),
        (&Value::Null, &Value::Null)
    );
    assert_eq!(ids(&answer)[..2], [others[1], fitting[0]]);
    assert_eq!(answer["step"], "trending_nearby");
    assert_eq!(reasons(&answer)[0], "Trending in Oslo, Norway");
    assert_eq!(answer["results"][1]["step"], "trending");
}

#[tokio::test]
async fn expired_lists_are_not_served_and_are_removed() {
    let app = TestApp::start().await;
    board(&app).await;
    let freelancer = app.freelancer().await;
    describe(&freelancer, "Python developer", "Berlin", &["Python"]).await;
    app.drain_tasks().await;
    assert_eq!(recommended(&freelancer).await["step"], "stored");
    app.advance_time(8 * DAY).await;
    let freelancer = app.login(&freelancer.email).await;
    assert_eq!(recommended(&freelancer).await["step"], "profile");
    app.enqueue(&PruneExpired {}).await;
    app.drain_tasks().await;
    assert!(stored(&app).await.is_empty());
}

#[tokio::test]
async fn similar_jobs_are_alike_live_and_not_the_job_itself() {
    let app = TestApp::start().await;
    let (employer, fitting, others) = board(&app).await;
    app.enqueue(&Plan::default()).await;
    app.drain_tasks().await;
    let path = format!("/api/jobs/similar/{}/", fitting[0]);
    let answer = app.anonymous().get(&path).await.expect(200);
    let found = ids(&answer.json);
    assert_eq!(found.len(), 10);
    assert!(!found.contains(&fitting[0]));
    assert!(
        found.iter().all(|id| fitting.contains(id)),
        "{:#}",
        answer.json
    );
    assert!(
        reasons(&answer.json)
            .iter()
            .all(|reason| reason.to_lowercase().contains("same place"))
    );

    employer
        .post(&format!("/api/jobs/{}/close/", found[0]), json!({}))
        .await
        .expect(200);
    let answer = app.anonymous().get(&path).await.expect(200);
    assert!(!ids(&answer.json).contains(&found[0]));
    let missing = format!("/api/jobs/similar/{}/", Uuid::nil());
    app.anonymous().get(&missing).await.expect(404);
    let alone = app
        .anonymous()
        .get(&format!("/api/jobs/similar/{}/?page_size=1", others[0]))
        .await;
    assert_eq!(alone.expect(200).results().len(), 1);
    app.drain_tasks().await;
}

#[tokio::test]
async fn recommendations_are_for_freelancers() {
    let app = TestApp::start().await;
    let path = "/api/jobs/recommendations/";
    app.anonymous().get(path).await.expect(401);
    app.employer().await.get(path).await.expect(403);
    let freelancer = app.freelancer().await;
    freelancer
        .get("/api/jobs/recommendations/?page_size=0")
        .await
        .expect(422);
    assert_eq!(recommended(&freelancer).await["step"], Value::Null);
}
