//! Reviews by employers who hired, and who may read a profile.

use futures::future::join_all;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    applications::Board,
    auth::assert_problem,
    support::{Client, Response, TestApp},
};

async fn profile_of(client: &Client) -> Value {
    client
        .get("/api/freelancers/profile/")
        .await
        .expect(200)
        .json
}

async fn profile_id(client: &Client) -> String {
    profile_of(client).await["id"].as_str().unwrap().to_owned()
}

async fn hire(app: &TestApp, freelancer: &Client, job_id: Uuid) {
    sqlx::query(
        "insert into applications (job_id, applicant_id, status) values ($1, $2, 'accepted')",
    )
    .bind(job_id)
    .bind(freelancer.user_id)
    .execute(&app.db)
    .await
    .expect("hire");
}

struct Hired {
    board: Board,
    freelancer: Client,
    /// Where the reviews of the freelancer are.
    path: String,
}

impl Hired {
    async fn new(app: &TestApp) -> Self {
        let (board, freelancer) = (Board::new(app).await, app.freelancer().await);
        assert_eq!(profile_of(&freelancer).await["projects_completed"], 0);
        hire(app, &freelancer, board.job_id).await;
        assert_eq!(profile_of(&freelancer).await["projects_completed"], 1);
        let path = format!(
            "/api/freelancers/{}/reviews/",
            profile_id(&freelancer).await
        );
        Self {
            board,
            freelancer,
            path,
        }
    }

    async fn review(&self, job_id: Uuid, rating: i16) -> Response {
        let body = json!({"job_id": job_id, "rating": rating});
        self.board.employer.post(&self.path, body).await
    }

    #[track_caller]
    fn assert_rated(&self, profile: &Value, average: Value, total: i32) {
        assert_eq!(profile["average_rating"], average);
        assert_eq!(profile["total_reviews"], total);
    }
}

#[tokio::test]
async fn an_employer_who_hired_reviews_the_work_once() {
    let app = TestApp::start().await;
    let hired = Hired::new(&app).await;
    let employer = &hired.board.employer;
    let body = json!({
        "job_id": hired.board.job_id, "rating": 4, "review_text": "Fine seams.\nOn time.",
        "rating_breakdown": {"quality": 5, "communication": 3},
    });
    let review = employer.post(&hired.path, body.clone()).await.expect(201);
    for (field, value) in body.as_object().unwrap() {
        assert_eq!(review.json[field], *value, "{field}");
    }
    assert_eq!(review.json["job_title"], "Painter");
    assert_eq!(review.json["reviewer_name"], "Robin Example");
    let address = format!("{}{}/", hired.path, review.id());
    assert_eq!(review.headers["location"], address.as_str());
    let own = hired
        .freelancer
        .get("/api/freelancers/reviews/")
        .await
        .expect(200);
    assert_eq!(own.results(), std::slice::from_ref(&review.json));
    for reader in [employer, &hired.freelancer, &app.admin().await] {
        let list = reader.get(&hired.path).await.expect(200);
        assert_eq!(list.results(), std::slice::from_ref(&review.json));
    }
    hired.assert_rated(&profile_of(&hired.freelancer).await, json!("4"), 1);
    assert_problem(
        &employer.post(&hired.path, body).await,
        409,
        "already_reviewed",
    );

    let better = json!({"rating": 5});
    let replaced = employer.put(&address, better).await.expect(200);
    assert_eq!(
        (&replaced.json["rating"], &replaced.json["review_text"]),
        (&json!(5), &json!(""))
    );
    assert_eq!(replaced.json["job_id"], review.json["job_id"]);
    hired.assert_rated(&profile_of(&hired.freelancer).await, json!("5"), 1);
    employer.delete(&address).await.expect(204);
    employer.delete(&address).await.expect(404);
    hired.assert_rated(&profile_of(&hired.freelancer).await, Value::Null, 0);
}

#[tokio::test]
async fn whoever_did_not_hire_reviews_nobody() {
    let app = TestApp::start().await;
    let hired = Hired::new(&app).await;
    let body = |job_id: Uuid| json!({"job_id": job_id, "rating": 1});
    let job_id = hired.board.job_id;
    // Somebody else's job, an application that is not accepted, no job at all.
    let stranger = app.employer().await;
    assert_problem(
        &stranger.post(&hired.path, body(job_id)).await,
        404,
        "not_found",
    );
    let applied = Board::new(&app).await;
    applied.apply(&hired.freelancer).await.expect(201);
    for job_id in [applied.job_id, job_id, Uuid::now_v7()] {
        let refused = applied.employer.post(&hired.path, body(job_id)).await;
        assert_problem(&refused, 403, "not_hired");
    }
    let other_job = hired.board.another_job(&app).await;
    assert_problem(&hired.review(other_job, 1).await, 403, "not_hired");
    let nobody = format!("/api/freelancers/{}/reviews/", Uuid::now_v7());
    let refused = hired.board.employer.post(&nobody, body(job_id)).await;
    assert_problem(&refused, 404, "not_found");
    for client in [&hired.freelancer, &app.admin().await] {
        let refused = client.post(&hired.path, body(job_id)).await;
        assert_problem(&refused, 403, "role_required");
    }
    app.anonymous()
        .post(&hired.path, body(job_id))
        .await
        .expect(401);
    hired.assert_rated(&profile_of(&hired.freelancer).await, Value::Null, 0);
    app.drain_tasks().await;
}

