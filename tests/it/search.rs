//! Jobs are found as soon as the queue is drained, and only while they are live.

use std::time::Duration;

use jobboard_shared::search::{
    self,
    tasks::{RefreshJobs, RemoveExpired, Scope, enqueue_scope},
};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{Client, TestApp};

/// Publishes a job; `more` adds to it or changes it.
async fn publish(employer: &Client, title: &str, more: Value) -> Uuid {
    let mut job = json!({
        "title": title, "company": "Acme", "description": "What it is about.",
        "status": "published",
    });
    for (name, value) in more.as_object().expect("an object") {
        job[name] = value.clone();
    }
    employer.post("/api/jobs/", job).await.expect(201).id()
}

/// The titles that a search finds, in order; `query` is everything after "?".
async fn found(app: &TestApp, query: &str) -> Vec<String> {
    let path = format!("/api/jobs/search/?{query}");
    let answer = app.anonymous().get(&path).await.expect(200);
    titles(answer.results())
}

fn titles(results: &[Value]) -> Vec<String> {
    results
        .iter()
        .map(|job| job["title"].as_str().expect("a title").to_owned())
        .collect()
}

async fn found_sorted(app: &TestApp, query: &str) -> Vec<String> {
    let mut titles = found(app, query).await;
    titles.sort();
    titles
}

#[tokio::test]
async fn a_published_job_is_found_with_what_lists_show_and_a_snippet() {
    let app = TestApp::start().await;
    let employer = app.employer().await;
    let id = publish(
        &employer,
        "Backend Engineer",
        json!({"description": "<p>We write Python & <b>Django</b>.</p>",
               "location": "San Francisco, CA", "salary_min": 100000, "salary_max": 150000}),
    )
    .await;
    app.assert_enqueued(|task: &RefreshJobs| task.job_ids == [id])
        .await;
    assert_eq!(found(&app, "q=python").await, Vec::<String>::new());
    app.drain_tasks().await;
    // As the product's own example asks.
    let answer = employer
        .get("/api/jobs/search/?q=python+django&location=San+Francisco&page=1&page_size=20")
        .await
        .expect(200);
    assert_eq!(answer.json["count"], 1);
    assert_eq!(answer.json["page"], 1);
    assert_eq!(answer.json["page_size"], 20);
    let job = &answer.results()[0];
    assert_eq!(job["id"], json!(id));
    assert_eq!(job["company"]["name"], "Acme");
    assert_eq!(job["location"], "San Francisco, CA");
    assert_eq!(
        job["snippet"],
        "We write <mark>Python</mark> &amp; <mark>Django</mark>."
    );
    let score = job["score"].as_f64().expect("a score");
    assert!((0.0..=1.0).contains(&score));
}

#[tokio::test]
async fn an_edit_moves_a_job_and_closing_removes_it() {
    let app = TestApp::start().await;
    let employer = app.employer().await;
    let id = publish(&employer, "Painter", json!({})).await;
    app.drain_tasks().await;
    assert_eq!(found(&app, "q=painter").await, ["Painter"]);
    let path = format!("/api/jobs/{id}/");
    for title in ["Glazier", "Roofer", "Plumber"] {
        employer
            .patch(&path, json!({"title": title}))
            .await
            .expect(200);
    }
    assert_eq!(
        app.pending_tasks::<RefreshJobs>().await.len(),
        1,
        "three edits are one refresh"
    );
    app.drain_tasks().await;
    assert_eq!(found(&app, "q=painter").await, Vec::<String>::new());
    assert_eq!(found(&app, "q=plumber").await, ["Plumber"]);
    employer
        .post(&format!("{path}close/"), json!({}))
        .await
        .expect(200);
    // Before the worker knows, and after it.
    assert_eq!(found(&app, "q=plumber").await, Vec::<String>::new());
    app.drain_tasks().await;
    assert_eq!(documents(&app).await, 0);
}

