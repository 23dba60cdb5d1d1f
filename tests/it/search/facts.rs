//! Filters, pages and suggestions.

use serde_json::{Value, json};

use super::{found, found_sorted, publish, titles};
use crate::support::TestApp;

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
               "salary_period": "hourly", "salary_currency": "EUR", "workplace": "hybrid",
               "skills": ["C++", "C"]}),
    )
    .await;
    publish(
        &employer,
        "Oakland",
        json!({"location": "Oakland, CA", "company": "Other", "category": "stonework",
               "salary_min": 90000, "skills": ["C", "Node.js"]}),
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
        ("is_remote=true", vec!["Anywhere"]),
        ("workplace=hybrid", vec!["Berlin"]),
        ("workplace=on_site", vec!["Oakland"]),
        ("workplace=remote", vec!["Anywhere"]),
        (
            "workplace=remote&workplace=hybrid",
            vec!["Anywhere", "Berlin"],
        ),
        ("workplace=hybrid&is_remote=false", vec!["Berlin"]),
        ("workplace=hybrid&is_remote=true", vec![]),
        ("skill=c", vec!["Berlin", "Oakland"]),
        ("skill=c%2B%2B", vec!["Berlin"]),
        ("skill=node+js", vec!["Oakland"]),
        ("skill=node-js&skill=c-plus-plus", vec!["Berlin", "Oakland"]),
        ("category=stonework", vec!["Berlin", "Oakland"]),
        ("category=Masonry", vec!["Berlin"]),
        ("company=other", vec!["Oakland"]),
        ("company=other&company=Third", vec!["Anywhere", "Oakland"]),
        ("salary_min=100000", vec!["Berlin"]),
        ("salary_min=95000", vec!["Berlin"]),
        ("salary_max=95000", vec!["Oakland"]),
        ("salary_min=55&salary_period=hourly", vec!["Berlin"]),
        ("salary_min=1&salary_currency=USD", vec!["Oakland"]),
        ("salary_unknown=false", vec!["Berlin", "Oakland"]),
        ("salary_unknown=true", vec!["Anywhere", "Berlin", "Oakland"]),
        ("salary_min=1", vec!["Berlin", "Oakland"]),
        (
            "salary_min=95000&salary_unknown=true",
            vec!["Anywhere", "Berlin"],
        ),
        (
            "salary_max=95000&salary_unknown=true",
            vec!["Anywhere", "Oakland"],
        ),
        ("salary_max=9000000&salary_min=95000", vec!["Berlin"]),
        ("salary_currency=EUR", vec!["Berlin"]),
        (
            "salary_currency=EUR&salary_unknown=true",
            vec!["Anywhere", "Berlin"],
        ),
        ("posted_within=1", vec!["Anywhere", "Berlin", "Oakland"]),
        ("posted_after=2999-01-01T00:00:00Z", vec![]),
        ("q=berlin&location=Berlin&job_type=contract", vec!["Berlin"]),
    ] {
        assert_eq!(found_sorted(&app, query).await, titles, "{query}");
    }
    let answer = app
        .anonymous()
        .get(
            "/api/jobs/search/?category=nonsense&company=none&skill=nothing&skill=c\
             &category=masonry&category=more",
        )
        .await;
    assert_eq!(
        answer.expect(422).field_errors(),
        [
            ("category", "unknown_category"),
            ("category", "unknown_category"),
            ("company", "unknown_company"),
            ("skill", "unknown_skill")
        ]
        .map(|(field, code)| (field.to_owned(), code.to_owned()))
    );
    let answer = app
        .anonymous()
        .get("/api/jobs/search/?workplace=moon&salary_unknown=maybe&radius=0")
        .await;
    assert_eq!(answer.expect(422).field_errors().len(), 3);
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
    app.build_vocabulary().await;
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
            "company: Backend Ltd",
            "skill: Backend Testing",
            "title: Backend Designer",
        ]
    );
    for nothing in ["", "%25", "_", "back+end", "zzz", "'"] {
        assert_eq!(suggested(nothing).await, Vec::<String>::new(), "{nothing}");
    }
}

