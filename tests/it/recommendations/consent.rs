//! What freelancers allow, and what follows from it.

use std::time::Duration;

use jobboard_shared::recommendations::{codec, db, model::Model, tasks::Plan};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{board, describe, ids, post_job, recommended, stored};
use crate::support::{Client, TestApp};

const PATH: &str = "/api/freelancers/consent/";

async fn allow(freelancer: &Client, discoverable: bool, personalised: bool) {
    let consent = json!({
        "open_to_work": true, "discoverable": discoverable, "personalised": personalised,
    });
    freelancer.put(PATH, consent).await.expect(200);
}

async fn save(freelancer: &Client, jobs: &[Uuid]) {
    for job in jobs {
        let save = json!({"job_id": job});
        freelancer.post("/api/jobs/saved/", save).await.expect(201);
    }
}

/// Fits a model of what is there now.
async fn fitted(app: &TestApp) -> Model {
    app.advance_time(Duration::from_secs(60)).await;
    app.enqueue(&Plan::default()).await;
    app.drain_tasks().await;
    let mut conn = app.db.acquire().await.unwrap();
    let head = db::latest_head(&mut conn).await.unwrap().unwrap();
    let (head, content) = db::load_model(&mut conn, head.version)
        .await
        .unwrap()
        .unwrap();
    codec::decode(head.version, head.fitted_at, &content).unwrap()
}

#[tokio::test]
async fn it_is_read_and_replaced_whole() {
    let app = TestApp::start().await;
    let freelancer = app.freelancer().await;
    let first = freelancer.get(PATH).await.expect(200).json;
    let expected = json!({"open_to_work": true, "discoverable": false, "personalised": true});
    assert_eq!(first, expected, "nobody is shown who did not say so");

    let wish = json!({"open_to_work": false, "discoverable": true, "personalised": false});
    let answer = freelancer.put(PATH, wish.clone()).await.expect(200).json;
    assert_eq!(answer, wish);
    assert_eq!(freelancer.get(PATH).await.expect(200).json, wish);

    // Nothing is allowed by being left out.
    let part = json!({"discoverable": true, "personalised": true});
    let refused = freelancer.put(PATH, part).await.expect(422);
    let missing = ("open_to_work".to_owned(), "required".to_owned());
    assert_eq!(refused.field_errors(), [missing]);
    freelancer.put(PATH, json!({"x": 1})).await.expect(422);
    assert_eq!(freelancer.get(PATH).await.expect(200).json, wish);

    app.anonymous().get(PATH).await.expect(401);
    app.employer().await.get(PATH).await.expect(403);
    app.admin().await.put(PATH, wish).await.expect(403);
    app.drain_tasks().await;
}

#[tokio::test]
async fn who_says_no_gets_a_list_of_the_profile_alone_at_once() {
    let app = TestApp::start().await;
    let (employer, ..) = board(&app).await;
    let welder = post_job(&employer, "Welder", "Sparks", &["care"], "Oslo, Norway").await;
    let freelancer = app.freelancer().await;
    describe(&freelancer, "Python developer", "Berlin", &["Python"]).await;
    save(&freelancer, &[welder]).await;
    app.enqueue(&Plan::default()).await;
    app.drain_tasks().await;
    let of_event = |list: &Value| -> usize {
        let results = list["results"].as_array().unwrap();
        let like = |one: &&Value| one["reason"].as_str().unwrap().contains("Welder");
        results.iter().filter(like).count()
    };
    let all = "/api/jobs/recommendations/?page_size=30";
    let before = freelancer.get(all).await.expect(200).json;
    assert_eq!(
        (&before["step"], of_event(&before) > 0),
        (&json!("stored"), true)
    );

    app.advance_time(Duration::from_secs(60)).await;
    allow(&freelancer, false, false).await;
    // No task has run since.
    assert!(stored(&app).await.is_empty());
    let after = freelancer.get(all).await.expect(200).json;
    assert_eq!((&after["step"], of_event(&after)), (&json!("profile"), 0));
    app.drain_tasks().await;
    let after = freelancer.get(all).await.expect(200).json;
    assert_eq!((&after["step"], of_event(&after)), (&json!("stored"), 0));

    // What they do from now on changes nothing, and yes brings back what was there.
    app.advance_time(Duration::from_secs(60)).await;
    let path = format!("/api/jobs/{}/", ids(&after)[3]);
    freelancer.get(&path).await.expect(200);
    assert_eq!(recommended(&freelancer).await["step"], "stored");
    allow(&freelancer, false, true).await;
    app.drain_tasks().await;
    let again = freelancer.get(all).await.expect(200).json;
    assert!(of_event(&again) > 0);
}

#[tokio::test]
async fn looks_and_feedback_of_who_says_no_are_not_kept_with_their_name() {
    let app = TestApp::start().await;
    let (_, fitting, _) = board(&app).await;
    let freelancer = app.freelancer().await;
    allow(&freelancer, false, false).await;
    let path = format!("/api/jobs/{}/", fitting[0]);
    freelancer.get(&path).await.expect(200);
    let events = json!({"events": [
        {"job_id": fitting[0], "kind": "click"},
        {"job_id": fitting[1], "kind": "impression"},
        {"job_id": fitting[2], "kind": "hide"},
    ]});
    freelancer
        .post("/api/jobs/recommendations/feedback/", events)
        .await
        .expect(204);
    app.drain_tasks().await;
    let (looks, named, told, hidden): (i64, i64, i64, i64) = sqlx::query_as(
        "select (select count(*) from job_views), (select count(user_id) from job_views),
            (select count(*) from recommendation_feedback), (select count(*) from hidden_jobs)",
    )
    .fetch_one(&app.db)
    .await
    .unwrap();
    assert_eq!((looks, named), (1, 0), "counted, without saying whose");
    assert_eq!((told, hidden), (0, 1), "what they do not want is kept");
}

#[tokio::test]
async fn the_next_model_knows_nothing_of_who_said_no_or_is_gone() {
    let app = TestApp::start().await;
    let (_, fitting, _) = board(&app).await;
    let (one, other) = (app.freelancer().await, app.freelancer().await);
    for (freelancer, jobs) in [(&one, &fitting[..2]), (&other, &fitting[4..6])] {
        save(freelancer, jobs).await;
    }
    let together = async || {
        let model = fitted(&app).await;
        let number = |job: Uuid| model.jobs.iter().position(|known| known.id == job).unwrap();
        [fitting[0], fitting[4]].map(|job| !model.together.of(number(job) as u32).items.is_empty())
    };
    assert_eq!(together().await, [true, true]);
    allow(&one, false, false).await;
    assert_eq!(together().await, [false, true]);
    let account = format!("/api/users/{}/", other.user_id);
    app.admin().await.delete(&account).await.expect(204);
    assert_eq!(together().await, [false, false]);
    allow(&one, false, true).await;
    assert_eq!(together().await, [true, false]);
}
