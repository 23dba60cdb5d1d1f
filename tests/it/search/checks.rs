//! The documents are compared with their jobs.

use std::time::Duration;

use jobboard_shared::search::{
    self,
    tasks::{
        CheckDocuments, RECHECK_AFTER, RebuildOutdated, RecheckJobs, RefreshJobs, RefreshScope,
        Scope,
    },
};
use serde_json::json;
use uuid::Uuid;

use super::{found, found_sorted, publish};
use crate::support::TestApp;

#[tokio::test]
async fn what_differs_is_found_and_mended() {
    let app = TestApp::start().await;
    let employer = app.employer().await;
    let mut ids = vec![];
    for title in ["Good", "Renamed", "Closed", "Missing"] {
        ids.push(publish(&employer, title, json!({})).await);
    }
    app.drain_tasks().await;
    assert!(differing(&app, &ids).await.is_empty());
    check(&app).await;
    assert!(app.pending_tasks::<RecheckJobs>().await.is_empty());
    // What lost tasks would leave behind.
    sqlx::raw_sql(
        "update jobs set title = 'New name' where title = 'Renamed';
         update jobs set status = 'closed', closed_at = app_now() where title = 'Closed';
         delete from job_search_documents where job_id = (select id from jobs where title = 'Missing')",
    )
    .execute(&app.db)
    .await
    .expect("spoil the index");
    let mut wrong = ids[1..].to_vec();
    wrong.sort();
    assert_eq!(differing(&app, &ids).await, wrong);
    check(&app).await;
    // A refresh may be on its way: it gets its time.
    assert_eq!(found_sorted(&app, "q=renamed").await, ["New name"]);
    app.advance_time(RECHECK_AFTER + Duration::from_secs(1))
        .await;
    app.drain_tasks().await;
    assert_eq!(found_sorted(&app, "q=renamed").await, Vec::<String>::new());
    assert_eq!(
        found_sorted(&app, "").await,
        ["Good", "Missing", "New name"]
    );
    assert!(differing(&app, &ids).await.is_empty());
}

#[tokio::test]
async fn a_difference_that_a_refresh_ends_is_none() {
    let app = TestApp::start().await;
    let employer = app.employer().await;
    let id = publish(&employer, "Painter", json!({})).await;
    check(&app).await;
    let again = app.pending_tasks::<RecheckJobs>().await;
    assert_eq!(again.len(), 0, "the drain refreshed it before the check");
    employer
        .patch(&format!("/api/jobs/{id}/"), json!({"title": "Glazier"}))
        .await
        .expect(200);
    let mut tx = app.db.begin().await.expect("begin");
    let seen = search::differing(&mut tx, &[id]).await.expect("compare");
    tx.commit().await.expect("commit");
    assert_eq!(seen, [id]);
    app.drain_tasks().await;
    app.enqueue(&RecheckJobs { job_ids: seen }).await;
    app.drain_tasks().await;
    assert!(app.pending_tasks::<RefreshJobs>().await.is_empty());
}

#[tokio::test]
async fn a_rebuild_shows_how_far_it_is() {
    let app = TestApp::start().await;
    let employer = app.employer().await;
    for title in ["One", "Two"] {
        publish(&employer, title, json!({})).await;
    }
    app.drain_tasks().await;
    sqlx::query("delete from job_search_documents")
        .execute(&app.db)
        .await
        .expect("empty the index");
    let mut command = tokio::process::Command::new(env!("CARGO_BIN_EXE_jobboard"))
        .arg("reindex")
        .current_dir(std::env::temp_dir())
        .env("DATABASE_URL", app.database_url())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .expect("run the command");
    while command.try_wait().expect("look at it").is_none() {
        app.drain_tasks().await;
    }
    let output = command.wait_with_output().await.expect("its output");
    assert!(output.status.success(), "{output:?}");
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(told.ends_with("done\n"), "{told}");
    assert_eq!(found_sorted(&app, "").await, ["One", "Two"]);
}

