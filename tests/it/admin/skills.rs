//! Keeping the list of all skills in order.

use serde_json::json;
use uuid::Uuid;

use crate::{
    jobs::{ad, post, with},
    support::{Client, TestApp},
};

const PATH: &str = "/api/admin/skills/";

async fn create(admin: &Client, name: &str) -> Uuid {
    admin
        .post(PATH, json!({"name": name}))
        .await
        .expect(201)
        .id()
}

fn at(id: Uuid) -> String {
    format!("{PATH}{id}/")
}

#[tokio::test]
async fn a_skill_is_made_read_changed_and_removed() {
    let app = TestApp::start().await;
    let admin = app.admin().await;
    let body =
        json!({"name": " Node.js ", "description": "On the server", "category": "framework"});
    let made = admin.post(PATH, body).await.expect(201);
    assert_eq!(made.headers["location"].to_str().unwrap(), at(made.id()));
    assert_eq!(made.json["name"], "Node.js");
    assert_eq!(made.json["slug"], "node-js");
    assert_eq!(made.json["category"], "framework");
    assert_eq!(admin.get(&at(made.id())).await.expect(200).json, made.json);
    let renamed = admin
        .patch(&at(made.id()), json!({"name": "Deno", "category": null}))
        .await;
    let renamed = renamed.expect(200).json;
    assert_eq!(renamed["slug"], "deno");
    assert_eq!(renamed["category"], json!(null));
    assert_eq!(renamed["description"], "On the server");
    let replaced = admin
        .put(&at(made.id()), json!({"name": "Deno"}))
        .await
        .expect(200);
    assert_eq!(replaced.json["description"], "");
    admin.delete(&at(made.id())).await.expect(204);
    admin.get(&at(made.id())).await.expect(404);
    admin.patch(&at(made.id()), json!({})).await.expect(404);
    admin.delete(&at(made.id())).await.expect(404);
    app.drain_tasks().await;
}

#[tokio::test]
async fn two_spellings_are_one_skill_and_bad_ones_none() {
    let app = TestApp::start().await;
    let admin = app.admin().await;
    create(&admin, "Node.js").await;
    let refused = admin
        .post(PATH, json!({"name": "node js"}))
        .await
        .expect(409);
    assert_eq!(refused.json["code"], "skill_name_taken");
    for (body, field, code) in [
        (json!({"name": "..."}), "name", "invalid_skill"),
        (json!({"name": "+".repeat(90)}), "name", "too_long"),
        (
            json!({"name": "x", "popularity_score": 9}),
            "popularity_score",
            "unknown_field",
        ),
        (
            json!({"name": "x", "category": "sport"}),
            "category",
            "invalid_choice",
        ),
    ] {
        let refused = admin.post(PATH, body).await.expect(422);
        assert_eq!(
            refused.field_errors()[0].0,
            field,
            "{code}: {}",
            refused.text
        );
    }
}

#[tokio::test]
async fn a_skill_in_use_stays_and_is_found_under_its_new_name() {
    let app = TestApp::start().await;
    let (admin, employer) = (app.admin().await, app.employer().await);
    let skill = create(&admin, "Blacksmithing").await;
    let live = with(
        ad("Smith"),
        json!({"skills": [{"name": skill}], "status": "published"}),
    );
    post(&employer, live).await;
    app.drain_tasks().await;
    let refused = admin.delete(&at(skill)).await.expect(409);
    assert_eq!(refused.json["code"], "skill_in_use");
    admin
        .patch(&at(skill), json!({"name": "Forging"}))
        .await
        .expect(200);
    app.drain_tasks().await;
    for (word, count) in [("forging", 1), ("blacksmithing", 0)] {
        let path = format!("/api/jobs/search/?q={word}");
        let found = app.anonymous().get(&path).await.expect(200);
        assert_eq!(found.results().len(), count, "{word}");
    }
}

