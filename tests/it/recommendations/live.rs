//! Lists made on request.

use jobboard_shared::recommendations::{db, hybrid::Arm, tasks::Plan};
use serde_json::{Value, json};

use super::{board, describe, ids, post_job, recommended};
use crate::support::TestApp;

#[tokio::test]
async fn a_view_made_a_minute_ago_changes_the_list() {
    let app = TestApp::start().await;
    let (employer, _, others) = board(&app).await;
    let welder = post_job(&employer, "Welder", "Sparks", &["care"], "Oslo, Norway").await;
    let freelancer = app.freelancer().await;
    describe(&freelancer, "Python developer", "Berlin", &["Python"]).await;
    app.drain_tasks().await;
    let all = "/api/jobs/recommendations/?page_size=30";
    let of_welder = |list: &Value| {
        let place = ids(list).iter().position(|id| *id == welder).unwrap();
        list["results"][place].clone()
    };
    let before = freelancer.get(all).await.expect(200).json;
    assert_eq!(before["step"], "stored");

    app.advance_time(std::time::Duration::from_secs(60)).await;
    let path = format!("/api/jobs/{}/", others[1]);
    freelancer.get(&path).await.expect(200);
    app.write_looks().await;
    let after = freelancer.get(all).await.expect(200).json;
    assert_eq!(after["step"], "live");
    assert_eq!(of_welder(&before)["step"], "newest");
    let now = of_welder(&after);
    assert_eq!(
        (&now["step"], &now["reason"]),
        (
            &json!("live"),
            &json!("Like “Welder”, which you viewed; published lately")
        )
    );
    assert_ne!(after["computed_at"], before["computed_at"]);
    app.drain_tasks().await;
}

#[tokio::test]
async fn who_has_just_come_is_served_at_once() {
    let app = TestApp::start().await;
    let (_, fitting, _) = board(&app).await;
    app.enqueue(&Plan::default()).await;
    app.drain_tasks().await;
    let freelancer = app.freelancer().await;
    describe(&freelancer, "Python developer", "Berlin", &["Python"]).await;
    // No task has run since the profile was written.
    let answer = recommended(&freelancer).await;
    assert_eq!(answer["step"], "profile");
    let found = ids(&answer);
    assert_eq!(found.len(), 10);
    assert!(found.iter().all(|id| fitting.contains(id)), "{answer:#}");
    app.drain_tasks().await;
}

#[tokio::test]
async fn who_has_closed_a_job_is_heard_at_once_while_facts_of_it_are_kept() {
    let app = TestApp::start().await;
    let (employer, fitting, _) = board(&app).await;
    describe(&app.freelancer().await, "Python developer", "Berlin", &[]).await;
    // The batch keeps them in this process.
    app.enqueue(&Plan::default()).await;
    app.drain_tasks().await;
    let close = format!("/api/jobs/{}/close/", fitting[0]);
    employer.post(&close, json!({})).await.expect(200);

    let freelancer = app.freelancer().await;
    describe(&freelancer, "Python developer", "Berlin", &["Python"]).await;
    let all = "/api/jobs/recommendations/?page_size=30";
    let answer = freelancer.get(all).await.expect(200).json;
    assert_eq!(answer["results"][0]["step"], "profile");
    assert!(!ids(&answer).contains(&fitting[0]));
    app.drain_tasks().await;
}

#[tokio::test]
async fn what_similar_people_did_counts_and_is_told() {
    let app = TestApp::start().await;
    let (employer, fitting, others) = board(&app).await;
    let odd = post_job(&employer, "Beekeeper", "Honey", &["bees"], "Lima, Peru").await;
    for _ in 0..3 {
        let other = app.freelancer().await;
        for job in [fitting[0], odd] {
            let save = json!({"job_id": job});
            other.post("/api/jobs/saved/", save).await.expect(201);
        }
    }
    let freelancer = app.freelancer().await;
    describe(&freelancer, "Python developer", "Berlin", &["Python"]).await;
    let save = json!({"job_id": fitting[0]});
    freelancer.post("/api/jobs/saved/", save).await.expect(201);
    app.enqueue(&Plan::default()).await;
    app.drain_tasks().await;
    let answer = freelancer
        .get("/api/jobs/recommendations/?page_size=30")
        .await
        .expect(200)
        .json;
    let place = ids(&answer).iter().position(|id| *id == odd).unwrap();
    let one = &answer["results"][place];
    assert!(
        one["shares"]["collaborative"].as_f64().unwrap() > 0.0,
        "{one:#}"
    );
    assert!(
        place
            < ids(&answer)
                .iter()
                .position(|id| *id == others[0])
                .unwrap_or(30)
    );
}

#[tokio::test]
async fn arms_have_their_own_lists() {
    let app = TestApp::start_with(|config| {
        config.recommendations.arms = vec![(Arm::Content, 1)];
    })
    .await;
    board(&app).await;
    let freelancer = app.freelancer().await;
    describe(&freelancer, "Python developer", "Berlin", &["Python"]).await;
    app.drain_tasks().await;
    let answer = recommended(&freelancer).await;
    assert_eq!(answer["arm"], "content");
    for one in answer["results"].as_array().unwrap() {
        assert_eq!(one["algorithm_type"], "content_based");
        assert_eq!(one["shares"]["trending"], 0.0);
    }
}

#[tokio::test]
async fn an_older_model_can_be_used_again() {
    let app = TestApp::start().await;
    board(&app).await;
    let mut versions = Vec::new();
    let mut conn = app.db.acquire().await.unwrap();
    for _ in 0..7 {
        app.advance_time(std::time::Duration::from_secs(60)).await;
        app.enqueue(&Plan::default()).await;
        app.drain_tasks().await;
        let head = db::latest_head(&mut conn).await.unwrap().unwrap();
        versions.push(head.version);
    }
    assert!(
        !db::activate_model(&mut conn, versions[0]).await.unwrap(),
        "gone"
    );
    app.advance_time(std::time::Duration::from_secs(60)).await;
    assert!(db::activate_model(&mut conn, versions[3]).await.unwrap());
    let freelancer = app.freelancer().await;
    describe(&freelancer, "Python developer", "Berlin", &["Python"]).await;
    app.drain_tasks().await;
    let answer = recommended(&freelancer).await;
    assert_eq!(answer["model"], versions[3].to_string());
}
