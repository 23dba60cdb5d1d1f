//! Who comes in, for how long, and from where.

use std::time::Duration;

use reqwest::Method;
use serde_json::json;

use super::{Visitor, signed_in};
use crate::{
    operating::dead,
    support::{Client, PASSWORD, TestApp},
};

#[tokio::test]
async fn only_administrators_come_in() {
    let app = TestApp::start().await;
    let id = dead(&app, 1).await[0];
    let mut visitor = Visitor::new(&app);
    for path in [
        "/admin/",
        "/admin/tasks/",
        "/admin/tasks/list/",
        "/admin/tasks/workers/",
        "/admin/tasks/schedule/",
        "/admin/tasks/batches/",
        "/admin/tasks/mails/",
        "/admin/mails/",
        "/admin/mails/job_expired_1/",
        "/admin/mails/job_expired_1/content/",
        "/admin/tasks/suppressions/",
        "/admin/tasks/1/",
    ] {
        let answer = visitor.get(path).await;
        assert_eq!(answer.status, 303, "{path}");
        assert!(answer.location.starts_with("/admin/"), "{path}");
    }
    assert_eq!(visitor.get("/admin/tasks/live/").await.status, 401);
    let retry = format!("/admin/tasks/{id}/retry/");
    let answer = visitor.send(Method::POST, &retry, &[]).await;
    assert_eq!(
        (answer.status, answer.location.as_str()),
        (303, "/admin/login/")
    );

    let employer = app.employer().await;
    let admin = app.admin().await;
    for (email, password) in [
        (employer.email.as_str(), PASSWORD),
        (admin.email.as_str(), "not the password"),
        ("nobody@example.invalid", PASSWORD),
        ("", ""),
    ] {
        let refused = visitor.sign_in(email, password).await;
        assert_eq!(refused.status, 403, "{email}");
        assert!(refused.cookie.is_empty(), "{email}");
        assert!(
            refused.text.contains("no administrator"),
            "{}",
            refused.text
        );
    }
    let answer = visitor.sign_in(&admin.email, PASSWORD).await;
    for part in [
        "; Path=/admin;",
        "; HttpOnly",
        "; SameSite=Strict",
        "Max-Age=3600",
    ] {
        assert!(answer.cookie.contains(part), "{}", answer.cookie);
    }
    assert!(!answer.cookie.contains("Secure"), "without https");
    let page = visitor.get("/admin/tasks/").await;
    assert_eq!(page.status, 200);
    assert!(
        page.policy.contains("default-src 'none'"),
        "{}",
        page.policy
    );
    assert!(!page.policy.contains("unsafe"), "{}", page.policy);

    // An access token is no cookie and a cookie no access token.
    let cookie = visitor.cookie.clone();
    let bearer = Client {
        token: cookie.split_once('=').map(|(_, token)| token.to_owned()),
        ..app.anonymous()
    };
    bearer.get("/api/admin/tasks/queues/").await.expect(401);
    visitor.cookie = format!("jobboard_admin={}", admin.token.as_deref().unwrap());
    assert_eq!(visitor.get("/admin/tasks/").await.status, 303);
}

#[tokio::test]
async fn a_session_ends_with_the_logout_the_role_and_the_time() {
    let app = TestApp::start_with(|config| {
        config.http.public_url = "https://jobs.example.org/".parse().unwrap();
    })
    .await;
    let (visitor, _) = signed_in(&app).await;
    let token = visitor.token().await;
    let out = visitor
        .send(Method::POST, "/admin/logout/", &[("token", &token)])
        .await;
    assert!(
        out.cookie.contains("Max-Age=0") && out.cookie.contains("; Secure"),
        "{}",
        out.cookie
    );
    assert_eq!(
        visitor.get("/admin/tasks/").await.status,
        303,
        "the old cookie is worth nothing"
    );

    let (visitor, admin) = signed_in(&app).await;
    sqlx::query("update users set role = 'employer' where id = $1")
        .bind(admin.user_id)
        .execute(&app.db)
        .await
        .unwrap();
    assert_eq!(visitor.get("/admin/tasks/").await.status, 303);

    let (mut visitor, _) = signed_in(&app).await;
    app.advance_time(Duration::from_secs(3500)).await;
    let page = visitor.get("/admin/tasks/").await;
    assert_eq!(page.status, 200);
    visitor.cookie = page.cookie.split(';').next().unwrap().to_owned();
    app.advance_time(Duration::from_secs(3500)).await;
    let page = visitor.get("/admin/tasks/").await;
    assert_eq!(page.status, 200, "it was used in between");
    app.advance_time(Duration::from_secs(3601)).await;
    assert_eq!(visitor.get("/admin/tasks/").await.status, 303);
}

#[tokio::test]
async fn forms_of_elsewhere_are_refused() {
    let app = TestApp::start().await;
    let id = dead(&app, 1).await[0];
    let (visitor, _) = signed_in(&app).await;
    let (other, _) = signed_in(&app).await;
    let retry = format!("/admin/tasks/{id}/retry/");
    for token in ["", "AAAA", other.token().await.as_str()] {
        for path in [
            &retry,
            "/admin/tasks/dead/retry/",
            "/admin/tasks/queues/search/pause/",
            "/admin/logout/",
        ] {
            let answer = visitor.send(Method::POST, path, &[("token", token)]).await;
            assert_eq!(answer.status, 403, "{path}");
        }
    }
    let dead: i64 = sqlx::query_scalar("select count(*) from dead_tasks")
        .fetch_one(&app.db)
        .await
        .unwrap();
    assert_eq!(dead, 1);
    let answer = visitor
        .http
        .post(format!("{}/admin/login/", app.base))
        .header("sec-fetch-site", "cross-site")
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 403);
}

#[tokio::test]
async fn attempts_to_sign_in_are_counted_with_those_of_the_api() {
    let app = TestApp::start_with(|config| {
        config.rate_limits.account = Some("3/1h".parse().unwrap());
    })
    .await;
    let admin = app.admin().await;
    let mut visitor = Visitor::new(&app);
    for _ in 0..2 {
        assert_eq!(visitor.sign_in(&admin.email, "wrong").await.status, 403);
    }
    let login = json!({"email": admin.email, "password": "wrong"});
    app.anonymous()
        .post("/api/auth/login/", login)
        .await
        .expect(401);
    let refused = visitor.sign_in(&admin.email, PASSWORD).await;
    assert_eq!(refused.status, 429);
    assert!(refused.text.contains("role=\"alert\""), "{}", refused.text);
    assert!(refused.cookie.is_empty(), "{}", refused.cookie);
}