#[tokio::test]
async fn a_duplicate_is_merged_into_the_skill_that_stays() {
    let app = TestApp::start().await;
    let (admin, employer) = (app.admin().await, app.employer().await);
    let (twice, once) = (app.freelancer().await, app.freelancer().await);
    let (duplicate, kept) = (
        create(&admin, "JS").await,
        create(&admin, "JavaScript").await,
    );
    let one = with(
        ad("One"),
        json!({"skills": [{"name": duplicate}], "status": "published"}),
    );
    let both = with(
        ad("Both"),
        json!({"skills": [{"name": duplicate}, {"name": kept}]}),
    );
    let one = post(&employer, one).await;
    let both = post(&employer, both).await;
    let list = "/api/freelancers/skills/";
    for (freelancer, skill, level) in [
        (&once, duplicate, "beginner"),
        (&twice, duplicate, "beginner"),
        (&twice, kept, "expert"),
    ] {
        let body = json!({"skill": skill, "proficiency_level": level});
        freelancer.post(list, body).await.expect(201);
    }
    let merge = format!("{PATH}{duplicate}/merge/");
    let stays = admin.post(&merge, json!({"into": kept})).await.expect(200);
    assert_eq!(stays.id(), kept);
    admin.get(&at(duplicate)).await.expect(404);
    for job in [one, both] {
        let job = employer
            .get(&format!("/api/jobs/{job}/"))
            .await
            .expect(200)
            .json;
        let skills = job["skills"].as_array().unwrap();
        assert_eq!(skills.len(), 1, "{job}");
        assert_eq!(skills[0]["name"], "JavaScript");
    }
    for (freelancer, level) in [(&once, "beginner"), (&twice, "expert")] {
        let skills = freelancer.get(list).await.expect(200);
        assert_eq!(skills.results().len(), 1);
        assert_eq!(skills.results()[0]["proficiency_level"], level);
    }
    app.drain_tasks().await;
    let found = app.anonymous().get("/api/jobs/search/?q=javascript").await;
    assert_eq!(found.expect(200).results().len(), 1);

    for (into, code) in [(kept, "same_skill"), (Uuid::new_v4(), "unknown_skill")] {
        let refused = admin
            .post(&format!("{PATH}{kept}/merge/"), json!({"into": into}))
            .await;
        let expected = ("into".to_owned(), code.to_owned());
        assert_eq!(refused.expect(422).field_errors(), [expected]);
    }
    admin.post(&merge, json!({"into": kept})).await.expect(404);
}

#[tokio::test]
async fn the_list_is_filtered_and_paged_by_name() {
    let app = TestApp::start().await;
    let admin = app.admin().await;
    for name in ["Welding", "Cold welding", "Brazing"] {
        create(&admin, name).await;
    }
    let language = json!({"name": "Weldish", "category": "language"});
    admin.post(PATH, language).await.expect(201);
    let names = async |query: &str| -> Vec<String> {
        let list = admin.get(&format!("{PATH}{query}")).await.expect(200);
        let names = list
            .results()
            .iter()
            .map(|one| one["name"].as_str().unwrap());
        names.map(str::to_owned).collect()
    };
    assert_eq!(
        names("?q=WELD").await,
        ["Cold welding", "Welding", "Weldish"]
    );
    assert_eq!(names("?q=weld&category=language").await, ["Weldish"]);
    assert_eq!(names("?q=%25").await, Vec::<String>::new());
    let first = admin
        .get(&format!("{PATH}?q=weld&page_size=2"))
        .await
        .expect(200);
    let cursor = first.json["next_cursor"].as_str().unwrap();
    assert_eq!(
        names(&format!("?q=weld&page_size=2&cursor={cursor}")).await,
        ["Weldish"]
    );
    // A cursor of one filter is none of another.
    admin
        .get(&format!("{PATH}?cursor={cursor}"))
        .await
        .expect(422);
}
