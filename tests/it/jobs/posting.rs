use jobboard_shared::{employers::Scope, jobs::db, search::tasks::RefreshJobs};
use serde_json::json;
use uuid::Uuid;

use super::{ad, post, publish, with};
use crate::support::TestApp;

#[tokio::test]
async fn the_example_of_the_documentation_works_as_written() {
    let app = TestApp::start().await;
    let employer = app.employer().await;
    let answer = employer
        .post(
            "/api/jobs/",
            json!({
                "title": "Senior Backend Developer",
                "company": "Tech Corp",
                "description": "We are looking for...",
                "location": "San Francisco, CA",
                "salary_min": 120000,
                "salary_max": 180000,
                "job_type": "full_time",
                "category": "engineering"
            }),
        )
        .await
        .expect(201);
    let job = &answer.json;
    assert_eq!(job["status"], "draft");
    assert_eq!(job["next_statuses"], json!(["published", "archived"]));
    assert_eq!(job["company"]["name"], "Tech Corp");
    assert_eq!(job["category"]["slug"], "engineering");
    assert_eq!(job["salary_min"], "120000");
    assert_eq!(job["salary_currency"], "USD");
    assert_eq!(job["salary_period"], "yearly");
    assert_eq!(job["published_at"], json!(null));
    let address = format!("/api/jobs/{}/", answer.id());
    assert_eq!(answer.headers["location"], address.as_str());
    employer.get(&address).await.expect(200);
    app.assert_enqueued(|task: &RefreshJobs| task.job_ids == [answer.id()])
        .await;
    app.drain_tasks().await;
}

#[tokio::test]
async fn only_employers_and_admins_post() {
    let app = TestApp::start().await;
    app.anonymous()
        .post("/api/jobs/", ad("Cook"))
        .await
        .expect(401);
    let refused = app
        .freelancer()
        .await
        .post("/api/jobs/", ad("Cook"))
        .await
        .expect(403);
    assert_eq!(refused.json["code"], "role_required");
    let job = app
        .admin()
        .await
        .post("/api/jobs/", ad("Cook"))
        .await
        .expect(201);
    assert_eq!(job.json["employer_id"], json!(null));
    app.drain_tasks().await;
}

#[tokio::test]
async fn an_employer_who_is_barred_neither_posts_nor_publishes() {
    let app = TestApp::start().await;
    let employer = app.employer().await;
    let draft = post(&employer, ad("Cook")).await;
    sqlx::query("update employer_profiles set can_post_jobs = false where user_id = $1")
        .bind(employer.user_id)
        .execute(&app.db)
        .await
        .unwrap();
    let refused = employer.post("/api/jobs/", ad("Cook")).await.expect(403);
    assert_eq!(refused.json["code"], "posting_not_allowed");
    let path = format!("/api/jobs/{draft}/publish/");
    employer.post(&path, json!(null)).await.expect(403);
    app.drain_tasks().await;
}

#[tokio::test]
async fn every_wrong_field_is_named_at_once() {
    let app = TestApp::start().await;
    let employer = app.employer().await;
    let refused = employer
        .post(
            "/api/jobs/",
            json!({
                "title": "", "descripton": "x", "salary_min": "many", "salary_currency": "dollars",
                "job_type": "full-time", "skills": ["rust", {"name": "c", "years_required": 99}],
                "expires_at": "tomorrow",
            }),
        )
        .await
        .expect(422);
    let fields: Vec<_> = refused.field_errors().into_iter().map(|e| e.0).collect();
    assert_eq!(
        fields,
        [
            "company",
            "descripton",
            "expires_at",
            "job_type",
            "salary_currency",
            "salary_min",
            "skills.1.years_required",
            "title",
        ]
    );
}

