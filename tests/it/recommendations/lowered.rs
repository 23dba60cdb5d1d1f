//! What people do not want, and wishes that jobs do not meet.

use std::time::Duration;

use serde_json::{Value, json};
use uuid::Uuid;

use super::{board, describe, ids};
use crate::support::{Client, TestApp};

const ALL: &str = "/api/jobs/recommendations/?page_size=30";

async fn list(freelancer: &Client) -> Value {
    freelancer.get(ALL).await.expect(200).json
}

fn one(list: &Value, job: Uuid) -> Value {
    let place = ids(list).iter().position(|id| *id == job).unwrap();
    list["results"][place].clone()
}

/// Of the computed jobs: what their shares add up to is their score.
fn adds_up(list: &Value) {
    for one in list["results"].as_array().unwrap() {
        let Some(shares) = one["shares"].as_object() else {
            continue;
        };
        let sum: f64 = shares.values().map(|share| share.as_f64().unwrap()).sum();
        assert!(
            (sum - one["score"].as_f64().unwrap()).abs() < 1e-9,
            "{one:#}"
        );
        assert!(shares["dislikes"].as_f64() <= Some(0.0));
        assert!(shares["wishes"].as_f64() <= Some(0.0));
    }
}

async fn seeker(app: &TestApp) -> Client {
    let freelancer = app.freelancer().await;
    describe(&freelancer, "Python developer", "Berlin", &["Python"]).await;
    app.drain_tasks().await;
    freelancer
}

#[tokio::test]
async fn jobs_like_one_that_does_not_interest_are_lowered_until_it_is_taken_back() {
    let app = TestApp::start().await;
    let (_, fitting, _) = board(&app).await;
    let freelancer = seeker(&app).await;
    let before = list(&freelancer).await;
    adds_up(&before);
    // Every third has the title of the first, and none of those its company.
    let (disliked, alike, other) = (fitting[0], fitting[3], fitting[1]);
    let share = |list: &Value, job: Uuid| one(list, job)["shares"]["dislikes"].as_f64().unwrap();
    assert_eq!(share(&before, alike), 0.0);

    app.advance_time(Duration::from_secs(60)).await;
    let events = json!({"events": [{"job_id": disliked, "kind": "not_interested"}]});
    freelancer
        .post("/api/jobs/recommendations/feedback/", events)
        .await
        .expect(204);
    let after = list(&freelancer).await;
    adds_up(&after);
    assert!(!ids(&after).contains(&disliked));
    assert!(share(&after, alike) < -0.1, "{after:#}");
    assert!(share(&after, alike) < share(&after, other));
    let reason = one(&after, alike)["reason"].as_str().unwrap().to_owned();
    assert!(
        reason.ends_with("; but like “Python developer”, which does not interest you"),
        "{reason}"
    );
    // As in the list that a task stores.
    describe(&freelancer, "Python developer", "Berlin", &[]).await;
    app.drain_tasks().await;
    let stored = list(&freelancer).await;
    assert_eq!(stored["step"], "stored");
    adds_up(&stored);
    assert!((share(&stored, alike) - share(&after, alike)).abs() < 0.05);

    let taken_back = format!("/api/jobs/hidden/{disliked}/");
    freelancer.delete(&taken_back).await.expect(204);
    describe(&freelancer, "Python developer", "Berlin", &[]).await;
    app.drain_tasks().await;
    let again = list(&freelancer).await;
    assert_eq!(share(&again, alike), 0.0);
    assert!(ids(&again).contains(&disliked));
}

#[tokio::test]
async fn dislikes_teach_nothing_about_who_does_not_allow_it() {
    let app = TestApp::start().await;
    let (_, fitting, _) = board(&app).await;
    let freelancer = seeker(&app).await;
    let consent = json!({"open_to_work": true, "discoverable": false, "personalised": false});
    freelancer
        .put("/api/freelancers/consent/", consent)
        .await
        .expect(200);
    let events = json!({"events": [{"job_id": fitting[0], "kind": "not_interested"}]});
    freelancer
        .post("/api/jobs/recommendations/feedback/", events)
        .await
        .expect(204);
    app.drain_tasks().await;
    let list = list(&freelancer).await;
    assert!(!ids(&list).contains(&fitting[0]));
    assert_eq!(one(&list, fitting[3])["shares"]["dislikes"], 0.0);
}

#[tokio::test]
async fn jobs_that_do_not_meet_the_wishes_are_lowered() {
    let app = TestApp::start().await;
    let (employer, fitting, _) = board(&app).await;
    let terms = [
        json!({"salary_max": "50000", "salary_currency": "EUR"}),
        json!({"salary_max": "110000", "salary_currency": "EUR"}),
        json!({"salary_max": "50000", "salary_currency": "USD"}),
        json!({"workplace": "remote"}),
    ];
    for (job, terms) in fitting.iter().zip(terms) {
        let path = format!("/api/jobs/{job}/");
        employer.patch(&path, terms).await.expect(200);
    }
    let freelancer = seeker(&app).await;
    let wishes = json!({
        "hourly_rate_min": 50, "rate_currency": "EUR", "is_open_to_remote": false,
    });
    freelancer
        .patch("/api/freelancers/profile/", wishes)
        .await
        .expect(200);
    app.drain_tasks().await;
    let list = list(&freelancer).await;
    adds_up(&list);
    let lowered = |at: usize| {
        let one = one(&list, fitting[at]);
        one["shares"]["wishes"].as_f64().unwrap() < 0.0
    };
    let found: Vec<bool> = (0..5).map(lowered).collect();
    assert_eq!(found, [true, false, false, true, false], "{list:#}");
    let reason = one(&list, fitting[0])["reason"].clone();
    assert!(
        reason
            .as_str()
            .unwrap()
            .ends_with("; but pays less than you ask for")
    );
}
