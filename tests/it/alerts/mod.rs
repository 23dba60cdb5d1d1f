//! Job alerts: what can be saved, what matches, what is told and when.

mod deliveries;
mod matching;
mod times;

use futures::future::join_all;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{Client, TestApp};

/// Saves an alert; `more` adds to it or changes it.
async fn alert(client: &Client, more: Value) -> Uuid {
    let mut body = json!({"name": "Painting", "q": "painter", "frequency": "instant"});
    for (name, value) in more.as_object().unwrap() {
        body[name] = value.clone();
    }
    client.post("/api/alerts/", body).await.expect(201).id()
}

/// Publishes a job and has workers bring it into search and match it.
async fn publish(app: &TestApp, employer: &Client, title: &str) -> Uuid {
    let body = json!({
        "title": title, "company": "Acme", "description": "What it is about.",
        "status": "published",
    });
    // Tokens do not outlive the hours that tests let pass.
    let employer = app.login(&employer.email).await;
    let id = employer.post("/api/jobs/", body).await.expect(201).id();
    let drained = app.drain_tasks().await;
    assert!(drained.failures.is_empty(), "{:?}", drained.failures);
    id
}

/// The jobs that an alert has matched, in the order of their ids.
async fn matches(app: &TestApp, alert_id: Uuid) -> Vec<Uuid> {
    sqlx::query_scalar("select job_id from alert_matches where alert_id = $1 order by job_id")
        .bind(alert_id)
        .fetch_all(&app.db)
        .await
        .unwrap()
}

#[tokio::test]
async fn an_alert_is_saved_read_changed_and_removed() {
    let app = TestApp::start().await;
    let user = app.freelancer().await;
    let body = json!({
        "name": " Near Berlin ", "q": "\"oil painter\" -spray", "location": "Berlin", "radius": 20.0,
        "job_type": ["contract", "part_time"], "salary_min": "40000", "salary_currency": "EUR",
        "frequency": "weekly", "time_zone": "Europe/Berlin", "local_hour": 7, "weekday": 5,
    });
    let created = user.post("/api/alerts/", body).await.expect(201);
    let path = created.headers["location"].to_str().unwrap().to_owned();
    assert_eq!(path, format!("/api/alerts/{}/", created.id()));
    let read = user.get(&path).await.expect(200).json;
    assert_eq!(read, created.json);
    assert_eq!(read["name"], "Near Berlin");
    assert_eq!(read["radius"], 20.0);
    assert_eq!(read["job_type"], json!(["contract", "part_time"]));
    assert_eq!(read["salary_min"], "40000");
    assert_eq!(read["next_delivery_at"], Value::Null);

    let paused = user.patch(&path, json!({"is_paused": true})).await;
    let paused = paused.expect(200).json;
    let mut expected = read.clone();
    expected["is_paused"] = json!(true);
    expected["updated_at"] = paused["updated_at"].clone();
    assert_eq!(paused, expected);
    let body = json!({"name": "All of it", "category": [], "is_remote": true});
    let replaced = user.put(&path, body).await.expect(200).json;
    assert_eq!(replaced["q"], Value::Null);
    assert_eq!(replaced["frequency"], "daily");
    assert_eq!(replaced["time_zone"], "UTC");
    assert_eq!(replaced["is_paused"], false);

    assert_eq!(
        user.get("/api/alerts/").await.expect(200).results().len(),
        1
    );
    user.delete(&path).await.expect(204);
    user.delete(&path).await.expect(404);
    assert!(
        user.get("/api/alerts/")
            .await
            .expect(200)
            .results()
            .is_empty()
    );
}

#[tokio::test]
async fn what_means_nothing_is_refused_with_every_reason() {
    let app = TestApp::start().await;
    let user = app.freelancer().await;
    for (body, errors) in [
        (json!({"name": "All"}), vec![("", "no_filter")]),
        (
            json!({"name": "All", "q": "-painter"}),
            vec![("", "no_filter")],
        ),
        (
            json!({"name": "All", "salary_unknown": true}),
            vec![("", "no_filter")],
        ),
        (json!({"name": "All", "q": "!?"}), vec![("q", "no_word")]),
        (
            json!({"name": " ", "q": "painter", "time_zone": "Europe/Atlantis"}),
            vec![("name", "blank"), ("time_zone", "unknown_time_zone")],
        ),
        (
            json!({"name": "Some", "company": ["nobody"], "skill": ["nothing"], "category": ["none"]}),
            vec![
                ("category", "unknown_category"),
                ("company", "unknown_company"),
                ("skill", "unknown_skill"),
            ],
        ),
        (
            json!({"name": "Some", "q": "painter", "sort": "date"}),
            vec![("sort", "unknown_field")],
        ),
    ] {
        let refused = user.post("/api/alerts/", body.clone()).await.expect(422);
        let expected: Vec<_> = errors
            .into_iter()
            .map(|(field, code)| (field.to_owned(), code.to_owned()))
            .collect();
        assert_eq!(refused.field_errors(), expected, "{body}");
    }
    for zone in ["Etc/GMT+3", "America/Argentina/Buenos_Aires", "UTC"] {
        alert(&user, json!({"time_zone": zone})).await;
    }
    for zone in ["+02:00", "EST5EDT", "Foo/Bar+3", "CET-1CEST"] {
        let body = json!({"name": "Some", "q": "painter", "time_zone": zone});
        user.post("/api/alerts/", body).await.expect(422);
    }
}

#[tokio::test]
async fn alerts_are_ones_own_and_so_many() {
    let app = TestApp::start().await;
    let (user, other) = (app.freelancer().await, app.freelancer().await);
    let path = format!("/api/alerts/{}/", alert(&user, json!({})).await);
    let body = json!({"name": "Mine", "q": "painter"});
    other.get(&path).await.expect(404);
    other.put(&path, body.clone()).await.expect(404);
    other
        .patch(&path, json!({"name": "Mine"}))
        .await
        .expect(404);
    other.delete(&path).await.expect(404);
    app.anonymous().get("/api/alerts/").await.expect(401);
    for client in [app.employer().await, app.admin().await] {
        client.get("/api/alerts/").await.expect(403);
    }
    let admin = app.admin().await;
    let settings = json!({"max_alerts": 3});
    admin
        .patch("/api/admin/settings/", settings)
        .await
        .expect(200);
    let answers = join_all((0..6).map(|_| other.post("/api/alerts/", body.clone()))).await;
    let saved = answers.iter().filter(|a| a.status.as_u16() == 201).count();
    assert_eq!(saved, 3);
    for answer in answers.into_iter().filter(|a| a.status.as_u16() != 201) {
        assert_eq!(answer.expect(409).json["code"], "max_alerts");
    }
}
