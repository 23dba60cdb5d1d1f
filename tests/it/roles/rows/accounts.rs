//! Signing in, and the own account.

use serde_json::json;

use crate::{
    roles::{Ask, Row, ask::hold, plain, row},
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
    ]
}

#[tokio::test]
async fn accounts() {
    hold(rows()).await;
}
