//! Settings that change while the system runs.

use serde_json::{Value, json};

use crate::{
    jobs::ad,
    support::{PASSWORD, TestApp},
};

const PATH: &str = "/api/admin/settings/";

fn error(field: &str, code: &str) -> (String, String) {
    (field.to_owned(), code.to_owned())
}

#[tokio::test]
async fn settings_are_changed_one_by_one_and_each_change_is_kept() {
    let app = TestApp::start().await;
    let admin = app.admin().await;
    let defaults = admin.get(PATH).await.expect(200).json;
    assert_eq!(defaults["registration_open"], true);
    assert_eq!(defaults["max_saved_jobs"], 1000);

    let body =
        json!({"max_saved_jobs": 7, "require_verified_employer": true, "default_job_days": 60});
    let changed = admin.patch(PATH, body).await.expect(200).json;
    let mut expected = defaults.clone();
    expected["max_saved_jobs"] = json!(7);
    expected["require_verified_employer"] = json!(true);
    assert_eq!(changed, expected);
    assert_eq!(admin.get(PATH).await.expect(200).json, expected);

    // Null goes back to the default, and a value that is there already is no change.
    let body = json!({"max_saved_jobs": null, "require_verified_employer": true});
    let back = admin.patch(PATH, body).await.expect(200).json;
    assert_eq!(back["max_saved_jobs"], 1000);

    let list = admin
        .get("/api/admin/settings/changes/?page_size=2")
        .await
        .expect(200);
    let cursor = list.json["next_cursor"].as_str().unwrap();
    let rest = admin
        .get(&format!(
            "/api/admin/settings/changes/?page_size=2&cursor={cursor}"
        ))
        .await
        .expect(200);
    let changes: Vec<&Value> = list.results().iter().chain(rest.results()).collect();
    let seen: Vec<Value> = changes
        .iter()
        .map(|change| json!([change["key"], change["old_value"], change["new_value"]]))
        .collect();
    // The two of one request have one time; the later key comes first.
    assert_eq!(
        seen,
        [
            json!(["max_saved_jobs", 7, 1000]),
            json!(["require_verified_employer", false, true]),
            json!(["max_saved_jobs", 1000, 7]),
        ]
    );
    for change in changes {
        assert_eq!(change["changed_by"], json!(admin.user_id));
        assert!(change["changed_at"].is_string());
    }
}

#[tokio::test]
async fn all_that_is_wrong_is_named_and_nothing_changes() {
    let app = TestApp::start().await;
    let admin = app.admin().await;
    let before = admin.get(PATH).await.expect(200).json;
    let body = json!({
        "max_saved_jobs": 0, "max_questions_per_job": 101, "default_job_days": 1.5,
        "registration_open": "no", "max_saved_job": 3, "require_verified_email": true,
    });
    let refused = admin.patch(PATH, body).await.expect(422);
    assert_eq!(
        refused.field_errors(),
        [
            error("default_job_days", "invalid_type"),
            error("max_questions_per_job", "out_of_range"),
            error("max_saved_job", "unknown_field"),
            error("max_saved_jobs", "out_of_range"),
            error("registration_open", "invalid_type"),
        ]
    );
    assert_eq!(admin.get(PATH).await.expect(200).json, before);
}

#[tokio::test]
async fn settings_are_for_administrators_alone() {
    let app = TestApp::start().await;
    for (client, status) in [
        (app.anonymous(), 401),
        (app.freelancer().await, 403),
        (app.employer().await, 403),
    ] {
        client.get(PATH).await.expect(status);
        client.patch(PATH, json!({})).await.expect(status);
        client
            .get("/api/admin/settings/changes/")
            .await
            .expect(status);
    }
}

