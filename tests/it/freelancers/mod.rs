//! Job seekers: the profile and its lists, reviews, and who reads them.

mod parts;
mod reviews;

use jobboard_shared::recommendations::tasks::RefreshUser;
use serde_json::json;
use uuid::Uuid;

use crate::support::TestApp;

const PROFILE: &str = "/api/freelancers/profile/";
const SKILLS: &str = "/api/freelancers/skills/";

#[tokio::test]
async fn a_profile_is_read_and_replaced() {
    let app = TestApp::start().await;
    let seeker = app.freelancer().await;
    let profile = seeker.get(PROFILE).await.expect(200).json;
    assert_eq!(profile["user_id"], json!(seeker.user_id));
    assert_eq!(profile["is_available"], true);
    assert_eq!(profile["rate_currency"], "USD");
    assert_eq!(profile["average_rating"], json!(null));
    let body = json!({
        "first_name": "Grace", "last_name": "Hopper", "phone": "1", "bio": "Compilers",
        "title": "Developer", "location": "New York, NY",
        "profile_picture_url": "https://g.example/a", "resume_url": "https://g.example/b",
        "portfolio_url": "https://g.example/c", "linkedin_url": "https://g.example/d",
        "github_url": "https://g.example/e", "service_categories": ["software"],
        "preferred_project_types": ["long"], "preferred_locations": ["Boston", "Remote"],
        "hourly_rate_min": "80", "hourly_rate_max": "120.5", "rate_currency": "EUR",
        "is_available": false, "is_open_to_remote": false,
        "availability_hours": {"monday": "9-17"}, "time_zones": ["America/New_York"],
        "payment_methods": "invoice",
    });
    let replaced = seeker.put(PROFILE, body.clone()).await.expect(200);
    for (field, value) in body.as_object().unwrap() {
        assert_eq!(replaced.json[field], *value, "{field}");
    }
    assert_eq!(seeker.get(PROFILE).await.expect(200).json, replaced.json);
    app.assert_enqueued(|task: &RefreshUser| task.user_id == seeker.user_id)
        .await;
    app.drain_tasks().await;
}

#[tokio::test]
async fn wrong_fields_are_named_at_once() {
    let app = TestApp::start().await;
    let seeker = app.freelancer().await;
    let refused = seeker
        .put(
            PROFILE,
            json!({
                "github_url": "x", "hourly_rate_min": 10, "hourly_rate_max": 5,
                "availability_hours": [], "preferred_locations": [""],
            }),
        )
        .await
        .expect(422);
    let error = |field: &str, code: &str| (field.to_owned(), code.to_owned());
    assert_eq!(
        refused.field_errors(),
        [
            error("availability_hours", "invalid_type"),
            error("github_url", "invalid_url"),
            error("hourly_rate_max", "below_minimum"),
            error("preferred_locations.0", "blank"),
        ]
    );
    let refused = seeker
        .put(PROFILE, json!({"average_rating": 5, "total_reviews": 1}))
        .await
        .expect(422);
    assert_eq!(refused.field_errors().len(), 2);
    assert!(app.pending_tasks::<RefreshUser>().await.is_empty());
}

#[tokio::test]
async fn the_own_pages_are_for_freelancers_alone() {
    let app = TestApp::start().await;
    let employer = app.employer().await;
    for path in [PROFILE, SKILLS] {
        app.anonymous().get(path).await.expect(401);
        employer.get(path).await.expect(403);
    }
    employer
        .post(SKILLS, json!({"skill": "Rust"}))
        .await
        .expect(403);
}

