//! Words, operators, and texts that are neither.

use serde_json::json;

use super::{found, found_sorted, publish};
use crate::support::TestApp;

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

/// Which words stand side by side is looked up; it must be spelt alike in ads and
/// queries, in every language, over stop words too.
#[tokio::test]
async fn phrases_of_the_text_are_found() {
    let app = TestApp::start().await;
    let employer = app.employer().await;
    let german = "Wir suchen für unser Team in Bremen eine Person, die als Leiterin der Werkstatt \
                  arbeitet und die großen Häuser plant.";
    publish(&employer, "Meisterin", json!({"description": german})).await;
    for (title, words) in [
        (
            "One",
            "She is the head of sales and of the service team here.",
        ),
        (
            "Two",
            "The sales team has a head, and the service is good here.",
        ),
    ] {
        publish(&employer, title, json!({"description": words})).await;
    }
    app.drain_tasks().await;
    for (query, titles) in [
        ("\"head of sales\"", vec!["One"]),
        ("\"service team\"", vec!["One"]),
        ("sales -\"head of sales\"", vec!["Two"]),
        ("\"große Häuser\"", vec!["Meisterin"]),
        ("\"Leiterin der Werkstatt\"", vec!["Meisterin"]),
        ("\"Werkstatt Leiterin\"", vec![]),
    ] {
        assert_eq!(found(&app, &format!("q={query}")).await, titles, "{query}");
    }
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
