//! Applying, reading, listing; the workflow has a file of its own.

mod board;
mod colleagues;
mod limits;
mod moves;
mod screening;
mod workflow;

use futures::future::join_all;
use serde_json::json;
use uuid::Uuid;

pub(crate) use board::Board;

use crate::support::TestApp;

#[tokio::test]
async fn an_application_arrives_with_everything_that_belongs_to_it() {
    let app = TestApp::start().await;
    let board = Board::new(&app).await;
    let freelancer = app.freelancer().await;
    sqlx::query(
        "insert into job_recommendations (user_id, job_id, position, score, reason, algorithm_type, expires_at)
         values ($1, $2, 1, 0.5, 'fits', 'content_based', app_now() + interval '1 day')",
    )
    .bind(freelancer.user_id)
    .bind(board.job_id)
    .execute(&app.db)
    .await
    .unwrap();

    let answer = freelancer
        .post(
            "/api/applications/",
            json!({"job_id": board.job_id, "cover_letter": "I paint.",
                   "resume_url": "https://example.com/cv.pdf", "answers": {"Driver?": true}}),
        )
        .await
        .expect(201);

    assert_eq!(answer.json["status"], "pending");
    assert_eq!(answer.json["job_title"], "Painter");
    assert_eq!(answer.json["cover_letter"], "I paint.");
    assert_eq!(answer.json["resume_url"], "https://example.com/cv.pdf");
    assert_eq!(answer.json["answers"], json!({"Driver?": true}));
    assert_eq!(answer.json["applicant_id"], freelancer.user_id.to_string());
    assert_eq!(answer.json["next_statuses"], json!(["withdrawn"]));
    let counts: (i32, i64, i64, bool) = sqlx::query_as(
        "select application_count,
                (select count(*) from application_status_changes
                 where from_status is null and to_status = 'pending'),
                (select count(*) from job_signals where kind = 'application'),
                (select is_applied from job_recommendations)
         from jobs where id = $1",
    )
    .bind(board.job_id)
    .fetch_one(&app.db)
    .await
    .unwrap();
    assert_eq!(counts, (1, 1, 1, true));
    app.drain_tasks().await;
}

#[tokio::test]
async fn without_a_resume_the_one_of_the_profile_is_sent() {
    let app = TestApp::start().await;
    let board = Board::new(&app).await;
    let freelancer = app.freelancer().await;
    sqlx::query("update freelancer_profiles set resume_url = 'https://example.com/mine.pdf'")
        .execute(&app.db)
        .await
        .unwrap();
    let answer = board.apply(&freelancer).await.expect(201);
    assert_eq!(answer.json["resume_url"], "https://example.com/mine.pdf");
    app.drain_tasks().await;
}

#[tokio::test]
async fn only_freelancers_apply() {
    let app = TestApp::start().await;
    let board = Board::new(&app).await;
    let body = json!({"job_id": board.job_id});
    app.anonymous()
        .post("/api/applications/", body.clone())
        .await
        .expect(401);
    app.anonymous().get("/api/applications/").await.expect(401);
    app.anonymous()
        .get("/api/employers/applications/")
        .await
        .expect(401);
    for client in [app.employer().await, app.admin().await] {
        client
            .post("/api/applications/", body.clone())
            .await
            .expect(403);
        client.get("/api/applications/").await.expect(403);
    }
    app.freelancer()
        .await
        .get("/api/employers/applications/")
        .await
        .expect(403);
}

#[tokio::test]
async fn jobs_that_are_not_live_take_no_applications() {
    let app = TestApp::start().await;
    let board = Board::new(&app).await;
    let freelancer = app.freelancer().await;
    let apply = async |job_id: Uuid| {
        freelancer
            .post("/api/applications/", json!({"job_id": job_id}))
            .await
    };
    apply(Uuid::now_v7()).await.expect(404);
    for (change, status) in [
        ("status = 'draft', published_at = null", 404),
        ("status = 'closed'", 409),
        ("status = 'archived'", 409),
        (
            "published_at = app_now() - interval '2 hours', expires_at = app_now()",
            409,
        ),
    ] {
        let job_id = board.another_job(&app).await;
        board.change_job(&app, job_id, change).await;
        let answer = apply(job_id).await.expect(status);
        if status == 409 {
            assert_eq!(answer.json["code"], "job_closed");
        }
    }
    let rows: i64 = sqlx::query_scalar("select count(*) from applications")
        .fetch_one(&app.db)
        .await
        .unwrap();
    assert_eq!(rows, 0);
}