#[tokio::test]
async fn every_broken_rule_is_named_at_once_and_nothing_stays() {
    let app = TestApp::start().await;
    let employer = app.employer().await;
    let refused = employer
        .post(
            "/api/jobs/",
            json!({
                "title": " ", "company": "Fresh Start", "category": "no such", "salary_min": -1,
                "salary_max": "1.005", "expires_at": "2001-01-01T00:00:00Z", "status": "closed",
            }),
        )
        .await
        .expect(422);
    let error = |field: &str, code: &str| (field.to_owned(), code.to_owned());
    assert_eq!(
        refused.field_errors(),
        [
            error("category", "unknown_category"),
            error("expires_at", "in_the_past"),
            error("salary_max", "too_precise"),
            error("salary_min", "negative"),
            error("status", "not_initial"),
            error("title", "blank"),
        ]
    );
    // A skill is resolved after the company is made: its failure takes the company back.
    let refused = employer
        .post(
            "/api/jobs/",
            json!({"title": "Cook", "company": "Fresh Start", "skills": [Uuid::nil()]}),
        )
        .await
        .expect(422);
    assert_eq!(refused.field_errors(), [error("skills.0", "unknown_skill")]);
    let left: i64 = sqlx::query_scalar("select (select count(*) from companies) + (select count(*) from jobs) + (select count(*) from tasks)")
        .fetch_one(&app.db)
        .await
        .unwrap();
    assert_eq!(left, 0);
}

#[tokio::test]
async fn a_salary_range_stands_in_order() {
    let app = TestApp::start().await;
    let employer = app.employer().await;
    let body = with(ad("Cook"), json!({"salary_min": 20, "salary_max": 10}));
    let refused = employer.post("/api/jobs/", body).await.expect(422);
    let expected = vec![("salary_max".to_owned(), "below_minimum".to_owned())];
    assert_eq!(refused.field_errors(), expected);
    // Also when a change brings only one of the two.
    let id = post(&employer, with(ad("Cook"), json!({"salary_min": 20}))).await;
    let path = format!("/api/jobs/{id}/");
    let refused = employer
        .patch(&path, json!({"salary_max": 10}))
        .await
        .expect(422);
    assert_eq!(refused.field_errors(), expected);
    app.drain_tasks().await;
}

#[tokio::test]
async fn money_is_exact_however_it_is_written() {
    let app = TestApp::start().await;
    let employer = app.employer().await;
    let pay =
        json!({"salary_min": 0.1, "salary_max": "999999999999.99", "salary_period": "hourly"});
    let job = employer
        .post("/api/jobs/", with(ad("Cook"), pay))
        .await
        .expect(201)
        .json;
    assert_eq!(job["salary_min"], "0.1");
    assert_eq!(job["salary_max"], "999999999999.99");
    let too_much = with(ad("Cook"), json!({"salary_max": "1000000000000"}));
    employer.post("/api/jobs/", too_much).await.expect(422);
    app.drain_tasks().await;
}

#[tokio::test]
async fn a_category_is_named_by_id_slug_or_name() {
    let app = TestApp::start().await;
    let employer = app.employer().await;
    let categories = employer.get("/api/jobs/categories/").await.expect(200);
    let id = categories
        .results()
        .iter()
        .find(|category| category["slug"] == "customer-support")
        .unwrap()["id"]
        .clone();
    for reference in [id.as_str().unwrap(), "customer-support", "CUSTOMER support"] {
        let body = with(ad("Cook"), json!({"category": reference}));
        let job = employer.post("/api/jobs/", body).await.expect(201);
        assert_eq!(job.json["category"]["id"], id, "{reference}");
    }
    app.drain_tasks().await;
}

#[tokio::test]
async fn the_skills_of_a_foreign_job_cannot_be_written() {
    let app = TestApp::start().await;
    let owner = app.employer().await;
    let body = with(ad("Cook"), json!({"skills": ["Rust"]}));
    let id = post(&owner, body).await;
    let mut conn = app.db.acquire().await.unwrap();
    let foreign = Scope::Own(Uuid::nil());
    db::replace_skills(&mut conn, id, foreign, &[])
        .await
        .unwrap();
    let job = owner.get(&format!("/api/jobs/{id}/")).await.expect(200);
    assert_eq!(job.json["skills"].as_array().map(Vec::len), Some(1));
    app.drain_tasks().await;
}

