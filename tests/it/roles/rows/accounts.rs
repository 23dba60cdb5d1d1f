//! Signing in, and the own account.

use jobboard_shared::auth::{MailedTokenKey, Occasion, db::mailed_tokens};
use serde_json::json;

use crate::{
    roles::{Ask, Case, Row, ask::hold, plain, row},
    support::PASSWORD,
};

pub(super) fn rows() -> Vec<Row> {
    vec![
        row("register", "201 201 201 201 201", |_| async {
            let email = format!("{}@example.invalid", uuid::Uuid::new_v4().simple());
            Ask::default().json(json!({"email": email, "password": PASSWORD, "role": "employer"}))
        }),
        row("login", "200 200 200 200 200", |case| async move {
            let email = &case.employer().email;
            Ask::default().json(json!({"email": email, "password": PASSWORD}))
        }),
        row("refresh", "200 200 200 200 200", |case| async move {
            let account = case.app().freelancer().await;
            Ask::default().json(json!({"refresh": account.refresh_token}))
        }),
        row("logout", "401 204 204 204 204", |case| async move {
            Ask::default().asked_by(case.fresh_asker().await)
        }),
        plain("get_user_profile", "401 200 200 200 200"),
        row("update_user_profile", "401 200 200 200 200", |_| async {
            Ask::default().json(json!({"first_name": "Robin", "last_name": "Example"}))
        }),
        row("change_user_profile", "401 200 200 200 200", |_| async {
            Ask::default().json(json!({"last_name": "Example"}))
        }),
        row(
            "request_password_reset",
            "202 202 202 202 202",
            |case| async move { Ask::default().json(json!({"email": case.employer().email})) },
        ),
        row(
            "confirm_password_reset",
            "204 204 204 204 204",
            |case| async move {
                let token = mailed_token(&case, Occasion::PasswordReset).await;
                Ask::default().json(json!({"token": token, "password": "a better password"}))
            },
        ),
        row(
            "change_password",
            "401 204 204 204 204",
            |case| async move {
                let body = json!({"current_password": PASSWORD, "password": "a better password"});
                Ask::default().json(body).asked_by(case.fresh_asker().await)
            },
        ),
        row("verify_email", "204 204 204 204 204", |case| async move {
            let token = mailed_token(&case, Occasion::EmailVerification).await;
            Ask::default().json(json!({"token": token}))
        }),
        plain("resend_email_verification", "401 202 202 202 202"),
        plain("list_users", "401 403 403 403 200"),
        row("create_user", "401 403 403 403 201", |_| async {
            let email = format!("{}@example.invalid", uuid::Uuid::new_v4().simple());
            Ask::default().json(json!({"email": email, "role": "freelancer"}))
        }),
        row("get_user", "401 403 403 403 200", |case| async move {
            Ask::of(case.freelancer().user_id)
        }),
        row("change_user", "401 403 403 403 200", |case| async move {
            Ask::of(case.freelancer().user_id).json(json!({"is_verified": true}))
        }),
        row("delete_user", "401 403 403 403 204", |case| async move {
            Ask::of(case.app().freelancer().await.user_id)
        }),
    ]
}

/// A token that was mailed to a new account.
async fn mailed_token(case: &Case, occasion: Occasion) -> String {
    let account = case.app().freelancer().await;
    let key = MailedTokenKey::new(&case.app().config.auth.secret_key);
    let mut conn = case.app().db.acquire().await.unwrap();
    let id = mailed_tokens::insert(&mut conn, &key, account.user_id, occasion)
        .await
        .unwrap();
    key.token(id).to_text()
}

#[tokio::test]
async fn accounts() {
    hold(rows()).await;
}