#[tokio::test]
async fn an_expired_job_is_out_of_sight_at_once_and_swept_later() {
    let app = TestApp::start().await;
    let employer = app.employer().await;
    let soon = app.clock.now() + chrono::TimeDelta::hours(1);
    publish(&employer, "Short-lived", json!({"expires_at": soon})).await;
    publish(&employer, "Lasting", json!({})).await;
    app.drain_tasks().await;
    assert_eq!(found_sorted(&app, "").await, ["Lasting", "Short-lived"]);
    app.advance_time(Duration::from_secs(2 * 3600)).await;
    assert_eq!(found(&app, "").await, ["Lasting"]);
    assert_eq!(documents(&app).await, 2);
    for _ in 0..2 {
        app.enqueue(&RemoveExpired {}).await;
        app.drain_tasks().await;
        assert_eq!(documents(&app).await, 1);
    }
}

async fn documents(app: &TestApp) -> i64 {
    sqlx::query_scalar("select count(*) from job_search_documents")
        .fetch_one(&app.db)
        .await
        .expect("count")
}

#[tokio::test]
async fn names_with_signs_are_found_as_themselves() {
    let app = TestApp::start().await;
    let employer = app.employer().await;
    for title in [
        "C++ Developer",
        "C Developer",
        "C# Developer",
        ".NET Developer",
        "Node.js Developer",
        "Go Developer",
        "R Statistician",
        "AI Researcher",
        "Maintenance Aid, Network",
    ] {
        let words = "We go to market and keep going; it is a net gain.";
        publish(&employer, title, json!({"description": words})).await;
    }
    app.drain_tasks().await;
    for (query, title) in [
        ("c%2B%2B", "C++ Developer"),
        ("C", "C Developer"),
        ("c%23", "C# Developer"),
        (".net", ".NET Developer"),
        ("node.js", "Node.js Developer"),
        ("go", "Go Developer"),
        ("r", "R Statistician"),
        ("ai", "AI Researcher"),
    ] {
        assert_eq!(found(&app, &format!("q={query}")).await, [title], "{query}");
    }
}

#[tokio::test]
async fn words_are_found_in_the_forms_of_their_language() {
    let app = TestApp::start().await;
    let employer = app.employer().await;
    let german = "Für unser Team in München suchen wir zum nächstmöglichen Zeitpunkt eine Person, \
                  die Häuser plant und mit uns an großen Projekten arbeitet.";
    publish(
        &employer,
        "Softwareentwickler (m/w/d)",
        json!({"description": german}),
    )
    .await;
    let french = "Nous cherchons pour notre équipe à Paris une personne qui développe des \
                  applications avec nous et qui aime travailler dans une grande entreprise.";
    publish(&employer, "Développeuse", json!({"description": french})).await;
    publish(
        &employer,
        "Software Engineers",
        json!({"description": "They engineer."}),
    )
    .await;
    app.drain_tasks().await;
    for (query, title) in [
        ("Entwickler", "Softwareentwickler (m/w/d)"),
        ("Entwicklerin", "Softwareentwickler (m/w/d)"),
        ("Haus", ""),
        ("Häusern", "Softwareentwickler (m/w/d)"),
        ("hausern", "Softwareentwickler (m/w/d)"),
        ("Munchen", "Softwareentwickler (m/w/d)"),
        ("Person für Projekte", "Softwareentwickler (m/w/d)"),
        ("developpeuse", "Développeuse"),
        ("DÉVELOPPEUSE", "Développeuse"),
        ("application équipes", "Développeuse"),
        ("engineer", "Software Engineers"),
    ] {
        let titles = found(&app, &format!("q={query}")).await;
        match title {
            "" => {}
            title => assert_eq!(titles, [title], "{query}"),
        }
    }
    let languages: Vec<String> =
        sqlx::query_scalar("select language::text from job_search_documents order by 1")
            .fetch_all(&app.db)
            .await
            .expect("languages");
    assert_eq!(languages, ["english", "french", "german"]);
}

#[tokio::test]
async fn phrases_exclusions_and_alternatives() {
    let app = TestApp::start().await;
    let employer = app.employer().await;
    for (title, description) in [
        ("One", "machine learning with java"),
        ("Two", "learning about a machine in kotlin"),
        ("Three", "python and machines, senior"),
    ] {
        publish(&employer, title, json!({"description": description})).await;
    }
    app.drain_tasks().await;
    for (query, titles) in [
        ("\"machine learning\"", vec!["One"]),
        ("machine learning", vec!["One", "Two"]),
        ("machine -learning", vec!["Three"]),
        ("machine -\"machine learning\"", vec!["Three", "Two"]),
        ("machine -seniors", vec!["One", "Two"]),
        ("-machines", vec![]),
        ("-senior", vec!["One", "Two"]),
        ("java OR kotlin", vec!["One", "Two"]),
        ("java OR python machine", vec!["One", "Three"]),
        ("cobol", vec![]),
        ("!!! ???", vec![]),
    ] {
        assert_eq!(
            found_sorted(&app, &format!("q={query}")).await,
            titles,
            "{query}"
        );
    }
}