#[tokio::test]
async fn skills_are_added_listed_and_removed() {
    let app = TestApp::start().await;
    let (seeker, other) = (app.freelancer().await, app.freelancer().await);
    let body = json!({
        "skill": "Node.js", "proficiency_level": "expert", "years_of_experience": 3.5,
        "last_used": "2020-02-29",
    });
    let skill = seeker.post(SKILLS, body).await.expect(201).json;
    assert_eq!(skill["slug"], "node-js");
    assert_eq!(skill["proficiency_level"], "expert");
    assert_eq!(skill["years_of_experience"], 3.5);
    app.assert_enqueued(|task: &RefreshUser| task.user_id == seeker.user_id)
        .await;
    app.drain_tasks().await;
    // In another spelling, or by its id, it is the same skill.
    for again in [json!("node js"), skill["skill_id"].clone()] {
        let refused = seeker
            .post(SKILLS, json!({"skill": again}))
            .await
            .expect(409);
        assert_eq!(refused.json["code"], "skill_listed");
    }
    let plain = seeker
        .post(SKILLS, json!({"skill": "C++"}))
        .await
        .expect(201);
    assert_eq!(plain.json["proficiency_level"], "intermediate");
    let list = seeker.get(SKILLS).await.expect(200);
    assert_eq!(list.results().len(), 2);
    assert_eq!(list.results()[1], skill);
    let profile = seeker.get(PROFILE).await.expect(200);
    assert_eq!(profile.json["skills"], list.json["results"]);
    let path = format!("{SKILLS}{}/", skill["skill_id"].as_str().unwrap());
    other.delete(&path).await.expect(404);
    seeker.delete(&path).await.expect(204);
    seeker.delete(&path).await.expect(404);
    assert_eq!(seeker.get(SKILLS).await.expect(200).results().len(), 1);
    app.drain_tasks().await;
}

#[tokio::test]
async fn skills_that_are_none_are_refused() {
    let app = TestApp::start().await;
    let seeker = app.freelancer().await;
    for (body, field, code) in [
        (json!({"skill": "--"}), "skill", "invalid_skill"),
        (json!({"skill": Uuid::nil()}), "skill", "unknown_skill"),
        (
            json!({"skill": "x", "last_used": "2999-01-01"}),
            "last_used",
            "in_the_future",
        ),
        (
            json!({"skill": "x", "years_of_experience": 81}),
            "years_of_experience",
            "out_of_range",
        ),
        (json!({}), "skill", "required"),
    ] {
        let refused = seeker.post(SKILLS, body).await.expect(422);
        assert_eq!(
            refused.field_errors(),
            [(field.to_owned(), code.to_owned())]
        );
    }
    let skills: i64 = sqlx::query_scalar("select count(*) from skills")
        .fetch_one(&app.db)
        .await
        .unwrap();
    assert_eq!(skills, 0);
}

#[tokio::test]
async fn one_skill_added_ten_times_at_once_is_listed_once() {
    let app = TestApp::start().await;
    let seeker = app.freelancer().await;
    let additions = (0..10).map(|_| seeker.post(SKILLS, json!({"skill": "Rust"})));
    let answers = futures::future::join_all(additions).await;
    let created = answers.iter().filter(|a| a.status == 201).count();
    let refused = answers.iter().filter(|a| a.status == 409).count();
    assert_eq!((created, refused), (1, 9));
    app.drain_tasks().await;
}

#[tokio::test]
async fn a_profile_is_changed_field_by_field() {
    let app = TestApp::start().await;
    let seeker = app.freelancer().await;
    let body = json!({
        "first_name": "Grace", "bio": "Compilers", "hourly_rate_min": "80", "hourly_rate_max": "90",
        "preferred_locations": ["Boston"], "is_available": false,
    });
    let whole = seeker.put(PROFILE, body).await.expect(200).json;
    app.drain_tasks().await;
    let change = json!({"title": "Admiral", "bio": null, "hourly_rate_max": "95.5"});
    let changed = seeker.patch(PROFILE, change).await.expect(200).json;
    app.assert_enqueued(|task: &RefreshUser| task.user_id == seeker.user_id)
        .await;
    app.drain_tasks().await;
    let mut expected = whole;
    expected["title"] = json!("Admiral");
    expected["bio"] = json!(null);
    expected["hourly_rate_max"] = json!("95.5");
    expected["updated_at"] = changed["updated_at"].clone();
    assert_eq!(changed, expected);
    // What is given has to fit what is there.
    let refused = seeker
        .patch(PROFILE, json!({"hourly_rate_min": "96", "title": "A\tB"}))
        .await
        .expect(422);
    let error = |field: &str, code: &str| (field.to_owned(), code.to_owned());
    assert_eq!(
        refused.field_errors(),
        [
            error("hourly_rate_max", "below_minimum"),
            error("title", "invalid_character"),
        ]
    );
    for derived in [
        "id",
        "user_id",
        "average_rating",
        "total_reviews",
        "total_experience_years",
        "projects_completed",
        "skills",
        "created_at",
    ] {
        for refused in [
            seeker.patch(PROFILE, json!({derived: 1})).await,
            seeker.put(PROFILE, json!({derived: 1})).await,
        ] {
            let expected = [error(derived, "unknown_field")];
            assert_eq!(refused.expect(422).field_errors(), expected);
        }
    }
    app.employer()
        .await
        .patch(PROFILE, json!({}))
        .await
        .expect(403);
    app.anonymous().patch(PROFILE, json!({})).await.expect(401);
    assert_eq!(seeker.get(PROFILE).await.expect(200).json, changed);
}

