//! What administrators see of models, runs and arms.

use jobboard_shared::recommendations::{hybrid::Arm, tasks::Plan};
use serde_json::{Value, json};

use super::{board, describe, ids, recommended};
use crate::support::{Browser, TestApp};

const FEEDBACK: &str = "/api/jobs/recommendations/feedback/";

/// Two arms; each user is shown ten jobs, opens the first and applies for it, and hides
/// the second.
async fn experiment() -> (TestApp, Vec<String>) {
    let app = TestApp::start_with(|config| {
        config.recommendations.arms = vec![(Arm::Content, 1), (Arm::Hybrid, 1)];
    })
    .await;
    board(&app).await;
    let mut arms = Vec::new();
    for _ in 0..6 {
        let freelancer = app.freelancer().await;
        describe(&freelancer, "Python developer", "Berlin", &["Python"]).await;
        app.drain_tasks().await;
        let answer = recommended(&freelancer).await;
        let list = ids(&answer);
        arms.push(answer["arm"].as_str().unwrap().to_owned());
        let mut events: Vec<Value> = list
            .iter()
            .map(|id| json!({"job_id": id, "kind": "impression"}))
            .collect();
        events.push(json!({"job_id": list[0], "kind": "click"}));
        events.push(json!({"job_id": list[1], "kind": "hide"}));
        let events = json!({"events": events});
        freelancer.post(FEEDBACK, events).await.expect(204);
        let application = json!({"job_id": list[0]});
        freelancer
            .post("/api/applications/", application)
            .await
            .expect(201);
        app.drain_tasks().await;
    }
    (app, arms)
}

#[tokio::test]
async fn the_report_counts_what_was_shown_opened_and_applied_for() {
    let (app, arms) = experiment().await;
    let admin = app.admin().await;
    let path = "/api/admin/recommendations/experiment/";
    let report = admin.get(path).await.expect(200).json;
    let results = report["results"].as_array().unwrap();
    assert_eq!(results.len(), 2);
    for (result, name) in results.iter().zip(["content", "hybrid"]) {
        let users = arms.iter().filter(|arm| *arm == name).count() as i64;
        assert_eq!(result["arm"], name);
        assert_eq!(result["expected_share"], 0.5);
        assert_eq!(result["users"], users);
        assert_eq!(result["impressions"], 10 * users);
        for what in ["clicks", "applications", "hidden"] {
            assert_eq!(result[what], users, "{what}: {result:#}");
        }
        let rate = &result["click_rate"];
        if users > 0 {
            assert!((rate["value"].as_f64().unwrap() - 0.1).abs() < 1e-9);
            assert!(rate["low"].as_f64() < Some(0.1) && rate["high"].as_f64() > Some(0.1));
        }
    }
    assert_eq!(results[0]["click_difference"], Value::Null);
    assert!(results[1]["click_difference"]["low"].is_number());
    assert_eq!(report["is_sample_ratio_mismatch"], false);
    admin.get(&format!("{path}?days=91")).await.expect(422);
}

#[tokio::test]
async fn models_runs_and_arms_are_listed_and_an_older_model_is_put_into_use() {
    let app = TestApp::start().await;
    board(&app).await;
    let admin = app.admin().await;
    let runs = "/api/admin/recommendations/runs/";
    for _ in 0..2 {
        admin.post(runs, json!(null)).await.expect(202);
        admin.post(runs, json!(null)).await.expect(202);
        app.drain_tasks().await;
        app.advance_time(std::time::Duration::from_secs(60)).await;
    }
    let listed = admin.get(runs).await.expect(200).json;
    let listed = listed["results"].as_array().unwrap();
    assert_eq!(listed.len(), 2, "two at once are one");
    assert!(
        listed
            .iter()
            .all(|run| run["remaining"] == 0 && run["ended_at"].is_string())
    );

    let path = "/api/admin/recommendations/models/";
    let models = admin.get(path).await.expect(200).json;
    assert_eq!(listed[0]["model"], models["results"][0]["version"]);
    assert_eq!(
        (
            &models["results"][0]["is_active"],
            &models["results"][0]["jobs"]
        ),
        (&json!(true), &json!(15))
    );
    let older = models["results"][1]["version"].as_str().unwrap();
    let activate = format!("{path}{older}/activate/");
    let models = admin.post(&activate, json!(null)).await.expect(200).json;
    assert_eq!(models["results"][1]["is_active"], true);
    assert_eq!(models["results"][0]["is_active"], false);
    let missing = format!("{path}{}/activate/", uuid::Uuid::nil());
    admin.post(&missing, json!(null)).await.expect(404);

    let arms = admin
        .get("/api/admin/recommendations/arms/")
        .await
        .expect(200)
        .json;
    let shares: Vec<(&str, f64)> = arms["results"]
        .as_array()
        .unwrap()
        .iter()
        .map(|arm| {
            (
                arm["name"].as_str().unwrap(),
                arm["share"].as_f64().unwrap(),
            )
        })
        .collect();
    assert_eq!(shares.len(), 5);
    assert!(shares.contains(&("hybrid", 1.0)) && shares.contains(&("content", 0.0)));
}

#[tokio::test]
async fn in_a_browser_the_arms_are_drawn() {
    let (app, arms) = experiment().await;
    app.enqueue(&Plan::default()).await;
    app.drain_tasks().await;
    let admin = app.admin().await;
    let mut browser = Browser::start().await;
    let page = format!("{}/admin/recommendations/", app.base);
    browser.open_signed_in(&page, &admin.email).await;
    browser
        .click("header nav a[href='/admin/recommendations/']")
        .await;
    let hybrid = arms.iter().filter(|arm| *arm == "hybrid").count() * 10;
    browser
        .until(&format!(
            "document.querySelector('#arm-hybrid .shown')?.innerText === '{hybrid}'"
        ))
        .await;
    let plots = browser
        .value("document.querySelectorAll('svg.interval').length")
        .await;
    assert_eq!(plots, 4);
    browser
        .until("[...document.querySelectorAll('svg.interval rect.one')].some(bar => bar.getBoundingClientRect().width > 20)")
        .await;
    let rows = browser
        .value("document.querySelectorAll('tbody tr').length")
        .await;
    assert!(rows.as_u64().unwrap() >= 2);
    browser.click(".tabs a:first-child").await;
    browser.until("location.search === '?days=7'").await;
    assert!(browser.complaints.is_empty(), "{:?}", browser.complaints);
}
