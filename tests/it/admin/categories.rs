//! Shaping the category tree.

use futures::future::join_all;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    jobs::{ad, post, with},
    support::{Client, TestApp},
};

const PATH: &str = "/api/admin/categories/";

async fn create(admin: &Client, name: &str, parent: Option<Uuid>) -> Uuid {
    let body = json!({"name": name, "parent_id": parent});
    admin.post(PATH, body).await.expect(201).id()
}

fn at(id: Uuid) -> String {
    format!("{PATH}{id}/")
}

fn error(field: &str, code: &str) -> (String, String) {
    (field.to_owned(), code.to_owned())
}

#[tokio::test]
async fn a_category_is_made_read_changed_and_removed() {
    let app = TestApp::start().await;
    let admin = app.admin().await;
    let top = create(&admin, "Crafts", None).await;
    let body = json!({"name": "  Wood  work ", "description": "Beams", "parent_id": top,
                      "icon_url": "https://icons.example/wood.svg"});
    let made = admin.post(PATH, body).await.expect(201);
    assert_eq!(made.headers["location"].to_str().unwrap(), at(made.id()));
    assert_eq!(made.json["name"], "Wood work");
    assert_eq!(made.json["slug"], "wood-work");
    assert_eq!(made.json["parent_id"], json!(top));
    assert_eq!(admin.get(&at(made.id())).await.expect(200).json, made.json);

    let renamed = admin
        .patch(&at(made.id()), json!({"name": "Carpentry"}))
        .await;
    let renamed = renamed.expect(200).json;
    assert_eq!(renamed["slug"], "wood-work", "stays when the name changes");
    assert_eq!(renamed["description"], "Beams");
    let body = json!({"name": "Carpentry", "slug": "carpentry"});
    let replaced = admin.put(&at(made.id()), body).await.expect(200).json;
    assert_eq!(replaced["slug"], "carpentry");
    assert_eq!(replaced["description"], "");
    assert_eq!(replaced["parent_id"], json!(null));

    admin.delete(&at(made.id())).await.expect(204);
    admin.get(&at(made.id())).await.expect(404);
    admin.delete(&at(made.id())).await.expect(404);
    let tree = app
        .anonymous()
        .get("/api/jobs/categories/")
        .await
        .expect(200);
    assert!(tree.results().iter().any(|one| one["id"] == json!(top)));
    assert!(!tree.text.contains("Carpentry"));
    app.drain_tasks().await;
}

#[tokio::test]
async fn what_is_wrong_is_named_and_what_is_taken_conflicts() {
    let app = TestApp::start().await;
    let admin = app.admin().await;
    let body = json!({"name": " ", "slug": "Not One", "icon_url": "ftp://x",
                      "parent_id": Uuid::new_v4(), "job_count": 3});
    let refused = admin.post(PATH, body).await.expect(422);
    assert_eq!(
        refused.field_errors(),
        [
            error("job_count", "unknown_field"),
            error("slug", "invalid_format")
        ]
    );
    let body = json!({"name": " ", "icon_url": "ftp://x", "parent_id": Uuid::new_v4()});
    let refused = admin.post(PATH, body).await.expect(422);
    assert_eq!(
        refused.field_errors(),
        [
            error("icon_url", "invalid_url"),
            error("name", "blank"),
            error("parent_id", "unknown_category"),
            error("slug", "invalid_slug"),
        ]
    );
    // A name in other letters needs a slug of its own.
    let refused = admin.post(PATH, json!({"name": "建設"})).await.expect(422);
    assert_eq!(refused.field_errors(), [error("slug", "invalid_slug")]);
    admin
        .post(PATH, json!({"name": "建設", "slug": "kensetsu"}))
        .await
        .expect(201);
    for body in [
        json!({"name": "Engineering", "slug": "other-one"}),
        json!({"name": "Else", "slug": "engineering"}),
    ] {
        let refused = admin.post(PATH, body).await.expect(409);
        assert_eq!(refused.json["code"], "category_name_taken");
    }
}

#[tokio::test]
async fn a_category_with_jobs_or_children_stays() {
    let app = TestApp::start().await;
    let (admin, employer) = (app.admin().await, app.employer().await);
    let top = create(&admin, "Crafts", None).await;
    let below = create(&admin, "Woodwork", Some(top)).await;
    let refused = admin.delete(&at(top)).await.expect(409);
    assert_eq!(refused.json["code"], "category_has_children");
    let job = post(
        &employer,
        with(ad("Joiner"), json!({"category": "woodwork"})),
    )
    .await;
    let refused = admin.delete(&at(below)).await.expect(409);
    assert_eq!(refused.json["code"], "category_has_jobs");
    employer
        .delete(&format!("/api/jobs/{job}/"))
        .await
        .expect(204);
    admin.delete(&at(below)).await.expect(204);
    admin.delete(&at(top)).await.expect(204);
    app.drain_tasks().await;
}