#[tokio::test]
async fn every_wrong_field_is_named() {
    let app = TestApp::start().await;
    let board = Board::new(&app).await;
    let freelancer = app.freelancer().await;
    let answer = freelancer
        .post(
            "/api/applications/",
            json!({"cover_leter": "", "resume_url": 7, "answers": []}),
        )
        .await
        .expect(422);
    let fields: Vec<_> = answer.field_errors().into_iter().map(|e| e.0).collect();
    assert_eq!(fields, ["answers", "cover_leter", "job_id", "resume_url"]);
    let answer = freelancer
        .post(
            "/api/applications/",
            json!({"job_id": board.job_id, "resume_url": "javascript:alert(1)",
                   "answers": {"essay": "x".repeat(70_000)}}),
        )
        .await
        .expect(422);
    let errors = answer.field_errors();
    assert_eq!(
        errors,
        [
            ("answers".to_owned(), "too_long".to_owned()),
            ("resume_url".to_owned(), "invalid_url".to_owned()),
        ]
    );
}

#[tokio::test]
async fn of_fifty_applications_at_once_one_arrives() {
    let app = TestApp::start().await;
    let board = Board::new(&app).await;
    let freelancer = app.freelancer().await;
    let answers = join_all((0..50).map(|_| board.apply(&freelancer))).await;
    let created = answers.iter().filter(|a| a.status.as_u16() == 201).count();
    assert_eq!(created, 1);
    for answer in answers.iter().filter(|a| a.status.as_u16() != 201) {
        assert_eq!(answer.status.as_u16(), 409, "{}", answer.text);
        assert_eq!(answer.json["code"], "already_applied");
    }
    let rows: (i64, i64, i64, i32) = sqlx::query_as(
        "select (select count(*) from applications), (select count(*) from email_outbox),
                (select count(*) from job_signals), (select application_count from jobs)",
    )
    .fetch_one(&app.db)
    .await
    .unwrap();
    assert_eq!(rows, (1, 2, 1, 1));
    app.drain_tasks().await;
    assert_eq!(app.emails().len(), 2);
}

#[tokio::test]
async fn many_applicants_at_once_are_all_counted() {
    let app = TestApp::start().await;
    let board = Board::new(&app).await;
    let mut freelancers = Vec::new();
    for _ in 0..8 {
        freelancers.push(app.freelancer().await);
    }
    for answer in join_all(freelancers.iter().map(|f| board.apply(f))).await {
        answer.expect(201);
    }
    let count: i32 = sqlx::query_scalar("select application_count from jobs")
        .fetch_one(&app.db)
        .await
        .unwrap();
    assert_eq!(count, 8);
    app.drain_tasks().await;
}

#[tokio::test]
async fn an_application_whose_mail_cannot_be_queued_is_not_kept() {
    let app = TestApp::start().await;
    let board = Board::new(&app).await;
    let freelancer = app.freelancer().await;
    sqlx::raw_sql(
        "create function refuse() returns trigger language plpgsql as
             $$ begin raise exception 'no'; end $$;
         create trigger refuse before insert on email_outbox
             for each row when (new.template = 'application_received')
             execute function refuse()",
    )
    .execute(&app.db)
    .await
    .unwrap();
    board.apply(&freelancer).await.expect(500);
    let rows: (i64, i64, i64, i64, i32) = sqlx::query_as(
        "select (select count(*) from applications), (select count(*) from email_outbox),
                (select count(*) from job_signals), (select count(*) from tasks),
                (select application_count from jobs)",
    )
    .fetch_one(&app.db)
    .await
    .unwrap();
    assert_eq!(rows, (0, 0, 0, 0, 0));
}