#[tokio::test]
async fn two_changes_at_once_change_what_each_names() {
    let app = TestApp::start().await;
    let seeker = app.freelancer().await;
    let (one, two) = tokio::join!(
        seeker.patch(PROFILE, json!({"title": "Admiral"})),
        seeker.patch(PROFILE, json!({"location": "Boston"})),
    );
    one.expect(200);
    two.expect(200);
    let profile = seeker.get(PROFILE).await.expect(200).json;
    assert_eq!(
        (&profile["title"], &profile["location"]),
        (&json!("Admiral"), &json!("Boston"))
    );
    app.drain_tasks().await;
}

#[tokio::test]
async fn a_skill_is_read_and_replaced() {
    let app = TestApp::start().await;
    let (seeker, other) = (app.freelancer().await, app.freelancer().await);
    let body = json!({"skill": "Rust", "proficiency_level": "expert", "last_used": "2020-02-29"});
    let added = seeker.post(SKILLS, body).await.expect(201);
    let address = added.headers["location"].to_str().unwrap().to_owned();
    app.drain_tasks().await;
    assert_eq!(seeker.get(&address).await.expect(200).json, added.json);
    let body = json!({"proficiency_level": "beginner", "years_of_experience": 1.5});
    other.get(&address).await.expect(404);
    other.put(&address, body.clone()).await.expect(404);
    let replaced = seeker.put(&address, body).await.expect(200).json;
    assert_eq!(replaced["proficiency_level"], "beginner");
    assert_eq!(replaced["years_of_experience"], 1.5);
    assert_eq!(replaced["last_used"], json!(null));
    assert_eq!(replaced["created_at"], added.json["created_at"]);
    app.assert_enqueued(|task: &RefreshUser| task.user_id == seeker.user_id)
        .await;
    let refused = seeker
        .put(&address, json!({"skill": "C", "years_of_experience": 81}))
        .await
        .expect(422);
    assert_eq!(refused.field_errors().len(), 2);
    app.drain_tasks().await;
}

#[tokio::test]
async fn fifty_skills_added_at_once_are_all_listed_and_bounded() {
    let app = TestApp::start().await;
    let (admin, seeker) = (app.admin().await, app.freelancer().await);
    let add = |n: usize| seeker.post(SKILLS, json!({"skill": format!("Skill {n:02}")}));
    for answer in futures::future::join_all((0..50).map(add)).await {
        answer.expect(201);
    }
    let mut names = Vec::new();
    let mut path = format!("{SKILLS}?page_size=20");
    loop {
        let page = seeker.get(&path).await.expect(200);
        names.extend(page.results().iter().map(|skill| skill["name"].clone()));
        let Some(cursor) = page.json["next_cursor"].as_str() else {
            break;
        };
        path = format!("{SKILLS}?page_size=20&cursor={cursor}");
    }
    let expected: Vec<_> = (0..50).map(|n| json!(format!("Skill {n:02}"))).collect();
    assert_eq!(names, expected);
    let limit = json!({"max_profile_items": 52});
    admin.patch("/api/admin/settings/", limit).await.expect(200);
    let answers = futures::future::join_all((50..60).map(add)).await;
    let added = answers.iter().filter(|answer| answer.status == 201).count();
    assert_eq!(added, 2);
    let counted = seeker.get(&format!("{SKILLS}?page=1")).await.expect(200);
    assert_eq!(counted.json["count"], 52);
    app.drain_tasks().await;
}