#[tokio::test]
async fn skills_are_created_once_and_keep_their_signs() {
    let app = TestApp::start().await;
    let employer = app.employer().await;
    let skills = json!([
        "C", "C++", {"name": "c#", "is_required": false, "years_required": 2.5, "proficiency_level": "expert"},
        "c++", "Node.js"
    ]);
    let job = employer
        .post("/api/jobs/", with(ad("Cook"), json!({"skills": skills})))
        .await
        .expect(201);
    let listed = |job: &serde_json::Value| -> Vec<String> {
        let skills = job["skills"].as_array().unwrap();
        skills
            .iter()
            .map(|skill| skill["slug"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(
        listed(&job.json),
        ["c", "c-sharp", "c-plus-plus", "node-js"]
    );
    let sharp = &job.json["skills"][1];
    assert_eq!(sharp["proficiency_level"], "expert");
    assert_eq!(sharp["years_required"], 2.5);
    assert_eq!(sharp["is_required"], false);
    // Another spelling, or the id, is the same skill; the list is replaced.
    let body = json!({"skills": [sharp["skill_id"], "node js"]});
    let path = format!("/api/jobs/{}/", job.id());
    let job = employer.patch(&path, body).await.expect(200);
    assert_eq!(listed(&job.json), ["c-sharp", "node-js"]);
    assert_eq!(job.json["skills"][1]["name"], "Node.js");
    let job = employer.patch(&path, json!({"skills": null})).await;
    assert_eq!(job.expect(200).json["skills"], json!([]));
    app.drain_tasks().await;
}

#[tokio::test]
async fn a_change_names_what_changes_and_a_replacement_resets_the_rest() {
    let app = TestApp::start().await;
    let employer = app.employer().await;
    let all = json!({
        "category": "design", "description": "d", "location": "Rome", "is_remote": true,
        "job_type": "contract", "experience_level": "senior", "salary_min": 10,
        "salary_currency": "EUR", "salary_period": "hourly", "status": "published",
    });
    let id = post(&employer, with(ad("Cook"), all)).await;
    let path = format!("/api/jobs/{id}/");
    let job = employer
        .patch(
            &path,
            json!({"category": null, "experience_level": null, "location": null}),
        )
        .await
        .expect(200)
        .json;
    assert_eq!(job["category"], json!(null));
    assert_eq!(job["experience_level"], json!(null));
    assert_eq!(job["location"], "");
    assert_eq!(job["salary_min"], "10");
    assert_eq!(job["salary_currency"], "EUR");
    let refused = employer
        .patch(
            &path,
            json!({"title": null, "status": null, "company": null}),
        )
        .await
        .expect(422);
    let fields: Vec<_> = refused.field_errors().into_iter().map(|e| e.0).collect();
    assert_eq!(fields, ["company", "status", "title"]);
    let refused = employer
        .patch(&path, json!({"view_count": 7}))
        .await
        .expect(422);
    assert_eq!(refused.field_errors()[0].1, "unknown_field");
    let job = employer.put(&path, ad("Chef")).await.expect(200).json;
    assert_eq!(job["title"], "Chef");
    assert_eq!(job["salary_min"], json!(null));
    assert_eq!(job["salary_currency"], "USD");
    assert_eq!(job["is_remote"], false);
    assert_eq!(job["status"], "published");
    app.drain_tasks().await;
}

#[tokio::test]
async fn a_foreign_job_is_as_good_as_missing() {
    let app = TestApp::start().await;
    let (owner, other) = (app.employer().await, app.employer().await);
    let id = publish(&owner, "Cook").await;
    let path = format!("/api/jobs/{id}/");
    let change = json!({"title": "Mine now"});
    other.patch(&path, change.clone()).await.expect(404);
    other
        .put(&path, json!({"title": "Mine now", "company": "Other"}))
        .await
        .expect(404);
    other.delete(&path).await.expect(404);
    for step in ["publish", "close", "archive"] {
        other
            .post(&format!("{path}{step}/"), json!(null))
            .await
            .expect(404);
    }
    app.freelancer()
        .await
        .patch(&path, change.clone())
        .await
        .expect(403);
    app.anonymous()
        .patch(&path, change.clone())
        .await
        .expect(401);
    let job = app.admin().await.patch(&path, change).await.expect(200);
    assert_eq!(job.json["title"], "Mine now");
    other.get("/api/jobs/not-an-id/").await.expect(404);
    app.drain_tasks().await;
}
