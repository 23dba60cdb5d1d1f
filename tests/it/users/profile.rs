//! The own account.

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::{
    auth::{assert_problem, token_of},
    support::{PASSWORD, TestApp},
};

const PROFILE: &str = "/api/users/profile/";

#[tokio::test]
async fn the_own_name_can_be_changed_and_nothing_that_is_earned() {
    let app = TestApp::start().await;
    let client = app.freelancer().await;
    let changed = client
        .put(
            PROFILE,
            json!({"first_name": " Grace ", "last_name": "Hopper"}),
        )
        .await
        .expect(200);
    assert_eq!(changed.json["first_name"], "Grace");
    assert_eq!(changed.json["email"], client.email);
    let changed = client
        .patch(PROFILE, json!({"last_name": "Murray"}))
        .await
        .expect(200);
    assert_eq!(changed.json["first_name"], "Grace");
    assert_eq!(changed.json["last_name"], "Murray");
    assert_eq!(client.get(PROFILE).await.expect(200).json, changed.json);
    for (name, value) in [
        ("role", json!("admin")),
        ("account_type", json!("employer")),
        ("is_active", json!(true)),
        ("is_verified", json!(true)),
        ("is_email_verified", json!(true)),
        ("last_login", Value::Null),
        ("id", json!(client.user_id)),
        ("created_at", json!("2020-01-01T00:00:00Z")),
    ] {
        let mut body = json!({"first_name": "G", "last_name": "H"});
        body[name] = value;
        for refused in [
            client.put(PROFILE, body.clone()).await,
            client.patch(PROFILE, body).await,
        ] {
            let expected = [(name.to_owned(), "unknown_field".to_owned())];
            assert_eq!(refused.expect(422).field_errors(), expected);
        }
    }
    for refused in [
        app.anonymous().put(PROFILE, json!({})).await,
        app.anonymous().patch(PROFILE, json!({})).await,
    ] {
        assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
    }
}

#[tokio::test]
async fn an_admin_without_a_profile_has_no_name_to_change() {
    let app = TestApp::start().await;
    let admin = app.admin().await;
    sqlx::query("delete from employer_profiles where user_id = $1")
        .bind(admin.user_id)
        .execute(&app.db)
        .await
        .unwrap();
    let refused = admin.patch(PROFILE, json!({"first_name": "G"})).await;
    assert_problem(&refused, 409, "no_profile");
    admin.patch(PROFILE, json!({})).await.expect(200);
}

#[tokio::test]
async fn another_address_is_confirmed_anew_and_the_former_one_told() {
    let app = TestApp::start().await;
    let client = app.freelancer().await;
    sqlx::query("update users set is_email_verified = true where id = $1")
        .bind(client.user_id)
        .execute(&app.db)
        .await
        .unwrap();
    // A reset mail to the former address must not open the account later.
    app.anonymous()
        .post("/api/auth/password/reset/", json!({"email": client.email}))
        .await
        .expect(202);
    app.drain_tasks().await;
    let reset = token_of(&app.emails()[0]);

    let new = "Grace@Navy.example.com";
    let body = json!({"email": new, "current_password": PASSWORD});
    let changed = client.patch(PROFILE, body).await.expect(200);
    assert_eq!(changed.json["email"], "grace@navy.example.com");
    assert_eq!(changed.json["is_email_verified"], false);
    app.drain_tasks().await;
    let mut mails = app.emails().split_off(1);
    mails.sort_by_key(|mail| mail.to != client.email);
    let [former, next] = mails.as_slice() else {
        panic!("two mails, not {mails:?}");
    };
    assert_eq!(former.to, client.email);
    assert_eq!(former.subject, "Your account has another email address");
    assert!(!former.raw.contains("navy"), "{}", former.raw);
    assert_eq!(next.to, "grace@navy.example.com");
    let refused = app
        .anonymous()
        .post(
            "/api/auth/password/confirm/",
            json!({"token": reset, "password": "taken over by mail"}),
        )
        .await;
    assert_eq!(refused.status.as_u16(), 422);
    app.anonymous()
        .post("/api/auth/email/verify/", json!({"token": token_of(next)}))
        .await
        .expect(204);
    let profile = client.get(PROFILE).await.expect(200);
    assert_eq!(profile.json["is_email_verified"], true);
    app.login("grace@navy.example.com").await;

    // The same address in another spelling is no change.
    let same = json!({"first_name": "G", "last_name": "H", "email": "GRACE@navy.example.com"});
    let same = client.put(PROFILE, same).await.expect(200);
    assert_eq!(same.json["is_email_verified"], true);
}

#[tokio::test]
async fn a_mail_to_an_address_that_is_given_up_meanwhile_stays_unsent() {
    let app = TestApp::start().await;
    let client = app.freelancer().await;
    for email in ["first@example.com", "second@example.com"] {
        let body = json!({"email": email, "current_password": PASSWORD});
        client.patch(PROFILE, body).await.expect(200);
    }
    app.drain_tasks().await;
    let mut told: Vec<_> = app
        .emails()
        .into_iter()
        .map(|mail| (mail.to, mail.subject))
        .collect();
    told.sort();
    let mail = |to: &str, subject: &str| (to.to_owned(), subject.to_owned());
    let mut expected = [
        mail(&client.email, "Your account has another email address"),
        mail(
            "first@example.com",
            "Your account has another email address",
        ),
        mail("second@example.com", "Confirm your email address"),
    ];
    expected.sort();
    assert_eq!(told, expected);
}

#[tokio::test]
async fn another_address_wants_the_password_and_nobody_elses_address() {
    let app = TestApp::start().await;
    let (client, other) = (app.freelancer().await, app.employer().await);
    for (body, field, code) in [
        (
            json!({"email": "new@example.com"}),
            "current_password",
            "required",
        ),
        (
            json!({"email": "new@example.com", "current_password": "a wrong password"}),
            "current_password",
            "wrong_password",
        ),
        (
            json!({"email": "no address", "current_password": PASSWORD}),
            "email",
            "invalid_format",
        ),
    ] {
        let refused = client.patch(PROFILE, body).await.expect(422);
        assert_eq!(
            refused.field_errors(),
            [(field.to_owned(), code.to_owned())]
        );
    }
    let taken = json!({"email": other.email, "current_password": PASSWORD, "first_name": "Z"});
    let refused = client.patch(PROFILE, taken).await;
    assert_problem(&refused, 409, "email_taken");
    let profile = client.get(PROFILE).await.expect(200);
    assert_eq!(profile.json["email"], client.email);
    assert_eq!(profile.json["first_name"], "Robin");
    app.drain_tasks().await;
    assert!(app.emails().is_empty(), "what is refused mails nobody");

    for n in 0..3 {
        let body = json!({"email": format!("n{n}@example.com"), "current_password": PASSWORD});
        client.patch(PROFILE, body).await.expect(200);
    }
    let body = json!({"email": "n3@example.com", "current_password": PASSWORD});
    let refused = client.patch(PROFILE, body).await;
    assert_problem(&refused, 409, "too_many_email_changes");
    app.drain_tasks().await;
}