#[tokio::test]
async fn an_application_is_there_for_those_it_concerns() {
    let app = TestApp::start().await;
    let board = Board::new(&app).await;
    let freelancer = app.freelancer().await;
    let id = board.apply(&freelancer).await.expect(201).id();
    let path = format!("/api/applications/{id}/");

    let own = freelancer.get(&path).await.expect(200);
    assert!(own.json.get("internal_notes").is_none());
    assert!(own.json.get("rating").is_none());
    for client in [board.employer.clone(), app.admin().await] {
        let seen = client.get(&path).await.expect(200);
        assert_eq!(seen.json["internal_notes"], "");
        assert!(seen.json["rating"].is_null());
        assert_eq!(seen.json["applicant_email"], freelancer.email);
    }
    app.anonymous().get(&path).await.expect(401);
    for stranger in [app.freelancer().await, app.employer().await] {
        stranger.get(&path).await.expect(404);
        stranger
            .patch(&path, json!({"status": "withdrawn"}))
            .await
            .expect(404);
    }
    app.freelancer().await.delete(&path).await.expect(404);
    let status = format!("/api/employers/applications/{id}/status/");
    let body = json!({"status": "reviewing"});
    app.employer()
        .await
        .patch(&status, body.clone())
        .await
        .expect(404);
    freelancer.patch(&status, body).await.expect(403);
    app.drain_tasks().await;
}

#[tokio::test]
async fn lists_show_ones_own_newest_first_page_by_page() {
    let app = TestApp::start().await;
    let board = Board::new(&app).await;
    let freelancer = app.freelancer().await;
    let other = app.freelancer().await;
    let mut ids = Vec::new();
    for _ in 0..5 {
        let job_id = board.another_job(&app).await;
        let body = json!({"job_id": job_id});
        ids.push(
            freelancer
                .post("/api/applications/", body.clone())
                .await
                .expect(201)
                .id(),
        );
        other.post("/api/applications/", body).await.expect(201);
    }
    ids.reverse();

    let mut seen = Vec::new();
    let mut path = "/api/applications/?page_size=2".to_owned();
    loop {
        let page = freelancer.get(&path).await.expect(200);
        seen.extend(
            page.results()
                .iter()
                .map(|row| row["id"].as_str().unwrap().to_owned()),
        );
        match page.json["next_cursor"].as_str() {
            Some(cursor) => path = format!("/api/applications/?page_size=2&cursor={cursor}"),
            None => break,
        }
    }
    assert_eq!(
        seen,
        ids.iter().map(ToString::to_string).collect::<Vec<_>>()
    );

    let page = freelancer
        .get("/api/applications/?page=2&page_size=2")
        .await
        .expect(200);
    assert_eq!(page.json["count"], 5);
    assert_eq!(page.results()[0]["id"], ids[2].to_string());

    let status = format!("/api/employers/applications/{}/status/", ids[0]);
    board
        .employer
        .patch(&status, json!({"status": "reviewing"}))
        .await
        .expect(200);
    let filtered = freelancer
        .get("/api/applications/?status=reviewing")
        .await
        .expect(200);
    assert_eq!(filtered.results().len(), 1);
    freelancer
        .get("/api/applications/?status=hired")
        .await
        .expect(422);
    freelancer
        .get("/api/applications/?job_id=7")
        .await
        .expect(422);

    let all = board
        .employer
        .get("/api/employers/applications/?page=1")
        .await
        .expect(200);
    assert_eq!(all.json["count"], 10);
    let job_id = filtered.results()[0]["job_id"].as_str().unwrap().to_owned();
    let of_job = format!("/api/employers/applications/?page=1&job_id={job_id}");
    assert_eq!(
        board.employer.get(&of_job).await.expect(200).json["count"],
        2
    );
    let of_both = format!("{of_job}&status=pending");
    assert_eq!(
        board.employer.get(&of_both).await.expect(200).json["count"],
        1
    );
    let foreign = app.employer().await.get(&of_job).await.expect(200);
    assert_eq!(foreign.json["count"], 0);
    app.drain_tasks().await;
}