#[tokio::test]
async fn facts_narrow_a_search() {
    let app = TestApp::start().await;
    let employer = app.employer().await;
    sqlx::query(
        "with parent as (
             insert into categories (name, slug) values ('Stonework', 'stonework') returning id
         )
         insert into categories (name, slug, parent_id) select 'Masonry', 'masonry', id from parent",
    )
    .execute(&app.db)
    .await
    .expect("categories");
    publish(
        &employer,
        "Berlin",
        json!({"location": "Potsdam, Germany", "job_type": "contract", "category": "masonry",
               "experience_level": "senior", "salary_min": 50, "salary_max": 60,
               "salary_period": "hourly", "salary_currency": "EUR"}),
    )
    .await;
    publish(
        &employer,
        "Oakland",
        json!({"location": "Oakland, CA", "company": "Other", "category": "stonework",
               "salary_min": 90000}),
    )
    .await;
    publish(
        &employer,
        "Anywhere",
        json!({"location": "Remote", "is_remote": true, "company": "Third"}),
    )
    .await;
    app.drain_tasks().await;
    for (query, titles) in [
        ("location=Berlin", vec!["Berlin"]),
        ("location=Berlin&radius=10", vec![]),
        (
            "location=San+Francisco&radius=10&radius_unit=mi",
            vec!["Oakland"],
        ),
        ("location=California", vec!["Oakland"]),
        ("location=Germany", vec!["Berlin"]),
        ("location=Europe", vec!["Berlin"]),
        ("location=remote", vec!["Anywhere"]),
        ("location=Atlantis", vec![]),
        ("job_type=contract", vec!["Berlin"]),
        (
            "job_type=contract&job_type=full_time",
            vec!["Anywhere", "Berlin", "Oakland"],
        ),
        ("experience_level=senior", vec!["Berlin"]),
        ("is_remote=false", vec!["Berlin", "Oakland"]),
        ("category=stonework", vec!["Berlin", "Oakland"]),
        ("category=Masonry", vec!["Berlin"]),
        ("company=other", vec!["Oakland"]),
        ("company=other&company=Third", vec!["Anywhere", "Oakland"]),
        ("salary_min=100000", vec!["Berlin"]),
        ("salary_min=95000", vec!["Berlin"]),
        ("salary_max=95000", vec!["Oakland"]),
        ("salary_min=55&salary_period=hourly", vec!["Berlin"]),
        ("salary_min=1&salary_currency=USD", vec!["Oakland"]),
        ("posted_within=1", vec!["Anywhere", "Berlin", "Oakland"]),
        ("posted_after=2999-01-01T00:00:00Z", vec![]),
        ("q=berlin&location=Berlin&job_type=contract", vec!["Berlin"]),
    ] {
        assert_eq!(found_sorted(&app, query).await, titles, "{query}");
    }
    let answer = app
        .anonymous()
        .get("/api/jobs/search/?category=nonsense")
        .await;
    assert_eq!(
        answer.expect(422).field_errors(),
        [("category".to_owned(), "unknown_category".to_owned())]
    );
}