#[tokio::test]
async fn a_moved_category_takes_its_jobs_along() {
    let app = TestApp::start().await;
    let (admin, employer) = (app.admin().await, app.employer().await);
    let top = create(&admin, "Crafts", None).await;
    let below = create(&admin, "Woodwork", None).await;
    let live = with(
        ad("Joiner"),
        json!({"category": "woodwork", "status": "published"}),
    );
    post(&employer, live).await;
    app.drain_tasks().await;
    let found = async |path: &str| {
        let list = app.anonymous().get(path).await.expect(200);
        list.results().len()
    };
    for path in [
        "/api/jobs/?category=crafts",
        "/api/jobs/search/?category=crafts",
    ] {
        assert_eq!(found(path).await, 0, "{path}");
    }
    admin
        .patch(&at(below), json!({"parent_id": top}))
        .await
        .expect(200);
    app.drain_tasks().await;
    for path in [
        "/api/jobs/?category=crafts",
        "/api/jobs/search/?category=crafts",
    ] {
        assert_eq!(found(path).await, 1, "{path}");
    }
    let counts = async |id: Uuid| {
        let category = admin.get(&at(id)).await.expect(200).json;
        [
            category["job_count"].clone(),
            category["total_job_count"].clone(),
        ]
    };
    assert_eq!(counts(top).await, [json!(0), json!(1)]);
    assert_eq!(counts(below).await, [json!(1), json!(1)]);
    let page = admin
        .get("/api/admin/categories/?q=CRAFT")
        .await
        .expect(200);
    assert_eq!(page.results()[0]["total_job_count"], 1);
}

#[tokio::test]
async fn moves_at_the_same_time_never_make_a_circle() {
    let app = TestApp::start().await;
    let admin = app.admin().await;
    let mut ids = Vec::new();
    for n in 0..8 {
        ids.push(create(&admin, &format!("Ring {n}"), None).await);
    }
    for round in 0..3 {
        // Each wants to be below the next one: all of them would be a ring.
        let moves = ids.iter().enumerate().map(|(n, id)| {
            let parent = ids[(n + 1 + round) % ids.len()];
            let (admin, path) = (admin.clone(), at(*id));
            async move { admin.patch(&path, json!({"parent_id": parent})).await }
        });
        let answers = join_all(moves).await;
        let refused: Vec<_> = answers.iter().filter(|a| a.status == 422).collect();
        assert!(!refused.is_empty(), "round {round}");
        for answer in answers {
            assert!(
                matches!(answer.status.as_u16(), 200 | 422),
                "{}",
                answer.text
            );
            if answer.status == 422 {
                assert_eq!(answer.field_errors(), [error("parent_id", "cycle")]);
            }
        }
        let above: Vec<(Uuid, Option<Uuid>)> =
            sqlx::query_as("select id, parent_id from categories")
                .fetch_all(&app.db)
                .await
                .unwrap();
        for id in &ids {
            let (mut at, mut steps) = (Some(*id), 0);
            while let Some(id) = at {
                at = above.iter().find(|(one, _)| *one == id).unwrap().1;
                steps += 1;
                assert!(steps <= above.len(), "a circle");
            }
        }
    }
    app.drain_tasks().await;
}

#[tokio::test]
async fn jobs_and_the_removal_of_their_category_exclude_each_other() {
    let app = TestApp::start().await;
    let (admin, employer) = (app.admin().await, app.employer().await);
    post(&employer, ad("First")).await;
    for n in 0..8 {
        let id = create(&admin, &format!("Fleeting {n}"), None).await;
        let body = with(ad("Joiner"), json!({"category": id, "status": "published"}));
        let path = at(id);
        let (posted, removed) =
            tokio::join!(employer.post("/api/jobs/", body), admin.delete(&path));
        match removed.status.as_u16() {
            204 => assert!(
                matches!(posted.status.as_u16(), 422 | 500),
                "{}",
                posted.text
            ),
            409 => assert_eq!(posted.json["category"]["id"], json!(id)),
            other => panic!("{other}: {}", removed.text),
        }
        let lost: Vec<Value> = sqlx::query_scalar(
            "select to_jsonb(j) from jobs j where title = 'Joiner' and category_id is null",
        )
        .fetch_all(&app.db)
        .await
        .unwrap();
        assert!(lost.is_empty(), "a job lost its category");
    }
    app.drain_tasks().await;
}

#[tokio::test]
async fn the_list_is_paged_by_name() {
    let app = TestApp::start().await;
    let admin = app.admin().await;
    let (mut seen, mut path) = (Vec::new(), format!("{PATH}?page_size=10"));
    loop {
        let page = admin.get(&path).await.expect(200);
        seen.extend(
            page.results()
                .iter()
                .map(|one| one["name"].as_str().unwrap().to_owned()),
        );
        let Some(cursor) = page.json["next_cursor"].as_str() else {
            break;
        };
        path = format!("{PATH}?page_size=10&cursor={cursor}");
    }
    let all = app
        .anonymous()
        .get("/api/jobs/categories/")
        .await
        .expect(200);
    let all: Vec<_> = all
        .results()
        .iter()
        .map(|one| one["name"].as_str().unwrap())
        .collect();
    assert_eq!(seen, all);
}
