//! Freelancers for a job.

use jobboard_shared::recommendations::tasks::Plan;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{board, describe};
use crate::support::{Client, TestApp};

fn path(job: Uuid) -> String {
    format!("/api/jobs/{job}/candidates/")
}

async fn allow(freelancer: &Client, open_to_work: bool, discoverable: bool) {
    let consent = json!({
        "open_to_work": open_to_work, "discoverable": discoverable, "personalised": true,
    });
    freelancer
        .put("/api/freelancers/consent/", consent)
        .await
        .expect(200);
}

async fn seeker(app: &TestApp, title: &str, location: &str, skills: &[&str]) -> (Client, Uuid) {
    let freelancer = app.freelancer().await;
    describe(&freelancer, title, location, skills).await;
    allow(&freelancer, true, true).await;
    let profile = freelancer
        .get("/api/freelancers/profile/")
        .await
        .expect(200);
    let id = profile.id();
    (freelancer, id)
}

async fn candidates(employer: &Client, job: Uuid) -> Vec<Value> {
    employer.get(&path(job)).await.expect(200).results().clone()
}

fn ids(found: &[Value]) -> Vec<Uuid> {
    found
        .iter()
        .map(|one| one["freelancer"]["id"].as_str().unwrap().parse().unwrap())
        .collect()
}

/// A board with a model and an employer's job for Python people in Berlin.
async fn fitted(app: &TestApp) -> (Client, Uuid) {
    let (employer, fitting, _) = board(app).await;
    app.enqueue(&Plan::default()).await;
    app.drain_tasks().await;
    (employer, fitting[0])
}

#[tokio::test]
async fn who_fits_best_comes_first_with_reasons_that_add_up() {
    let app = TestApp::start().await;
    let (employer, job) = fitted(&app).await;
    let (_, best) = seeker(
        &app,
        "Python developer",
        "Berlin, Germany",
        &["Python", "Django"],
    )
    .await;
    let (_, far) = seeker(
        &app,
        "Python developer",
        "Lima, Peru",
        &["Python", "Django"],
    )
    .await;
    let (_, other) = seeker(&app, "Nurse", "Berlin, Germany", &["Care"]).await;
    app.drain_tasks().await;
    let found = candidates(&employer, job).await;
    assert_eq!(ids(&found), [best, far], "{found:#?}");
    assert!(!ids(&found).contains(&other), "a city alone is no reason");
    for one in &found {
        let reasons = one["reasons"].as_array().unwrap();
        let shares: Vec<f64> = reasons
            .iter()
            .map(|reason| reason["share"].as_f64().unwrap())
            .collect();
        let score = one["score"].as_f64().unwrap();
        assert!((shares.iter().sum::<f64>() - score).abs() < 1e-9, "{one:#}");
        assert!(score > 0.0 && score <= 1.0);
        assert!(shares.is_sorted_by(|a, b| a >= b));
        let grounds: Vec<&str> = reasons
            .iter()
            .map(|reason| reason["ground"].as_str().unwrap())
            .collect();
        assert!(
            grounds.contains(&"skills") && grounds.contains(&"title"),
            "{one:#}"
        );
    }
    let said = |one: &Value, ground: &str| {
        let reasons = one["reasons"].as_array().unwrap();
        let said = reasons.iter().find(|reason| reason["ground"] == ground);
        said.map(|reason| reason["text"].as_str().unwrap().to_owned())
    };
    assert_eq!(
        said(&found[0], "place").as_deref(),
        Some("In or near Berlin, Germany")
    );
    assert_eq!(said(&found[1], "place"), None);
    let card = &found[0]["freelancer"];
    assert_eq!(
        (&card["title"], &card["first_name"], &card["skills"]),
        (
            &json!("Python developer"),
            &json!("Robin"),
            &json!(["django", "python"])
        )
    );
    for hidden in ["email", "phone", "user_id", "resume_url"] {
        assert_eq!(card[hidden], Value::Null, "{hidden}");
    }
}

