//! What people say about their lists.

use serde_json::{Value, json};
use uuid::Uuid;

use super::{board, describe, ids, recommended};
use crate::support::{Client, TestApp};

const PATH: &str = "/api/jobs/recommendations/feedback/";

async fn told(app: &TestApp) -> Vec<(Uuid, String, i32)> {
    sqlx::query_as(
        "select job_id, kind::text, times from recommendation_feedback order by job_id, kind",
    )
    .fetch_all(&app.db)
    .await
    .unwrap()
}

async fn with_list(app: &TestApp) -> (Client, Vec<Uuid>) {
    board(app).await;
    let freelancer = app.freelancer().await;
    describe(&freelancer, "Python developer", "Berlin", &["Python"]).await;
    app.drain_tasks().await;
    let list = ids(&recommended(&freelancer).await);
    (freelancer, list)
}

fn event(job_id: Uuid, kind: &str) -> Value {
    json!({"job_id": job_id, "kind": kind})
}

#[tokio::test]
async fn a_hidden_job_leaves_the_list_at_once_and_can_come_back() {
    let app = TestApp::start().await;
    let (freelancer, list) = with_list(&app).await;
    let events = json!({"events": [event(list[0], "hide"), event(list[1], "not_interested")]});
    freelancer.post(PATH, events).await.expect(204);
    let gone = |list: &[Uuid], job: Uuid| !list.contains(&job);
    let now = ids(&recommended(&freelancer).await);
    assert!(gone(&now, list[0]) && gone(&now, list[1]));
    assert_eq!(now.len(), 10, "others move up");
    let similar = format!("/api/jobs/similar/{}/?page_size=50", list[2]);
    let similar = freelancer.get(&similar).await.expect(200).json;
    assert!(gone(&ids(&similar), list[0]));

    // Nor does a new list have it.
    describe(&freelancer, "Django developer", "Berlin", &[]).await;
    app.drain_tasks().await;
    assert!(gone(&ids(&recommended(&freelancer).await), list[0]));

    let hidden = format!("/api/jobs/hidden/{}/", list[0]);
    app.freelancer().await.delete(&hidden).await.expect(404);
    freelancer.delete(&hidden).await.expect(204);
    freelancer.delete(&hidden).await.expect(404);
    describe(&freelancer, "Python developer", "Berlin", &[]).await;
    app.drain_tasks().await;
    let path = "/api/jobs/recommendations/?page_size=30";
    let now = ids(&freelancer.get(path).await.expect(200).json);
    assert!(now.contains(&list[0]) && gone(&now, list[1]));
}

#[tokio::test]
async fn each_event_counts_once_per_job_and_what_is_gone_is_left_out() {
    let app = TestApp::start().await;
    let (freelancer, list) = with_list(&app).await;
    let shown: Vec<Value> = (1..)
        .zip(&list[..3])
        .map(|(place, job)| json!({"job_id": job, "kind": "impression", "position": place}))
        .chain([
            event(list[0], "impression"),
            event(Uuid::nil(), "click"),
            event(list[1], "click"),
        ])
        .collect();
    for _ in 0..2 {
        let events = json!({"events": shown});
        freelancer.post(PATH, events).await.expect(204);
    }
    let told = told(&app).await;
    assert_eq!(told.len(), 4, "{told:?}");
    assert!(told.iter().all(|(.., times)| *times == 2), "{told:?}");
    let clicked: Vec<Uuid> =
        sqlx::query_scalar("select job_id from job_recommendations where is_clicked")
            .fetch_all(&app.db)
            .await
            .unwrap();
    assert_eq!(clicked, [list[1]]);
    let arms: Vec<String> =
        sqlx::query_scalar("select distinct arm::text from recommendation_feedback")
            .fetch_all(&app.db)
            .await
            .unwrap();
    assert_eq!(arms, ["hybrid"]);

    // An account that goes takes all of it along.
    sqlx::query("delete from users where id = $1")
        .bind(freelancer.user_id)
        .execute(&app.db)
        .await
        .unwrap();
    assert!(self::told(&app).await.is_empty());
}

#[tokio::test]
async fn feedback_is_checked_whole() {
    let app = TestApp::start().await;
    let job = Uuid::nil();
    let right = json!({"events": [event(job, "click")]});
    app.anonymous().post(PATH, right.clone()).await.expect(401);
    app.employer()
        .await
        .post(PATH, right.clone())
        .await
        .expect(403);
    let freelancer = app.freelancer().await;
    freelancer.post(PATH, right).await.expect(204);
    for wrong in [
        json!({"events": []}),
        json!({"events": [event(job, "love")]}),
        json!({"events": [{"job_id": job, "kind": "click", "position": 0}]}),
        json!({"events": [{"job_id": job, "kind": "click", "arm": "content"}]}),
    ] {
        freelancer.post(PATH, wrong).await.expect(422);
    }
}

#[tokio::test]
async fn hidden_jobs_are_listed_and_taken_back() {
    let app = TestApp::start().await;
    let (freelancer, list) = with_list(&app).await;
    let path = "/api/jobs/hidden/";
    for (job, kind) in [
        (list[0], "hide"),
        (list[1], "not_interested"),
        (list[2], "hide"),
    ] {
        let events = json!({"events": [event(job, kind)]});
        freelancer.post(PATH, events).await.expect(204);
        app.advance_time(std::time::Duration::from_secs(1)).await;
    }
    let hidden = freelancer.get(path).await.expect(200);
    let shown: Vec<(Uuid, &str)> = hidden
        .results()
        .iter()
        .map(|one| {
            let id = one["job_id"].as_str().unwrap().parse().unwrap();
            (id, one["reason"].as_str().unwrap())
        })
        .collect();
    let expected = [
        (list[2], "hidden"),
        (list[1], "not_interested"),
        (list[0], "hidden"),
    ];
    assert_eq!(shown, expected, "the latest first");
    assert!(hidden.results()[0]["title"].is_string());
    let page = freelancer
        .get(&format!("{path}?page=2&page_size=2"))
        .await
        .expect(200);
    assert_eq!((page.results().len(), &page.json["count"]), (1, &json!(3)));

    let other = app.freelancer().await;
    assert!(other.get(path).await.expect(200).results().is_empty());
    let one = format!("{path}{}/", list[1]);
    other.delete(&one).await.expect(404);
    freelancer.delete(&one).await.expect(204);
    freelancer.delete(&one).await.expect(404);
    assert_eq!(freelancer.get(path).await.expect(200).results().len(), 2);
    app.anonymous().get(path).await.expect(401);
    app.employer().await.get(path).await.expect(403);
    freelancer
        .get(&format!("{path}?page_size=0"))
        .await
        .expect(422);
    app.drain_tasks().await;
}
