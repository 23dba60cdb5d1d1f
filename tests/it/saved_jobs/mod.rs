//! Jobs that job seekers keep for later.

use futures::future::join_all;
use serde_json::json;
use uuid::Uuid;

use crate::{
    applications::Board,
    support::{Client, Response, TestApp},
};

async fn save(client: &Client, job_id: Uuid) -> Response {
    client
        .post("/api/jobs/saved/", json!({"job_id": job_id}))
        .await
}

async fn save_count(app: &TestApp, job_id: Uuid) -> i32 {
    sqlx::query_scalar("select save_count from jobs where id = $1")
        .bind(job_id)
        .fetch_one(&app.db)
        .await
        .unwrap()
}

#[tokio::test]
async fn a_job_is_saved_with_notes_changed_and_forgotten() {
    let app = TestApp::start().await;
    let board = Board::new(&app).await;
    let user = app.freelancer().await;
    let body = json!({"job_id": board.job_id, "notes": "Near", "tags": ["art", "city"]});
    let saved = user.post("/api/jobs/saved/", body).await.expect(201);
    assert_eq!(saved.json["job"]["id"], json!(board.job_id));
    assert_eq!(saved.json["notes"], "Near");
    assert_eq!(saved.json["is_open"], true);
    assert_eq!(save_count(&app, board.job_id).await, 1);

    let path = format!("/api/jobs/saved/{}/", board.job_id);
    let changed = user.patch(&path, json!({"notes": null})).await.expect(200);
    assert_eq!(changed.json["notes"], "");
    assert_eq!(changed.json["tags"], json!(["art", "city"]));
    let changed = user
        .patch(&path, json!({"tags": ["far"]}))
        .await
        .expect(200);
    assert_eq!(changed.json["tags"], json!(["far"]));

    user.delete(&path).await.expect(204);
    user.delete(&path).await.expect(404);
    assert_eq!(save_count(&app, board.job_id).await, 0);
    let signals: i64 = sqlx::query_scalar("select count(*) from job_signals where kind = 'save'")
        .fetch_one(&app.db)
        .await
        .unwrap();
    assert_eq!(signals, 1);
}

#[tokio::test]
async fn the_list_is_ones_own_newest_first_and_by_tag() {
    let app = TestApp::start().await;
    let board = Board::new(&app).await;
    let (user, other) = (app.freelancer().await, app.freelancer().await);
    let mut ids = Vec::new();
    for tag in ["a", "b", "a"] {
        let job_id = board.another_job(&app).await;
        let body = json!({"job_id": job_id, "tags": [tag]});
        user.post("/api/jobs/saved/", body).await.expect(201);
        save(&other, job_id).await.expect(201);
        ids.push(job_id);
    }
    ids.reverse();
    board.change_job(&app, ids[0], "status = 'closed'").await;
    let page = user.get("/api/jobs/saved/?page_size=2").await.expect(200);
    let shown = |page: &Response| -> Vec<_> {
        page.results()
            .iter()
            .map(|one| (one["job"]["id"].clone(), one["is_open"].clone()))
            .collect()
    };
    assert_eq!(
        shown(&page),
        [(json!(ids[0]), json!(false)), (json!(ids[1]), json!(true))]
    );
    let cursor = page.json["next_cursor"].as_str().unwrap();
    let rest = user
        .get(&format!("/api/jobs/saved/?page_size=2&cursor={cursor}"))
        .await
        .expect(200);
    assert_eq!(shown(&rest), [(json!(ids[2]), json!(true))]);
    let tagged = user.get("/api/jobs/saved/?tag=a&page=1").await.expect(200);
    assert_eq!(tagged.json["count"], 2);
    user.get(&format!("/api/jobs/saved/?tag=b&cursor={cursor}"))
        .await
        .expect(422);
}