#[tokio::test]
async fn nobody_is_shown_who_does_not_want_to_be() {
    let app = TestApp::start().await;
    let (employer, job) = fitted(&app).await;
    let (freelancer, id) = seeker(&app, "Python developer", "Berlin", &["Python"]).await;
    app.drain_tasks().await;
    assert_eq!(ids(&candidates(&employer, job).await), [id]);
    for (open_to_work, discoverable) in [(false, true), (true, false)] {
        allow(&freelancer, open_to_work, discoverable).await;
        // At once, before a task has run.
        assert!(candidates(&employer, job).await.is_empty());
        let terms: i64 = sqlx::query_scalar("select count(*) from candidate_terms")
            .fetch_one(&app.db)
            .await
            .unwrap();
        assert_eq!(terms, 0);
        allow(&freelancer, true, true).await;
        app.drain_tasks().await;
        assert_eq!(ids(&candidates(&employer, job).await), [id]);
    }
    let application = json!({"job_id": job});
    freelancer
        .post("/api/applications/", application)
        .await
        .expect(201);
    assert!(candidates(&employer, job).await.is_empty(), "they applied");
    app.drain_tasks().await;
}

#[tokio::test]
async fn who_hid_the_job_or_blocked_or_reported_its_employer_is_left_out() {
    let app = TestApp::start().await;
    let (employer, job) = fitted(&app).await;
    let hide = "/api/jobs/recommendations/feedback/";
    let (hiding, _) = seeker(&app, "Python developer", "Berlin", &["Python"]).await;
    let events = json!({"events": [{"job_id": job, "kind": "not_interested"}]});
    hiding.post(hide, events).await.expect(204);

    let (blocking, _) = seeker(&app, "Python developer", "Berlin", &["Python"]).await;
    let (reporting, _) = seeker(&app, "Python developer", "Berlin", &["Python"]).await;
    let own = employer.get("/api/employers/jobs/").await.expect(200);
    // Another job of the same employer.
    let other: Uuid = own
        .results()
        .iter()
        .map(|one| one["id"].as_str().unwrap().parse().unwrap())
        .find(|id| *id != job)
        .unwrap();
    for freelancer in [&blocking, &reporting] {
        let application = json!({"job_id": other});
        let application = freelancer.post("/api/applications/", application).await;
        let thread = format!("/api/messages/{}/", application.expect(201).id());
        let message = json!({"body": "Work for nothing!"});
        let messages = format!("{thread}messages/");
        employer.post(&messages, message).await.expect(201);
        if freelancer.user_id == blocking.user_id {
            let block = format!("{thread}block/");
            freelancer.post(&block, json!(null)).await.expect(200);
        } else {
            let report = format!("{messages}1/report/");
            let reason = json!({"reason": "rude"});
            freelancer.post(&report, reason).await.expect(204);
        }
    }
    app.drain_tasks().await;
    assert!(candidates(&employer, job).await.is_empty());
    // Others may see those two.
    let stranger = app.employer().await;
    let posting = json!({"title": "Python developer", "company": "Elsewhere", "skills": ["python"],
        "location": "Berlin, Germany", "status": "published"});
    let posting = stranger.post("/api/jobs/", posting).await.expect(201).id();
    assert_eq!(candidates(&stranger, posting).await.len(), 3);
    app.drain_tasks().await;
}