#[tokio::test]
async fn facets_come_beside_the_page_when_they_are_asked_for() {
    let app = TestApp::start().await;
    let employer = app.employer().await;
    for (title, more) in [
        ("One", json!({"job_type": "contract", "salary_min": 60000})),
        (
            "Two",
            json!({"job_type": "contract", "workplace": "hybrid"}),
        ),
        (
            "Three",
            json!({"experience_level": "senior", "company": "Other"}),
        ),
    ] {
        publish(&employer, title, more).await;
    }
    app.drain_tasks().await;
    let facets = async |query: &str| -> Value {
        let path = format!("/api/jobs/search/?{query}");
        app.anonymous().get(&path).await.expect(200).json["facets"].clone()
    };
    let none = facets("").await;
    assert!(
        none.as_object()
            .expect("facets")
            .values()
            .all(Value::is_null)
    );
    let told = facets("job_type=contract&facets=job_type&facets=company&facets=salary").await;
    assert_eq!(
        told["job_type"],
        json!({"counts_are_exact": true, "values": [
            {"value": "contract", "name": null, "count": 2},
            {"value": "full_time", "name": null, "count": 1}]})
    );
    assert_eq!(told["company"]["values"].as_array().map(Vec::len), Some(1));
    assert_eq!(told["company"]["values"][0]["name"], "Acme");
    // What it gives is what the filter takes.
    let company = told["company"]["values"][0]["value"]
        .as_str()
        .expect("an id");
    let query = format!("company={company}");
    assert_eq!(found_sorted(&app, &query).await, ["One", "Two"]);
    assert_eq!(
        told["salary"]["values"],
        json!([{"value": "50000-75000", "name": null, "count": 1},
               {"value": null, "name": null, "count": 1}])
    );
    assert_eq!(told["workplace"], Value::Null);
    // Nothing can match: still an answer.
    let empty = facets("q=-&facets=job_type").await;
    assert!(empty["job_type"]["values"].is_array());
    let wrong = app.anonymous().get("/api/jobs/search/?facets=colour").await;
    assert_eq!(wrong.expect(422).field_errors()[0].0, "facets.0");
}

#[tokio::test]
async fn distances_need_a_city_and_a_cursor_belongs_to_its_sort() {
    let app = TestApp::start().await;
    let employer = app.employer().await;
    for (title, location, salary) in [
        ("Far", "Hamburg", 10_000),
        ("Here", "Berlin", 20_000),
        ("Near", "Potsdam", 30_000),
    ] {
        let more = json!({"location": location, "salary_min": salary});
        publish(&employer, title, more).await;
    }
    app.drain_tasks().await;
    let near = "location=Berlin&radius=500&sort=distance";
    assert_eq!(found(&app, near).await, ["Here", "Near", "Far"]);
    assert_eq!(found(&app, "sort=salary").await, ["Near", "Here", "Far"]);
    for query in [
        "sort=distance",
        "sort=distance&location=Germany",
        "sort=distance&location=%20",
    ] {
        let path = format!("/api/jobs/search/?{query}");
        assert_eq!(
            app.anonymous().get(&path).await.expect(422).field_errors(),
            [("sort".to_owned(), "no_distance".to_owned())],
            "{query}"
        );
    }
    let path = format!("/api/jobs/search/?{near}&page_size=1");
    let page = app.anonymous().get(&path).await.expect(200);
    let cursor = page.json["next_cursor"].as_str().expect("a next page");
    for (query, status) in [(near, 200), ("sort=salary", 422), ("location=Berlin", 422)] {
        let path = format!("/api/jobs/search/?{query}&page_size=1&cursor={cursor}");
        app.anonymous().get(&path).await.expect(status);
    }
}

/// "Die" ends what an Englishman hopes for and begins what a German says.
#[tokio::test]
async fn an_ad_and_a_query_may_tell_their_language() {
    let app = TestApp::start().await;
    let employer = app.employer().await;
    let told = publish(&employer, "Leiter Kinder", json!({"language": "de"})).await;
    publish(&employer, "Leiter Kinder", json!({"company": "Other"})).await;
    app.drain_tasks().await;
    let of = async |query: &str| found(&app, query).await.len();
    // German cuts "Kindern" to "kind", and English does not.
    assert_eq!(of("q=kindern").await, 1);
    assert_eq!(of("q=kindern&language=de").await, 1);
    assert_eq!(of("q=kindern&language=en").await, 0);
    assert_eq!(of("q=kinder").await, 2);
    let path = format!("/api/jobs/{told}/");
    assert_eq!(employer.get(&path).await.json["language"], "de");
    let clear = json!({"language": null});
    employer.patch(&path, clear).await.expect(200);
    app.drain_tasks().await;
    assert_eq!(of("q=kindern").await, 0);
    let wrong = json!({"language": "xx"});
    employer.patch(&path, wrong).await.expect(422);
}

#[tokio::test]
async fn hits_tell_how_far_they_are() {
    let app = TestApp::start().await;
    let employer = app.employer().await;
    publish(&employer, "Near", json!({"location": "Potsdam, Germany"})).await;
    publish(&employer, "Here", json!({"location": "Berlin"})).await;
    publish(
        &employer,
        "Nowhere",
        json!({"is_remote": true, "location": "Remote (Germany)"}),
    )
    .await;
    app.drain_tasks().await;
    let nearest = "/api/jobs/search/?location=Berlin,+Germany&sort=distance";
    let answer = app.anonymous().get(nearest).await.expect(200);
    let km: Vec<_> = answer
        .results()
        .iter()
        .map(|hit| hit["distance_km"].as_f64())
        .collect();
    assert_eq!(km[0], Some(0.0));
    assert!((20.0..35.0).contains(&km[1].expect("km")), "{km:?}");
    let answer = app.anonymous().get("/api/jobs/search/?q=near").await;
    assert_eq!(answer.expect(200).results()[0]["distance_km"], Value::Null);
}