/// Documents of a release that put less into them are found all the same, and
/// written anew without anybody asking.
#[tokio::test]
async fn documents_of_a_former_release_are_found_and_replaced() {
    let app = TestApp::start().await;
    let employer = app.employer().await;
    for (title, more) in [
        (
            "Stone mason",
            json!({"skills": ["C++"], "salary_min": 1000}),
        ),
        ("Mason of stone", json!({})),
        ("Driver", json!({"skills": ["Stone mason"]})),
        ("Cook", json!({"description": "Cooks for a stone mason."})),
    ] {
        publish(&employer, title, more).await;
    }
    app.drain_tasks().await;
    let searches = [
        ("skill=c%2B%2B", vec!["Stone mason"]),
        (
            "q=stone+mason",
            vec!["Cook", "Driver", "Mason of stone", "Stone mason"],
        ),
        ("q=%22stone+mason%22", vec!["Cook", "Driver", "Stone mason"]),
        (
            "q=mason+-cook",
            vec!["Driver", "Mason of stone", "Stone mason"],
        ),
        ("q=mason+-%22stone+mason%22", vec!["Mason of stone"]),
        ("q=-driver", vec!["Cook", "Mason of stone", "Stone mason"]),
    ];
    for layout in 0..search::LAYOUT {
        write_as_of(&app, layout).await;
        for (query, titles) in &searches {
            assert_eq!(
                found_sorted(&app, query).await,
                *titles,
                "{query} of {layout}"
            );
        }
        let order = ranked(&app).await;
        app.enqueue(&RebuildOutdated {}).await;
        app.drain_tasks().await;
        assert_eq!(built(&app).await, search::LAYOUT);
        for (query, titles) in &searches {
            assert_eq!(found_sorted(&app, query).await, *titles, "{query}");
        }
        assert_eq!(ranked(&app).await, order, "tiers of {layout}");
    }
    let old: i64 = sqlx::query_scalar(
        "select count(*) from job_search_documents
         where not exists (select from unnest(tokens) token where token >> 25 = 20)",
    )
    .fetch_one(&app.db)
    .await
    .expect("count");
    assert_eq!(old, 2, "two ask for no skill");
    // It is the layout now: nothing is done again, and what no layout needs goes.
    app.enqueue(&RebuildOutdated {}).await;
    assert_eq!(app.drain_tasks().await.done, 1);
    let index: Option<String> =
        sqlx::query_scalar("select to_regclass('job_search_title_idx')::text")
            .fetch_one(&app.db)
            .await
            .expect("look for the index");
    assert_eq!(index, None);
    // Steps of a release that does not know the layout prove nothing.
    write_as_of(&app, 0).await;
    let mut walk = RefreshScope::of(Scope::All);
    walk.layout = 0;
    app.enqueue(&walk).await;
    app.drain_tasks().await;
    assert_eq!(built(&app).await, 0);
}

/// Title, then skills, then the text.
async fn ranked(app: &TestApp) -> Vec<String> {
    let mut all = found(app, "q=stone+mason").await;
    all[..2].sort();
    all
}

async fn built(app: &TestApp) -> i32 {
    sqlx::query_scalar("select built from search_layout")
        .fetch_one(&app.db)
        .await
        .expect("the layout")
}

/// Takes away what layouts brought: 1 kinds of tokens from 20 on and neighbours (`~`), 2 the
/// marks in `vec`. Before 2 there was another index.
async fn write_as_of(app: &TestApp, layout: i32) {
    let tokens = if layout < 1 { 20 } else { 64 };
    let gone = if layout < 1 { "[~\\^=]" } else { "[\\^=]" };
    sqlx::query(
        "update job_search_documents
         set tokens = array(select token from unnest(tokens) token where token >> 25 < $1),
             vec = ts_delete(vec, array(select lexeme from unnest(vec) where lexeme ~ ('^' || $2)))",
    )
    .bind(tokens)
    .bind(gone)
    .execute(&app.db)
    .await
    .expect("documents of old");
    sqlx::query("update search_layout set built = $1")
        .bind(layout)
        .execute(&app.db)
        .await
        .expect("outdated");
    sqlx::raw_sql(
        "create index if not exists job_search_title_idx
             on job_search_documents using gin (title_vec, tokens)",
    )
    .execute(&app.db)
    .await
    .expect("the index of old");
}

async fn check(app: &TestApp) {
    app.enqueue(&CheckDocuments::default()).await;
    let report = app.drain_tasks().await;
    assert!(report.failures.is_empty(), "{report:?}");
}

async fn differing(app: &TestApp, ids: &[Uuid]) -> Vec<Uuid> {
    let mut conn = app.db.acquire().await.expect("a connection");
    let mut differing = search::differing(&mut conn, ids).await.expect("compare");
    differing.sort();
    differing
}