#[tokio::test]
async fn a_review_belongs_to_its_author() {
    let app = TestApp::start().await;
    let hired = Hired::new(&app).await;
    let review = hired.review(hired.board.job_id, 2).await.expect(201);
    let address = format!("{}{}/", hired.path, review.id());
    let other = Hired::new(&app).await;
    // Another employer, even one who may read the profile.
    let reader = Board::new(&app).await;
    reader.apply(&hired.freelancer).await.expect(201);
    for employer in [&reader.employer, &other.board.employer] {
        employer
            .put(&address, json!({"rating": 5}))
            .await
            .expect(404);
        employer.delete(&address).await.expect(404);
    }
    // The right review at another freelancer's address.
    let elsewhere = format!("{}{}/", other.path, review.id());
    hired
        .board
        .employer
        .put(&elsewhere, json!({"rating": 5}))
        .await
        .expect(404);
    hired.board.employer.delete(&elsewhere).await.expect(404);
    let own = &hired.freelancer;
    assert_problem(
        &own.put(&address, json!({"rating": 5})).await,
        403,
        "role_required",
    );
    assert_problem(&own.delete(&address).await, 403, "role_required");
    app.anonymous().delete(&address).await.expect(401);
    let admin = app.admin().await;
    assert_problem(
        &admin.put(&address, json!({"rating": 5})).await,
        403,
        "role_required",
    );
    hired.assert_rated(&profile_of(own).await, json!("2"), 1);
    admin.delete(&address).await.expect(204);
    hired.assert_rated(&profile_of(own).await, Value::Null, 0);
    app.drain_tasks().await;
}

#[tokio::test]
async fn wrong_reviews_are_refused_with_every_fault() {
    let app = TestApp::start().await;
    let hired = Hired::new(&app).await;
    let employer = &hired.board.employer;
    for (body, faults) in [
        (
            json!({}),
            vec![("job_id", "required"), ("rating", "required")],
        ),
        (
            json!({"job_id": "x", "rating": 6, "average_rating": 5}),
            vec![
                ("average_rating", "unknown_field"),
                ("job_id", "invalid_format"),
                ("rating", "out_of_range"),
            ],
        ),
        (
            json!({"job_id": hired.board.job_id, "rating": 5, "rating_breakdown": {"quality": 9, " ": 1}}),
            vec![
                ("rating_breakdown. ", "blank"),
                ("rating_breakdown.quality", "out_of_range"),
            ],
        ),
    ] {
        let refused = employer.post(&hired.path, body).await.expect(422);
        let faults: Vec<_> = faults
            .into_iter()
            .map(|(field, code)| (field.to_owned(), code.to_owned()))
            .collect();
        assert_eq!(refused.field_errors(), faults);
    }
    hired.assert_rated(&profile_of(&hired.freelancer).await, Value::Null, 0);
}

#[tokio::test]
async fn a_review_outlives_its_job_and_stays_the_only_one_of_it() {
    let app = TestApp::start().await;
    let hired = Hired::new(&app).await;
    let job_id = hired.board.job_id;
    let review = hired.review(job_id, 3).await.expect(201);
    sqlx::query("delete from jobs where id = $1")
        .bind(job_id)
        .execute(&app.db)
        .await
        .unwrap();
    let own = hired
        .freelancer
        .get("/api/freelancers/reviews/")
        .await
        .expect(200);
    assert_eq!(own.results()[0]["id"], review.json["id"]);
    assert_eq!(own.results()[0]["job_id"], Value::Null);
    hired.assert_rated(&profile_of(&hired.freelancer).await, json!("3"), 1);
    for (reviewed_job, constraint) in [
        (Some(job_id), "freelancer_reviews_job_once_key"),
        (None, "freelancer_reviews_job_check"),
    ] {
        let refused = sqlx::query(
            "insert into freelancer_reviews (freelancer_profile_id, reviewer_id, rating, reviewed_job)
             select freelancer_profile_id, reviewer_id, 5, $2 from freelancer_reviews where id = $1",
        )
        .bind(review.id())
        .bind(reviewed_job)
        .execute(&app.db)
        .await
        .unwrap_err();
        assert_eq!(
            refused.as_database_error().unwrap().constraint(),
            Some(constraint)
        );
    }
    // The author's account takes its reviews along, and the figures follow.
    let author = format!("/api/users/{}/", hired.board.employer.user_id);
    app.admin().await.delete(&author).await.expect(204);
    hired.assert_rated(&profile_of(&hired.freelancer).await, Value::Null, 0);
}

