//! What jobs ask, and what is answered.

use serde_json::{Value, json};

use super::Board;
use crate::support::{Client, TestApp};

async fn ask(client: &Client, job_id: uuid::Uuid, questions: Value) -> Vec<Value> {
    let path = format!("/api/jobs/{job_id}/questions/");
    let answer = client.put(&path, json!({"questions": questions})).await;
    answer.expect(200).json["questions"]
        .as_array()
        .unwrap()
        .clone()
}

fn every_type() -> Value {
    json!([
        {"label": "Why us?", "type": "text", "required": true},
        {"label": "Colour?", "type": "single_choice", "required": true, "options": ["Red", "Blue"]},
        {"label": "Tools?", "type": "multiple_choice", "options": ["Brush", "Roller", "Spray"]},
        {"label": "Driver?", "type": "yes_no", "required": true},
        {"label": "Years?", "type": "number"}
    ])
}

fn id(question: &Value) -> String {
    question["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn answers_are_kept_with_the_questions_as_they_were() {
    let app = TestApp::start().await;
    let board = Board::new(&app).await;
    let asked = ask(&board.employer, board.job_id, every_type()).await;
    let job = format!("/api/jobs/{}/", board.job_id);
    let shown = app.anonymous().get(&job).await.expect(200);
    assert_eq!(shown.json["questions"], json!(asked));
    let listed = app
        .anonymous()
        .get(&format!("{job}questions/"))
        .await
        .expect(200);
    assert_eq!(listed.json["questions"], json!(asked));

    let freelancer = app.freelancer().await;
    let answers = json!({
        id(&asked[0]): "I paint.", id(&asked[1]): "Blue", id(&asked[2]): ["Spray", "Brush"],
        id(&asked[3]): false
    });
    let body = json!({"job_id": board.job_id, "answers": answers});
    let sent = freelancer
        .post("/api/applications/", body)
        .await
        .expect(201);

    let mut edited = asked.clone();
    edited[1]["label"] = json!("Favourite?");
    edited[1]["options"] = json!(["Green", "Black"]);
    edited.remove(0);
    let kept = ask(&board.employer, board.job_id, json!(edited)).await;
    assert_eq!(id(&kept[0]), id(&asked[1]));
    assert_eq!(kept[0]["label"], "Favourite?");

    for client in [&freelancer, &board.employer] {
        let path = format!("/api/applications/{}/", sent.id());
        let seen = client.get(&path).await.expect(200);
        let screening: Vec<_> = seen.json["screening"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| (one["question"].clone(), one["answer"].clone()))
            .collect();
        assert_eq!(
            screening,
            [
                (json!("Why us?"), json!("I paint.")),
                (json!("Colour?"), json!("Blue")),
                (json!("Tools?"), json!(["Spray", "Brush"])),
                (json!("Driver?"), json!(false)),
                (json!("Years?"), json!(null)),
            ]
        );
    }
    app.drain_tasks().await;
}

#[tokio::test]
async fn every_wrong_answer_is_named_with_all_else() {
    let app = TestApp::start().await;
    let board = Board::new(&app).await;
    let asked = ask(&board.employer, board.job_id, every_type()).await;
    let freelancer = app.freelancer().await;
    let field = |at: usize| format!("answers.{}", id(&asked[at]));
    let answers = json!({
        id(&asked[0]): "  ", id(&asked[1]): "Green", id(&asked[2]): ["Brush", "Brush", "Knife"],
        id(&asked[4]): "seven", "Driver?": true
    });
    let refused = freelancer
        .post(
            "/api/applications/",
            json!({"job_id": board.job_id, "resume_url": "no", "answers": answers}),
        )
        .await
        .expect(422);
    let mut expected = vec![
        (field(0), "required".to_owned()),
        (field(1), "not_an_option".to_owned()),
        (format!("{}.1", field(2)), "duplicate".to_owned()),
        (format!("{}.2", field(2)), "not_an_option".to_owned()),
        (field(3), "required".to_owned()),
        (field(4), "invalid_type".to_owned()),
        ("answers.Driver?".to_owned(), "unknown_question".to_owned()),
        ("resume_url".to_owned(), "invalid_url".to_owned()),
    ];
    expected.sort();
    assert_eq!(refused.field_errors(), expected);

    // Before the employer reads, the applicant may edit, under the same rules.
    let good = json!({id(&asked[0]): "I paint.", id(&asked[1]): "Red", id(&asked[3]): true});
    let body = json!({"job_id": board.job_id, "answers": good});
    let sent = freelancer
        .post("/api/applications/", body)
        .await
        .expect(201);
    let path = format!("/api/applications/{}/", sent.id());
    freelancer
        .patch(&path, json!({"answers": {}}))
        .await
        .expect(422);
    let better = json!({id(&asked[0]): "I paint.", id(&asked[1]): "Red", id(&asked[3]): true,
                        id(&asked[4]): 7.5});
    let edited = freelancer
        .patch(&path, json!({"answers": better}))
        .await
        .expect(200);
    assert_eq!(edited.json["screening"][4]["answer"], 7.5);
    app.drain_tasks().await;
}

#[tokio::test]
async fn questions_are_bounded_and_every_wrong_one_is_named() {
    let app = TestApp::start().await;
    let board = Board::new(&app).await;
    let path = format!("/api/jobs/{}/questions/", board.job_id);
    let put = async |questions: Value| {
        let body = json!({"questions": questions});
        board.employer.put(&path, body).await
    };
    let refused = put(json!([
        {"label": " ", "type": "text", "options": ["a"]},
        {"label": "x".repeat(500), "type": "single_choice", "options": ["a"]},
        {"label": "Which?", "type": "multiple_choice", "options": ["a", "a "]},
        {"id": uuid::Uuid::now_v7(), "label": "Foreign?", "type": "yes_no"}
    ]))
    .await
    .expect(422);
    let mut expected = [
        ("questions.0.label", "blank"),
        ("questions.0.options", "not_allowed"),
        ("questions.1.options", "too_few"),
        ("questions.2.options", "duplicate"),
        ("questions.3.id", "unknown_question"),
    ]
    .map(|(field, code)| (field.to_owned(), code.to_owned()));
    expected.sort();
    assert_eq!(refused.field_errors(), expected);
    let many: Vec<_> = (0..21)
        .map(|i| json!({"label": format!("Question {i}"), "type": "yes_no"}))
        .collect();
    let refused = put(json!(many)).await.expect(409);
    assert_eq!(refused.json["code"], "max_questions_per_job");
    put(json!(many[..20])).await.expect(200);
    let none = put(json!([])).await.expect(200);
    assert_eq!(none.json["questions"], json!([]));
}

#[tokio::test]
async fn questions_change_places() {
    let app = TestApp::start().await;
    let board = Board::new(&app).await;
    let mut asked = ask(&board.employer, board.job_id, every_type()).await;
    asked.reverse();
    let turned = ask(&board.employer, board.job_id, json!(asked)).await;
    assert_eq!(turned, asked);
    let job = format!("/api/jobs/{}/", board.job_id);
    let shown = board.employer.get(&job).await.expect(200);
    assert_eq!(shown.json["questions"], json!(asked));
}

#[tokio::test]
async fn only_the_jobs_managers_ask() {
    let app = TestApp::start().await;
    let board = Board::new(&app).await;
    let path = format!("/api/jobs/{}/questions/", board.job_id);
    let body = json!({"questions": []});
    app.anonymous().put(&path, body.clone()).await.expect(401);
    app.freelancer()
        .await
        .put(&path, body.clone())
        .await
        .expect(403);
    app.employer()
        .await
        .put(&path, body.clone())
        .await
        .expect(404);
    app.admin().await.put(&path, body).await.expect(200);
    board
        .change_job(&app, board.job_id, "status = 'closed'")
        .await;
    app.anonymous().get(&path).await.expect(404);
    board.employer.get(&path).await.expect(200);
}