#[tokio::test]
async fn what_is_not_open_or_saved_already_is_refused() {
    let app = TestApp::start().await;
    let board = Board::new(&app).await;
    let user = app.freelancer().await;
    save(&user, Uuid::now_v7()).await.expect(404);
    let closed = board.another_job(&app).await;
    board.change_job(&app, closed, "status = 'closed'").await;
    save(&user, closed).await.expect(404);
    save(&user, board.job_id).await.expect(201);
    let again = save(&user, board.job_id).await.expect(409);
    assert_eq!(again.json["code"], "already_saved");
    let refused = user
        .post(
            "/api/jobs/saved/",
            json!({"job_id": board.job_id, "notes": "x".repeat(5001), "tags": ["", "y".repeat(51)]}),
        )
        .await
        .expect(422);
    assert_eq!(refused.field_errors()[0].0, "notes");
    let refused = user
        .post(
            "/api/jobs/saved/",
            json!({"job_id": board.job_id, "tags": ["", "y".repeat(51)]}),
        )
        .await
        .expect(422);
    let fields: Vec<_> = refused.field_errors().into_iter().map(|e| e.0).collect();
    assert_eq!(fields, ["tags.0", "tags.1"]);
    let path = format!("/api/jobs/saved/{}/", board.job_id);
    let foreign = app.freelancer().await;
    foreign
        .patch(&path, json!({"notes": "x"}))
        .await
        .expect(404);
    foreign.delete(&path).await.expect(404);
    app.anonymous().get("/api/jobs/saved/").await.expect(401);
    for client in [app.employer().await, app.admin().await] {
        client.get("/api/jobs/saved/").await.expect(403);
    }
}

#[tokio::test]
async fn saves_at_once_are_counted_right() {
    let app = TestApp::start().await;
    let board = Board::new(&app).await;
    let mut users = Vec::new();
    for _ in 0..6 {
        users.push(app.freelancer().await);
    }
    // Each of them twice: one of the two is too late.
    let answers = join_all(
        users
            .iter()
            .chain(&users)
            .map(|user| save(user, board.job_id)),
    )
    .await;
    let saved = answers.iter().filter(|a| a.status.as_u16() == 201).count();
    assert_eq!(saved, 6);
    assert_eq!(save_count(&app, board.job_id).await, 6);
    let path = format!("/api/jobs/saved/{}/", board.job_id);
    join_all(users[..3].iter().map(|user| user.delete(&path))).await;
    assert_eq!(save_count(&app, board.job_id).await, 3);
    sqlx::query("delete from users where id = $1")
        .bind(users[5].user_id)
        .execute(&app.db)
        .await
        .unwrap();
    assert_eq!(save_count(&app, board.job_id).await, 2);
    sqlx::query("delete from jobs where id = $1")
        .bind(board.job_id)
        .execute(&app.db)
        .await
        .unwrap();
    let left: i64 = sqlx::query_scalar("select count(*) from saved_jobs")
        .fetch_one(&app.db)
        .await
        .unwrap();
    assert_eq!(left, 0);
}

#[tokio::test]
async fn the_settings_say_how_many_jobs_are_saved() {
    let app = TestApp::start().await;
    let board = Board::new(&app).await;
    let admin = app.admin().await;
    let body = json!({"max_saved_jobs": 2});
    admin.patch("/api/admin/settings/", body).await.expect(200);
    let user = app.freelancer().await;
    let mut jobs = Vec::new();
    for _ in 0..6 {
        jobs.push(board.another_job(&app).await);
    }
    let answers = join_all(jobs.iter().map(|job_id| save(&user, *job_id))).await;
    let saved = answers.iter().filter(|a| a.status.as_u16() == 201).count();
    assert_eq!(saved, 2);
    for answer in answers.into_iter().filter(|a| a.status.as_u16() != 201) {
        assert_eq!(answer.expect(409).json["code"], "max_saved_jobs");
    }
    let total: i64 = sqlx::query_scalar("select sum(save_count) from jobs")
        .fetch_one(&app.db)
        .await
        .unwrap();
    assert_eq!(total, 2);
}