#[tokio::test]
async fn pay_that_reaches_the_wish_counts() {
    let app = TestApp::start().await;
    let (employer, job) = fitted(&app).await;
    let pay = json!({"salary_min": "90000", "salary_max": "110000", "salary_currency": "EUR"});
    employer
        .patch(&format!("/api/jobs/{job}/"), pay)
        .await
        .expect(200);
    let mut people = Vec::new();
    // An hour is counted 2,080 times a year.
    for (rate, currency) in [(50, "EUR"), (60, "EUR"), (10, "USD")] {
        let (freelancer, id) = seeker(&app, "Python developer", "Berlin", &["Python"]).await;
        let wish = json!({"hourly_rate_min": rate, "rate_currency": currency});
        freelancer
            .patch("/api/freelancers/profile/", wish)
            .await
            .expect(200);
        people.push(id);
    }
    app.drain_tasks().await;
    let found = candidates(&employer, job).await;
    assert_eq!(found.len(), 3);
    let paid = |id: Uuid| {
        let at = ids(&found).iter().position(|one| *one == id).unwrap();
        let reasons = found[at]["reasons"].as_array().unwrap();
        reasons.iter().any(|reason| reason["ground"] == "pay")
    };
    assert_eq!(
        people.iter().map(|id| paid(*id)).collect::<Vec<_>>(),
        [true, false, false]
    );
    assert_eq!(ids(&found)[0], people[0]);
}

#[tokio::test]
async fn pages_hold_everybody_once() {
    let app = TestApp::start().await;
    let (employer, job) = fitted(&app).await;
    for _ in 0..5 {
        seeker(&app, "Python developer", "Berlin", &["Python"]).await;
    }
    app.drain_tasks().await;
    let mut seen = Vec::new();
    let mut next = Some(format!("{}?page_size=2", path(job)));
    while let Some(at) = next {
        let page = employer.get(&at).await.expect(200);
        seen.extend(ids(page.results()));
        next = page.json["next_cursor"]
            .as_str()
            .map(|cursor| format!("{}?page_size=2&cursor={cursor}", path(job)));
    }
    assert_eq!(seen, ids(&candidates(&employer, job).await));
    assert_eq!(seen.len(), 5);
    let numbered = employer
        .get(&format!("{}?page=2&page_size=2", path(job)))
        .await
        .expect(200);
    assert_eq!(ids(numbered.results()), seen[2..4]);
    assert_eq!(numbered.json["count"], 5);
}

#[tokio::test]
async fn candidates_are_for_those_who_hire() {
    let app = TestApp::start().await;
    let (employer, job) = fitted(&app).await;
    let owned = employer
        .get(&format!("/api/jobs/{job}/"))
        .await
        .expect(200)
        .json;
    let company = owned["company"]["id"].as_str().unwrap();
    for (role, status) in [("recruiter", 200), ("reviewer", 403)] {
        let member = app.employer().await;
        let body = json!({"email": member.email, "role": role});
        employer
            .post(&format!("/api/companies/{company}/members/"), body)
            .await
            .expect(201);
        member.get(&path(job)).await.expect(status);
    }
    app.employer().await.get(&path(job)).await.expect(404);
    app.anonymous().get(&path(job)).await.expect(401);
    app.freelancer().await.get(&path(job)).await.expect(403);
    let admin = app.admin().await;
    admin.get(&path(job)).await.expect(200);
    admin.get(&path(Uuid::nil())).await.expect(404);
    admin
        .get(&format!("{}?page_size=101", path(job)))
        .await
        .expect(422);
    admin
        .get(&format!("{}?cursor=x", path(job)))
        .await
        .expect(422);
    sqlx::query("update employer_profiles set can_post_jobs = false where user_id = $1")
        .bind(employer.user_id)
        .execute(&app.db)
        .await
        .unwrap();
    let refused = employer.get(&path(job)).await.expect(403);
    assert_eq!(refused.json["code"], "posting_not_allowed");
    app.drain_tasks().await;
}

#[tokio::test]
async fn a_draft_has_candidates_and_without_a_model_nobody_does() {
    let app = TestApp::start().await;
    let employer = app.employer().await;
    let draft = json!({"title": "Python developer", "company": "New", "skills": ["python"]});
    let draft = employer.post("/api/jobs/", draft).await.expect(201).id();
    assert!(candidates(&employer, draft).await.is_empty());
    board(&app).await;
    app.enqueue(&Plan::default()).await;
    let (_, id) = seeker(&app, "Python developer", "Berlin", &["Python"]).await;
    app.drain_tasks().await;
    assert_eq!(ids(&candidates(&employer, draft).await), [id]);
}