#[tokio::test]
async fn pages_hold_every_job_once_and_the_title_comes_first() {
    let app = TestApp::start().await;
    let employer = app.employer().await;
    for number in 0..5 {
        publish(&employer, &format!("Welder {number}"), json!({})).await;
        let more = json!({"description": "Works beside a welder."});
        publish(&employer, &format!("Fitter {number}"), more).await;
    }
    app.drain_tasks().await;
    let all = found(&app, "q=welder").await;
    assert_eq!(all.len(), 10);
    assert!(
        all[..5].iter().all(|title| title.starts_with("Welder")),
        "{all:?}"
    );
    for query in ["q=welder", "q=welder&sort=date", "sort=date", "location="] {
        let (mut by_page, mut by_cursor) = (vec![], vec![]);
        for page in 1..=4 {
            let path = format!("/api/jobs/search/?{query}&page={page}&page_size=3");
            let answer = app.anonymous().get(&path).await.expect(200);
            assert_eq!(answer.json["count"], 10);
            by_page.extend(titles(answer.results()));
        }
        let mut cursor = String::new();
        loop {
            let path = format!("/api/jobs/search/?{query}&page_size=3{cursor}");
            let answer = app.anonymous().get(&path).await.expect(200);
            by_cursor.extend(titles(answer.results()));
            match answer.json["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        assert_eq!(by_page, by_cursor, "{query}");
        by_page.sort();
        by_page.dedup();
        assert_eq!(by_page.len(), 10, "{query}");
    }
    // A cursor belongs to its search.
    let first = app
        .anonymous()
        .get("/api/jobs/search/?q=welder&page_size=3")
        .await;
    let cursor = first.json["next_cursor"]
        .as_str()
        .expect("a next page")
        .to_owned();
    let path = format!("/api/jobs/search/?q=fitter&page_size=3&cursor={cursor}");
    app.anonymous().get(&path).await.expect(422);
}

#[tokio::test]
async fn refreshing_twice_changes_nothing_and_a_rebuild_repairs() {
    let app = TestApp::start().await;
    let employer = app.employer().await;
    let mut ids = vec![];
    for number in 0..3 {
        ids.push(publish(&employer, &format!("Job {number}"), json!({})).await);
    }
    app.drain_tasks().await;
    let mut tx = app.db.begin().await.expect("begin");
    let again = search::refresh(&mut tx, &ids).await.expect("refresh");
    assert_eq!(again, search::Refreshed::default());
    // What the tasks of a lost queue would have done.
    sqlx::raw_sql(
        "delete from job_search_documents where job_id = (select max(job_id::text)::uuid from job_search_documents);
         update jobs set title = 'Renamed' where title = 'Job 0';
         update jobs set status = 'closed' where title = 'Job 1'",
    )
    .execute(&mut *tx)
    .await
    .expect("spoil the index");
    enqueue_scope(&mut tx, Scope::All).await.expect("enqueue");
    tx.commit().await.expect("commit");
    app.drain_tasks().await;
    assert_eq!(found_sorted(&app, "").await, ["Job 2", "Renamed"]);
    assert_eq!(documents(&app).await, 2);
    // A job that is gone is no failure.
    app.enqueue(&RefreshJobs {
        job_ids: vec![Uuid::nil()],
    })
    .await;
    assert!(app.drain_tasks().await.failures.is_empty());
}

#[tokio::test]
async fn a_new_company_name_reaches_its_jobs() {
    let app = TestApp::start().await;
    let employer = app.employer().await;
    let id = publish(&employer, "Painter", json!({})).await;
    app.drain_tasks().await;
    let job = employer.get(&format!("/api/jobs/{id}/")).await.expect(200);
    let company = job.json["company"]["id"]
        .as_str()
        .expect("a company")
        .to_owned();
    employer
        .put(
            &format!("/api/companies/{company}/"),
            json!({"name": "Zenith"}),
        )
        .await
        .expect(200);
    app.drain_tasks().await;
    assert_eq!(found(&app, "q=zenith").await, ["Painter"]);
    assert_eq!(found(&app, "q=acme").await, Vec::<String>::new());
}

/// A refresh that has read an old state cannot write it over a newer one: the
/// newer refresh waits for it.
#[tokio::test]
async fn an_edit_between_reading_and_writing_is_not_lost() {
    let app = TestApp::start().await;
    let employer = app.employer().await;
    let id = publish(&employer, "Old title", json!({})).await;
    app.drain_tasks().await;
    sqlx::query("delete from job_search_documents")
        .execute(&app.db)
        .await
        .expect("empty the index");
    let mut slow = app.db.begin().await.expect("begin");
    search::refresh(&mut slow, &[id]).await.expect("refresh");
    let path = format!("/api/jobs/{id}/");
    employer
        .patch(&path, json!({"title": "New title"}))
        .await
        .expect(200);
    let worker = app.worker.clone();
    let fast = tokio::spawn(async move { jobboard_worker::drain(&worker).await });
    // It stands before the lock, or has not come to it yet: both must end well.
    while waiting(&app).await == 0 {
        tokio::task::yield_now().await;
    }
    slow.commit().await.expect("commit");
    fast.await.expect("join").expect("drain");
    assert_eq!(found(&app, "").await, ["New title"]);
}

async fn waiting(app: &TestApp) -> i64 {
    sqlx::query_scalar(
        "select count(*) from pg_locks where locktype = 'advisory' and not granted
         and database = (select oid from pg_database where datname = current_database())",
    )
    .fetch_one(&app.db)
    .await
    .expect("locks")
}

#[tokio::test]
async fn no_text_is_a_server_error() {
    let app = TestApp::start().await;
    let employer = app.employer().await;
    let long = "x".repeat(300);
    let wide = "東京エンジニア".repeat(40);
    for title in ["Painter", &long, &wide] {
        let skills: Vec<_> = (0..50).map(|n| format!("{}{n}", "語".repeat(90))).collect();
        publish(
            &employer,
            title,
            json!({"skills": skills, "description": wide.repeat(300)}),
        )
        .await;
    }
    let drained = app.drain_tasks().await;
    assert!(drained.failures.is_empty(), "{:?}", drained.failures);
    let (quotes, ten_kb) = ("\"".repeat(500), "a-b OR \"c ".repeat(1000));
    for text in [
        "'",
        "''",
        "\\",
        "\\'",
        "\"",
        "\"\"\"",
        "-",
        "--",
        "-\"",
        "OR",
        "OR OR",
        "| | |",
        "&",
        "!",
        "a & | b",
        "<->",
        "a <2> b",
        ":*",
        "a:*",
        "(",
        "((((",
        ")a(",
        "'a' & 'b'",
        "%",
        "_",
        "; drop table jobs",
        "\u{202e}abc",
        "🦀🦀",
        "a\u{301}\u{301}\u{301}",
        "\u{feff}",
        "ﷺ",
        "İ",
        "-a -b -c",
        "\"a -b\"",
        "c++++",
        "....net",
        "&&&",
        "für",
        "the",
        "de la",
        "1e5",
        "0x1f",
        "1.2.3.4",
        "a@b.c",
        "http://",
        "https://x y",
        "½",
        "日本",
        "ไทย",
        "हिन्दी",
        &quotes,
        &ten_kb,
        &long,
        &wide,
    ] {
        for name in ["q", "location"] {
            let encoded: String = text.bytes().map(|byte| format!("%{byte:02x}")).collect();
            let path = format!("/api/jobs/search/?page=1&{name}={encoded}");
            let response = app.anonymous().get(&path).await;
            let status = response.status.as_u16();
            assert!(
                status == 200 || name == "location" && status == 422,
                "{name}={text}: {}",
                response.text
            );
        }
    }
    for query in [
        "q=%00",
        "q=a%00b",
        "q=%ff",
        "q=%",
        "company=%00",
        "category=%00",
        "location=%00",
        "q=a&q=b",
    ] {
        let answer = app
            .anonymous()
            .get(&format!("/api/jobs/search/?{query}"))
            .await;
        assert!(answer.status.as_u16() < 500, "{query}: {}", answer.text);
    }
}

#[tokio::test]
async fn beginnings_are_suggested() {
    let app = TestApp::start().await;
    let employer = app.employer().await;
    for (title, more) in [
        ("Backend Developer", json!({})),
        ("backend developer", json!({})),
        (
            "Backend Designer",
            json!({"skills": ["Backend Testing"], "company": "Backend Ltd"}),
        ),
        ("Back End", json!({"status": "draft"})),
    ] {
        publish(&employer, title, more).await;
    }
    app.drain_tasks().await;
    let suggested = async |query: &str| -> Vec<String> {
        let path = format!("/api/jobs/search/suggest/?q={query}");
        let answer = employer.get(&path).await.expect(200);
        let show = |one: &Value| format!("{}: {}", one["kind"], one["text"]).replace('"', "");
        answer.results().iter().map(show).collect()
    };
    assert_eq!(suggested("backend+dev").await, ["title: Backend Developer"]);
    assert_eq!(
        suggested("%20BACKEND%20").await,
        [
            "title: Backend Developer",
            "title: Backend Designer",
            "skill: Backend Testing",
            "company: Backend Ltd"
        ]
    );
    for nothing in ["", "%25", "_", "back+end", "zzz", "'"] {
        assert_eq!(suggested(nothing).await, Vec::<String>::new(), "{nothing}");
    }
}