#[tokio::test]
async fn changes_at_the_same_time_record_what_each_found() {
    let app = TestApp::start().await;
    let admin = app.admin().await;
    let changes = (1..=20).map(|n| {
        let admin = admin.clone();
        tokio::spawn(async move {
            admin
                .patch(PATH, json!({"max_saved_jobs": n}))
                .await
                .expect(200);
        })
    });
    for change in changes.collect::<Vec<_>>() {
        change.await.unwrap();
    }
    let mut links: Vec<(i64, i64)> = sqlx::query_as(
        "select old_value::text::bigint, new_value::text::bigint from system_setting_changes",
    )
    .fetch_all(&app.db)
    .await
    .unwrap();
    assert_eq!(links.len(), 20);
    // Each change begins where another one ended: one chain from the default.
    let mut at = 1000;
    while let Some(next) = links.iter().position(|(old, _)| *old == at) {
        at = links.swap_remove(next).1;
    }
    assert_eq!(links, [], "not one chain");
    assert_eq!(admin.get(PATH).await.expect(200).json["max_saved_jobs"], at);
}

#[tokio::test]
async fn a_stored_value_of_another_version_leaves_the_default() {
    let app = TestApp::start().await;
    let admin = app.admin().await;
    sqlx::query(
        r#"insert into system_settings (key, value) values
           ('registration_open', '"sometimes"'), ('max_saved_jobs', '0'), ('a_later_setting', '1'),
           ('default_job_days', '30')"#,
    )
    .execute(&app.db)
    .await
    .unwrap();
    let settings = admin.get(PATH).await.expect(200).json;
    assert_eq!(settings["registration_open"], true);
    assert_eq!(settings["max_saved_jobs"], 1000);
    assert_eq!(settings["default_job_days"], 30);
}

#[tokio::test]
async fn closed_registration_refuses_new_accounts_and_lets_others_in() {
    let app = TestApp::start().await;
    let (admin, employer) = (app.admin().await, app.employer().await);
    admin
        .patch(PATH, json!({"registration_open": false}))
        .await
        .expect(200);
    let newcomer =
        json!({"email": "new@example.invalid", "password": PASSWORD, "role": "employer"});
    let register = "/api/auth/register/";
    let refused = app.anonymous().post(register, newcomer.clone()).await;
    assert_eq!(refused.expect(403).json["code"], "registration_closed");
    app.login(&employer.email).await;
    admin
        .patch(PATH, json!({"registration_open": null}))
        .await
        .expect(200);
    app.anonymous().post(register, newcomer).await.expect(201);
    app.drain_tasks().await;
}

#[tokio::test]
async fn posting_asks_for_the_verifications_that_the_settings_want() {
    let app = TestApp::start().await;
    let (admin, employer) = (app.admin().await, app.employer().await);
    let draft = employer.post("/api/jobs/", ad("Before")).await.expect(201);
    let publish = format!("/api/jobs/{}/publish/", draft.id());
    let body = json!({"require_verified_employer": true, "require_verified_email": true});
    admin.patch(PATH, body).await.expect(200);
    let refused = async |code: &str| {
        for (path, body) in [("/api/jobs/", ad("After")), (publish.as_str(), json!(null))] {
            let answer = employer.post(path, body).await.expect(403);
            assert_eq!(answer.json["code"], code, "{path}");
        }
    };
    refused("email_not_verified").await;
    sqlx::query("update users set is_email_verified = true where id = $1")
        .bind(employer.user_id)
        .execute(&app.db)
        .await
        .unwrap();
    refused("employer_not_verified").await;
    // Administrators post for anybody.
    admin.post("/api/jobs/", ad("By admin")).await.expect(201);
    sqlx::query(
        "update employer_profiles set verification_status = 'verified', verified_at = app_now()
         where user_id = $1",
    )
    .bind(employer.user_id)
    .execute(&app.db)
    .await
    .unwrap();
    employer.post(&publish, json!(null)).await.expect(200);
    employer.post("/api/jobs/", ad("After")).await.expect(201);
    app.drain_tasks().await;
}
