//! Misspelt searches: what was probably meant, and its results.

use jobboard_shared::search::tasks::BuildVocabulary;
use serde_json::{Value, json};

use super::{found, publish, titles};
use crate::support::{Response, TestApp};

async fn search(app: &TestApp, query: &str) -> Response {
    let path = format!("/api/jobs/search/?{query}");
    app.anonymous().get(&path).await.expect(200)
}

async fn suggested(app: &TestApp, query: &str) -> Vec<String> {
    let path = format!("/api/jobs/search/suggest/?q={query}");
    let answer = app.anonymous().get(&path).await.expect(200);
    let text = |one: &Value| one["text"].as_str().expect("a text").to_owned();
    answer.results().iter().map(text).collect()
}

/// Software engineers and a nurse in Munich, known to suggestions.
async fn board(engineers: usize) -> TestApp {
    let app = TestApp::start().await;
    let employer = app.employer().await;
    for _ in 0..engineers {
        let more = json!({"company": "Initech", "skills": ["C++", "Kubernetes"]});
        publish(&employer, "Software Engineer", more).await;
    }
    publish(&employer, "Nurse", json!({"location": "München"})).await;
    app.build_vocabulary().await;
    app
}

#[tokio::test]
async fn where_none_match_the_results_are_of_what_was_meant() {
    let app = board(2).await;
    let answer = search(&app, "q=sofware+enginer&page=1").await;
    let meant = "software engineer";
    assert_eq!(
        answer.json["query"],
        json!({"asked": "sofware enginer", "searched": meant, "did_you_mean": meant})
    );
    assert_eq!(answer.json["count"], 2);
    assert_eq!(titles(answer.results()).len(), 2);
    // What is right is searched as it is, and so is what nothing is like.
    for right in ["software engineer", "zzyzzx"] {
        let query = &search(&app, &format!("q={right}")).await.json["query"];
        assert_eq!(query["searched"], right);
        assert_eq!(query["did_you_mean"], Value::Null);
    }
    assert_eq!(search(&app, "").await.json["query"]["asked"], "");
}

#[tokio::test]
async fn the_shape_of_a_query_stays() {
    let app = board(2).await;
    for (asked, searched) in [
        ("\"sofware enginer\"", "\"software engineer\""),
        ("Sofware -nusre C%2B%2B", "Software -nusre C++"),
        ("c%2B%2B kuberentes", "c++ kubernetes"),
    ] {
        let answer = search(&app, &format!("q={asked}")).await;
        assert_eq!(answer.json["query"]["searched"], searched, "{asked}");
        assert_eq!(answer.results().len(), 2, "{asked}");
    }
    // Names with signs are right as they are.
    for exact in ["c%23", ".net", "node.js", "R", "Go", "ai"] {
        let query = &search(&app, &format!("q={exact}")).await.json["query"];
        assert_eq!(query["did_you_mean"], Value::Null, "{exact}");
    }
}

#[tokio::test]
async fn where_few_match_another_query_is_offered() {
    let app = board(6).await;
    let employer = app.employer().await;
    let more = json!({"company": "Other", "description": "Tests sofware."});
    publish(&employer, "Tester", more).await;
    app.build_vocabulary().await;
    let answer = search(&app, "q=sofware").await;
    assert_eq!(titles(answer.results()), ["Tester"]);
    assert_eq!(
        answer.json["query"],
        json!({"asked": "sofware", "searched": "sofware", "did_you_mean": "software"})
    );
    // It would find nothing more under these filters.
    let answer = search(&app, "q=sofware&job_type=internship").await;
    assert_eq!(answer.json["query"]["did_you_mean"], Value::Null);
    assert_eq!(answer.results().len(), 0);
}