#[tokio::test]
async fn figures_are_right_after_fifty_reviews_at_once() {
    let app = TestApp::start().await;
    let hired = Hired::new(&app).await;
    let mut jobs = Vec::new();
    for _ in 0..50 {
        let job_id = hired.board.another_job(&app).await;
        hire(&app, &hired.freelancer, job_id).await;
        jobs.push(job_id);
    }
    let reviews = jobs
        .iter()
        .zip(0..)
        .map(|(job, n)| hired.review(*job, n % 5 + 1));
    let mut addresses = Vec::new();
    for answer in join_all(reviews).await {
        let id = answer.expect(201).id();
        addresses.push(format!("{}{id}/", hired.path));
    }
    hired.assert_rated(&profile_of(&hired.freelancer).await, json!("3"), 50);
    let before = profile_of(&hired.freelancer).await["updated_at"].clone();

    // Of each five: two go, one becomes a 5, the ratings 1 and 5 stay.
    let employer = &hired.board.employer;
    let changes = addresses
        .iter()
        .zip(0..)
        .map(async |(address, n)| match n % 5 + 1 {
            2 | 3 => employer.delete(address).await.expect(204),
            4 => employer
                .put(address, json!({"rating": 5}))
                .await
                .expect(200),
            _ => employer.get(&hired.path).await.expect(200),
        });
    join_all(changes).await;
    let profile = profile_of(&hired.freelancer).await;
    hired.assert_rated(&profile, json!("3.67"), 30);
    assert_eq!(
        profile["updated_at"], before,
        "a figure that moves is no edit"
    );

    // One and the same job fifty times at once.
    let again = hired.board.another_job(&app).await;
    hire(&app, &hired.freelancer, again).await;
    let answers = join_all((0..50).map(|_| hired.review(again, 5))).await;
    let added = answers.iter().filter(|answer| answer.status == 201).count();
    let refused = answers.iter().filter(|answer| answer.status == 409).count();
    assert_eq!((added, refused), (1, 49));
    assert_eq!(profile_of(&hired.freelancer).await["total_reviews"], 31);
}

#[tokio::test]
async fn a_whole_profile_is_read_by_those_concerned() {
    let app = TestApp::start().await;
    let seeker = app.freelancer().await;
    for (path, body) in [
        ("portfolio", json!({"title": "A bridge"})),
        (
            "experience",
            json!({"company_name": "C", "job_title": "T", "start_date": "2020-01-01", "end_date": "2021-01-01"}),
        ),
        (
            "education",
            json!({"institution": "I", "degree": "D", "start_date": "2020-01-01"}),
        ),
        (
            "certifications",
            json!({"name": "N", "issuing_organization": "O", "issue_date": "2020-01-01"}),
        ),
        ("skills", json!({"skill": "Welding"})),
    ] {
        let path = format!("/api/freelancers/{path}/");
        seeker.post(&path, body).await.expect(201);
    }
    let path = format!("/api/freelancers/{}/", profile_id(&seeker).await);
    let reviews = format!("{path}reviews/");
    let board = Board::new(&app).await;
    for nobody in [&board.employer, &app.freelancer().await] {
        assert_problem(&nobody.get(&path).await, 404, "not_found");
        assert_problem(&nobody.get(&reviews).await, 404, "not_found");
    }
    app.anonymous().get(&path).await.expect(401);
    app.anonymous().get(&reviews).await.expect(401);

    board.apply(&seeker).await.expect(201);
    let admin = app.admin().await;
    let own = seeker.get(&path).await.expect(200).json;
    for reader in [&board.employer, &admin] {
        assert_eq!(reader.get(&path).await.expect(200).json, own);
    }
    for part in [
        "portfolio",
        "experience",
        "education",
        "certifications",
        "skills",
    ] {
        let list = seeker
            .get(&format!("/api/freelancers/{part}/"))
            .await
            .expect(200);
        assert_eq!(own[part], list.json["results"], "{part}");
        assert_eq!(list.results().len(), 1, "{part}");
    }
    for (field, value) in profile_of(&seeker).await.as_object().unwrap() {
        assert_eq!(own[field], *value, "{field}");
    }
    let unknown = format!("/api/freelancers/{}/", Uuid::now_v7());
    admin.get(&unknown).await.expect(404);
    admin.get(&format!("{unknown}reviews/")).await.expect(404);
    app.drain_tasks().await;
}
