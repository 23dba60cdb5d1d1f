//! The list of all skills.

use serde_json::json;

use crate::support::TestApp;

const SKILLS: &str = "/api/skills/";

#[tokio::test]
async fn skills_are_found_by_name_and_category_by_everybody() {
    let app = TestApp::start().await;
    sqlx::query(
        "insert into skills (name, slug, category) values
             ('Rust', 'rust', 'programming'), ('rustic carpentry', 'rustic-carpentry', null),
             ('Django', 'django', 'framework'), ('100%', '100', 'tool'), ('C_x', 'c-x', 'tool')",
    )
    .execute(&app.db)
    .await
    .unwrap();
    let client = app.anonymous();
    let names = async |query: &str| {
        let list = client.get(&format!("{SKILLS}{query}")).await.expect(200);
        let results = list.results().iter();
        results
            .map(|skill| skill["name"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(
        names("").await,
        ["100%", "C_x", "Django", "Rust", "rustic carpentry"]
    );
    assert_eq!(names("?q=RUST").await, ["Rust", "rustic carpentry"]);
    assert_eq!(names("?q=%25").await, ["100%"]);
    assert_eq!(names("?q=_").await, ["C_x"]);
    assert_eq!(names("?category=tool").await, ["100%", "C_x"]);
    assert_eq!(names("?category=programming&q=us").await, ["Rust"]);
    assert!(names("?q=cobol").await.is_empty());

    let first = client.get("/api/skills/?page_size=3").await.expect(200);
    let cursor = first.json["next_cursor"].as_str().unwrap();
    let rest = format!("?page_size=3&cursor={cursor}");
    assert_eq!(names(&rest).await, ["Rust", "rustic carpentry"]);
    let foreign = client.get(&format!("{SKILLS}?q=r&cursor={cursor}")).await;
    assert_eq!(foreign.expect(422).field_errors()[0].1, "invalid_cursor");
    let counted = client
        .get("/api/skills/?page=2&page_size=2&q=r")
        .await
        .expect(200);
    assert_eq!(counted.json["count"], 2);
    let refused = client
        .get("/api/skills/?category=magic&name=x")
        .await
        .expect(422);
    assert_eq!(refused.field_errors().len(), 2);
    let rust = &first.results()[2];
    assert_eq!(
        (&rust["slug"], &rust["category"]),
        (&json!("django"), &json!("framework"))
    );
}
