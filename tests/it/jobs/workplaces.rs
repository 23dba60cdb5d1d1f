//! Where the work is done, said in two fields that never contradict each other.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{Client, TestApp};

async fn post(employer: &Client, more: Value) -> Uuid {
    let mut job = json!({"title": "Cook", "company": "Acme"});
    for (name, value) in more.as_object().expect("an object") {
        job[name] = value.clone();
    }
    employer.post("/api/jobs/", job).await.expect(201).id()
}

async fn shown(employer: &Client, id: Uuid) -> (bool, String) {
    let path = format!("/api/jobs/{id}/");
    let job = employer.get(&path).await.expect(200).json;
    let workplace = job["workplace"].as_str().expect("a workplace").to_owned();
    (job["is_remote"].as_bool().expect("a flag"), workplace)
}

#[tokio::test]
async fn either_field_tells_and_both_may() {
    let app = TestApp::start().await;
    let employer = app.employer().await;
    for (said, is_remote, workplace) in [
        (json!({}), false, "on_site"),
        (json!({"is_remote": true}), true, "remote"),
        (json!({"is_remote": false}), false, "on_site"),
        (json!({"workplace": "hybrid"}), false, "hybrid"),
        (json!({"workplace": "remote"}), true, "remote"),
        (
            json!({"workplace": "hybrid", "is_remote": false}),
            false,
            "hybrid",
        ),
    ] {
        let id = post(&employer, said.clone()).await;
        let expected = (is_remote, workplace.to_owned());
        assert_eq!(shown(&employer, id).await, expected, "{said}");
    }
    for said in [
        json!({"workplace": "hybrid", "is_remote": true}),
        json!({"workplace": "remote", "is_remote": false}),
    ] {
        let mut job = said;
        job["title"] = json!("Cook");
        job["company"] = json!("Acme");
        assert_eq!(
            employer
                .post("/api/jobs/", job)
                .await
                .expect(422)
                .field_errors(),
            [("workplace".to_owned(), "contradicts_is_remote".to_owned())]
        );
    }
    app.drain_tasks().await;
}

#[tokio::test]
async fn a_change_of_one_field_takes_the_other_along() {
    let app = TestApp::start().await;
    let employer = app.employer().await;
    let id = post(&employer, json!({"workplace": "hybrid"})).await;
    let path = format!("/api/jobs/{id}/");
    for (change, is_remote, workplace) in [
        (json!({"title": "Chef"}), false, "hybrid"),
        (json!({"is_remote": false}), false, "hybrid"),
        (json!({"is_remote": true}), true, "remote"),
        (json!({"is_remote": false}), false, "on_site"),
        (json!({"workplace": "remote"}), true, "remote"),
        (json!({"workplace": "hybrid"}), false, "hybrid"),
    ] {
        employer.patch(&path, change.clone()).await.expect(200);
        let expected = (is_remote, workplace.to_owned());
        assert_eq!(shown(&employer, id).await, expected, "{change}");
    }
    let refused = employer
        .patch(&path, json!({"workplace": "remote", "is_remote": false}))
        .await;
    assert_eq!(
        refused.expect(422).field_errors(),
        [("workplace".to_owned(), "contradicts_is_remote".to_owned())]
    );
    let whole = json!({"title": "Cook", "company": "Acme"});
    employer.put(&path, whole).await.expect(200);
    assert_eq!(
        shown(&employer, id).await,
        (false, "on_site".to_owned()),
        "a replacement resets it"
    );
    app.drain_tasks().await;
}

/// A release before this one writes `is_remote` and knows nothing else.
#[tokio::test]
async fn whoever_writes_one_flag_alone_writes_the_truth() {
    let app = TestApp::start().await;
    let employer = app.employer().await;
    let id = post(&employer, json!({"workplace": "hybrid"})).await;
    for (is_remote, workplace) in [(false, "hybrid"), (true, "remote"), (false, "on_site")] {
        sqlx::query("update jobs set is_remote = $1 where id = $2")
            .bind(is_remote)
            .bind(id)
            .execute(&app.db)
            .await
            .expect("an old release's edit");
        assert_eq!(
            shown(&employer, id).await,
            (is_remote, workplace.to_owned())
        );
    }
    let both = sqlx::query("update jobs set is_remote = true, is_hybrid = true where id = $1")
        .bind(id)
        .execute(&app.db)
        .await
        .expect_err("both at once");
    let constraint = both
        .as_database_error()
        .and_then(|error| error.constraint());
    assert_eq!(constraint, Some("jobs_workplace_check"));
    app.drain_tasks().await;
}

#[tokio::test]
async fn lists_are_narrowed_by_workplace() {
    let app = TestApp::start().await;
    let employer = app.employer().await;
    for workplace in ["on_site", "hybrid", "remote"] {
        let job = json!({"workplace": workplace, "status": "published"});
        post(&employer, job).await;
    }
    app.drain_tasks().await;
    for (query, expected) in [
        ("workplace=hybrid", vec!["hybrid"]),
        (
            "workplace=on_site&workplace=remote",
            vec!["on_site", "remote"],
        ),
        ("workplace=hybrid&is_remote=true", vec![]),
    ] {
        let path = format!("/api/jobs/?{query}");
        let answer = app.anonymous().get(&path).await.expect(200);
        let mut all: Vec<_> = answer
            .results()
            .iter()
            .map(|job| job["workplace"].as_str().expect("a workplace").to_owned())
            .collect();
        all.sort();
        assert_eq!(all, expected, "{query}");
    }
}
