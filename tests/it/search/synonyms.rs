//! What else a search finds, and those who decide it.

use serde_json::{Value, json};
use uuid::Uuid;

use super::{found, found_sorted, publish};
use crate::support::{Client, TestApp};

const PATH: &str = "/api/admin/synonyms/";

async fn create(admin: &Client, term: &str, synonyms: Value) -> Uuid {
    admin
        .post(PATH, json!({"term": term, "synonyms": synonyms}))
        .await
        .expect(201)
        .id()
}

#[tokio::test]
async fn abbreviations_find_what_they_stand_for_and_own_words_come_first() {
    let app = TestApp::start().await;
    let employer = app.employer().await;
    for title in [
        "Registered Nurse",
        "RN Night Shift",
        "Nurse",
        "Web Developer",
    ] {
        publish(&employer, title, json!({"description": "Registered."})).await;
    }
    app.drain_tasks().await;
    assert_eq!(
        found(&app, "q=RN").await,
        ["RN Night Shift", "Registered Nurse"]
    );
    assert_eq!(
        found(&app, "q=registered+nurse").await,
        ["Registered Nurse", "RN Night Shift", "Nurse"]
    );
    assert_eq!(found(&app, "q=web+dev").await, ["Web Developer"]);
    // Quotation marks ask for the words themselves, and exclusions exclude no more.
    assert_eq!(found(&app, "q=%22RN%22").await, ["RN Night Shift"]);
    assert_eq!(
        found_sorted(&app, "q=nurse+-rn").await,
        ["Nurse", "Registered Nurse"]
    );
    let answer = app.anonymous().get("/api/jobs/search/?q=web+dev").await;
    let snippet = answer.expect(200).results()[0]["snippet"].to_string();
    assert!(!snippet.is_empty());
}

#[tokio::test]
async fn an_edit_holds_at_once() {
    let app = TestApp::start().await;
    let (admin, employer) = (app.admin().await, app.employer().await);
    publish(&employer, "Zamboni Driver", json!({})).await;
    app.drain_tasks().await;
    let search = "q=ice+resurfacer";
    assert_eq!(found(&app, search).await, Vec::<String>::new());
    let id = create(&admin, "Ice  Resurfacer", json!(["zamboni driver"])).await;
    assert_eq!(found(&app, search).await, ["Zamboni Driver"]);
    let at = format!("{PATH}{id}/");
    admin
        .patch(&at, json!({"synonyms": ["other"]}))
        .await
        .expect(200);
    assert_eq!(found(&app, search).await, Vec::<String>::new());
    admin
        .put(
            &at,
            json!({"term": "ice resurfacer", "synonyms": ["zamboni"]}),
        )
        .await
        .expect(200);
    assert_eq!(found(&app, search).await, ["Zamboni Driver"]);
    admin.delete(&at).await.expect(204);
    assert_eq!(found(&app, search).await, Vec::<String>::new());
    admin.get(&at).await.expect(404);
    admin.delete(&at).await.expect(404);
    admin.patch(&at, json!({})).await.expect(404);
}

#[tokio::test]
async fn bad_synonyms_are_refused() {
    let app = TestApp::start().await;
    let admin = app.admin().await;
    create(&admin, "Snowplough", json!(["gritter"])).await;
    let again = admin
        .post(PATH, json!({"term": " SNOWPLOUGH ", "synonyms": ["x"]}))
        .await
        .expect(409);
    assert_eq!(again.json["code"], "search_synonym_exists");
    for (body, field, code) in [
        (json!({"term": "!!", "synonyms": ["x"]}), "term", "no_word"),
        (
            json!({"term": "a b c d e", "synonyms": ["x"]}),
            "term",
            "too_many_words",
        ),
        (
            json!({"term": "plough", "synonyms": ["x", "Plough"]}),
            "synonyms.1",
            "duplicate",
        ),
        (
            json!({"term": "plough", "synonyms": ["?"]}),
            "synonyms.0",
            "no_word",
        ),
    ] {
        let refused = admin.post(PATH, body.clone()).await.expect(422);
        let error = &refused.json["errors"][0];
        assert_eq!(
            (&error["field"], &error["code"]),
            (&json!(field), &json!(code)),
            "{body}"
        );
    }
    admin
        .post(PATH, json!({"term": "plough", "synonyms": []}))
        .await
        .expect(422);
    app.employer().await.get(PATH).await.expect(403);
}

#[tokio::test]
async fn the_list_is_filtered_and_paged_by_term() {
    let app = TestApp::start().await;
    let admin = app.admin().await;
    for term in ["zzc", "zza", "zzb"] {
        create(&admin, term, json!(["Zeppelin pilot"])).await;
    }
    let mut path = format!("{PATH}?q=zeppelin&page_size=2");
    let mut terms = vec![];
    loop {
        let page = admin.get(&path).await.expect(200);
        terms.extend(
            page.results()
                .iter()
                .map(|one| one["term"].as_str().expect("a term").to_owned()),
        );
        match page.json["next_cursor"].as_str() {
            Some(cursor) => path = format!("{PATH}?q=zeppelin&page_size=2&cursor={cursor}"),
            None => break,
        }
    }
    assert_eq!(terms, ["zza", "zzb", "zzc"]);
    // What a new board knows.
    let all = admin.get(PATH).await.expect(200);
    assert_eq!(all.results().len(), 20);
}