#[tokio::test]
async fn pages_go_on_with_what_was_meant() {
    let app = board(5).await;
    let first = search(&app, "q=sofware&page_size=3").await;
    assert_eq!(first.results().len(), 3);
    let cursor = first.json["next_cursor"].as_str().expect("a next page");
    let second = search(&app, "q=sofware&page=2&page_size=3").await;
    assert_eq!(second.results().len(), 2);
    assert_eq!(second.json["query"]["searched"], "software");
    // Meanwhile the board has what was asked.
    let employer = app.employer().await;
    publish(&employer, "Sofware", json!({"company": "Other"})).await;
    app.drain_tasks().await;
    let next = search(&app, &format!("q=sofware&page_size=3&cursor={cursor}")).await;
    assert_eq!(titles(next.results()), ["Software Engineer"; 2]);
    assert_eq!(next.json["query"]["asked"], "sofware");
    assert_eq!(next.json["query"]["searched"], "software");
    let path = format!("/api/jobs/search/?q=software&cursor={cursor}");
    app.anonymous().get(&path).await.expect(422);
}

#[tokio::test]
async fn suggestions_forgive_a_typo_and_accents() {
    let app = board(2).await;
    for (typed, text) in [
        ("sofwa", "Software Engineer"),
        ("sotfware+e", "Software Engineer"),
        ("SOFTWARE+ENG", "Software Engineer"),
        ("mun", "Munich, Bavaria, Germany"),
        ("m%C3%BCn", "Munich, Bavaria, Germany"),
        ("munc", "Munich, Bavaria, Germany"),
        ("c%2B%2B", "C++"),
        ("kubr", "Kubernetes"),
        ("init", "Initech"),
    ] {
        let suggested = suggested(&app, typed).await;
        assert!(
            suggested.contains(&text.to_owned()),
            "{typed}: {suggested:?}"
        );
    }
}

#[tokio::test]
async fn words_and_names_follow_the_jobs_and_a_second_build_changes_nothing() {
    let app = board(2).await;
    let rows = async || -> Vec<(String, String)> {
        sqlx::query_as(
            "select word, (w.*)::text || xmin::text from search_words w
             union all select words, (p.*)::text || xmin::text from search_word_pairs p
             union all select beginning, (s.*)::text || xmin::text from search_suggestions s
             order by 1, 2",
        )
        .fetch_all(&app.db)
        .await
        .expect("rows")
    };
    let before = rows().await;
    assert!(before.iter().any(|row| row.0 == "software engineer"));
    app.build_vocabulary().await;
    assert_eq!(rows().await, before);
    let jobs = search(&app, "q=software").await;
    for job in jobs.results() {
        sqlx::query("update jobs set status = 'archived' where id = $1::uuid")
            .bind(job["id"].as_str())
            .execute(&app.db)
            .await
            .expect("archive");
    }
    app.build_vocabulary().await;
    let words: Vec<String> = sqlx::query_scalar("select word from search_words order by word")
        .fetch_all(&app.db)
        .await
        .expect("words");
    assert!(!words.contains(&"software".to_owned()), "{words:?}");
    assert!(words.contains(&"nurse".to_owned()), "{words:?}");
    assert_eq!(suggested(&app, "soft").await, Vec::<String>::new());
    assert!(found(&app, "q=nurse").await.len() == 1);
}

#[tokio::test]
async fn a_build_that_took_long_is_not_made_again_at_once() {
    let app = board(1).await;
    let took = async |seconds: f64| {
        sqlx::query("update search_vocabulary_builds set seconds = $1, ended_at = app_now() - interval '60 s'")
            .bind(seconds)
            .execute(&app.db)
            .await
            .expect("a build");
        let mut conn = app.db.acquire().await.expect("a connection");
        jobboard_shared::queue::enqueue(&mut conn, &BuildVocabulary::if_due())
            .await
            .expect("enqueue");
        drop(conn);
        app.drain_tasks().await;
        let after: f64 = sqlx::query_scalar("select seconds from search_vocabulary_builds")
            .fetch_one(&app.db)
            .await
            .expect("a build");
        after
    };
    assert!((took(30.0).await - 30.0).abs() < 1e-9);
    assert!(took(1.0).await < 1.0);
}
