//! All accounts, for administrators.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    applications::Board,
    auth::{assert_problem, token_of},
    support::{Client, PASSWORD, TestApp},
};

const USERS: &str = "/api/users/";

fn address(client: &Client) -> String {
    format!("{USERS}{}/", client.user_id)
}

#[tokio::test]
async fn accounts_are_for_admins_alone() {
    let app = TestApp::start().await;
    let (employer, freelancer) = (app.employer().await, app.freelancer().await);
    let one = address(&freelancer);
    for client in [&employer, &freelancer] {
        assert_problem(&client.get(USERS).await, 403, "role_required");
        assert_problem(&client.get(&one).await, 403, "role_required");
        let body = json!({"role": "admin"});
        assert_problem(&client.patch(&one, body).await, 403, "role_required");
        assert_problem(&client.delete(&one).await, 403, "role_required");
        let body = json!({"email": "x@example.com", "role": "admin"});
        assert_problem(&client.post(USERS, body).await, 403, "role_required");
    }
    app.anonymous().get(USERS).await.expect(401);
    app.anonymous().delete(&one).await.expect(401);
}

#[tokio::test]
async fn accounts_are_listed_filtered_and_paged() {
    let app = TestApp::start().await;
    let admin = app.admin().await;
    let mut freelancers = Vec::new();
    for _ in 0..5 {
        freelancers.push(app.freelancer().await);
    }
    sqlx::query("update users set is_active = false where id = $1")
        .bind(freelancers[0].user_id)
        .execute(&app.db)
        .await
        .unwrap();
    let ids = async |query: &str| {
        let list = admin.get(&format!("{USERS}{query}")).await.expect(200);
        list.results()
            .iter()
            .map(|user| user["id"].as_str().unwrap().parse().unwrap())
            .collect::<Vec<Uuid>>()
    };
    let newest_first: Vec<Uuid> = freelancers.iter().rev().map(|f| f.user_id).collect();
    assert_eq!(ids("?role=freelancer").await, newest_first);
    assert_eq!(ids("?role=admin").await, [admin.user_id]);
    assert_eq!(
        ids("?role=freelancer&is_active=true").await,
        newest_first[..4]
    );
    assert_eq!(ids("?is_active=false").await, newest_first[4..]);
    let part = freelancers[2].email[11..30].to_uppercase();
    assert_eq!(ids(&format!("?q={part}")).await, [freelancers[2].user_id]);
    assert!(ids("?q=%25").await.is_empty(), "a sign stands for itself");

    let mut walked = Vec::new();
    let mut path = format!("{USERS}?role=freelancer&page_size=2");
    loop {
        let page = admin.get(&path).await.expect(200);
        walked.extend(page.results().iter().map(|user| user["id"].clone()));
        let Some(cursor) = page.json["next_cursor"].as_str() else {
            break;
        };
        path = format!("{USERS}?role=freelancer&page_size=2&cursor={cursor}");
    }
    assert_eq!(json!(walked), json!(newest_first));
    let numbered = admin
        .get("/api/users/?page=2&page_size=4")
        .await
        .expect(200);
    assert_eq!(numbered.json["count"], 6);
    assert_eq!(numbered.results().len(), 2);
    let refused = admin.get("/api/users/?role=boss&rol=x").await.expect(422);
    assert_eq!(refused.field_errors().len(), 2);
    let one = admin.get(&address(&freelancers[1])).await.expect(200);
    assert_eq!(one.json["email"], freelancers[1].email);
    assert!(!one.text.contains("password"));
    let nobody = format!("{USERS}{}/", Uuid::now_v7());
    admin.get(&nobody).await.expect(404);
    admin.patch(&nobody, json!({})).await.expect(404);
    admin.delete(&nobody).await.expect(404);
}

#[tokio::test]
async fn a_made_account_chooses_its_password_by_mail() {
    let app = TestApp::start().await;
    let admin = app.admin().await;
    let body = json!({"email": "New@example.com", "role": "employer", "first_name": "Nell"});
    let made = admin.post(USERS, body).await.expect(201);
    assert_eq!(made.json["role"], "employer");
    assert_eq!(made.json["first_name"], "Nell");
    let location = made.headers["location"].to_str().unwrap().to_owned();
    assert_eq!(location, format!("{USERS}{}/", made.id()));
    assert_eq!(admin.get(&location).await.expect(200).json, made.json);
    app.drain_tasks().await;
    let mails = app.emails();
    let [mail] = mails.as_slice() else {
        panic!("one mail, not {mails:?}");
    };
    assert_eq!(mail.to, "new@example.com");
    app.anonymous()
        .post(
            "/api/auth/password/confirm/",
            json!({"token": token_of(mail), "password": PASSWORD}),
        )
        .await
        .expect(204);
    let client = app.login("new@example.com").await;
    client.get("/api/employers/profile/").await.expect(200);
    assert_problem(
        &admin
            .post(
                USERS,
                json!({"email": "new@example.com", "role": "freelancer"}),
            )
            .await,
        409,
        "email_taken",
    );
    app.drain_tasks().await;
}

#[tokio::test]
async fn a_made_account_may_be_given_its_password() {
    let app = TestApp::start().await;
    let admin = app.admin().await;
    for role in ["freelancer", "admin"] {
        let email = format!("{role}@example.com");
        let body = json!({"email": email, "role": role, "password": PASSWORD});
        let made = admin.post(USERS, body).await.expect(201);
        assert_eq!(made.json["role"], role);
        app.login(&email).await;
    }
    app.drain_tasks().await;
    let mails = app.emails();
    assert_eq!(
        mails.len(),
        1,
        "the freelancer confirms the address: {mails:?}"
    );
    let body = json!({"email": "x", "role": "boss", "password": "short", "is_verified": true});
    let refused = admin.post(USERS, body).await.expect(422);
    let expected = [
        ("email", "invalid_format"),
        ("is_verified", "unknown_field"),
        ("password", "too_short"),
        ("role", "invalid_choice"),
    ]
    .map(|(field, code)| (field.to_owned(), code.to_owned()));
    assert_eq!(refused.field_errors(), expected);
    let named = json!({"email": "a@example.com", "role": "admin", "first_name": "A"});
    let refused = admin.post(USERS, named).await.expect(422);
    assert_eq!(refused.field_errors()[0].1, "no_profile");
}

#[tokio::test]
async fn a_switched_off_account_is_out_at_once_and_stays_out() {
    let app = TestApp::start().await;
    let (admin, client) = (app.admin().await, app.freelancer().await);
    app.anonymous()
        .post("/api/auth/password/reset/", json!({"email": client.email}))
        .await
        .expect(202);
    app.drain_tasks().await;
    let reset = token_of(&app.emails()[0]);
    let off = admin
        .patch(&address(&client), json!({"is_active": false}))
        .await
        .expect(200);
    assert_eq!(off.json["is_active"], false);
    assert_problem(
        &client.get("/api/users/profile/").await,
        401,
        "session_ended",
    );
    let on = admin
        .patch(
            &address(&client),
            json!({"is_active": true, "is_verified": true}),
        )
        .await
        .expect(200);
    assert_eq!(
        (&on.json["is_active"], &on.json["is_verified"]),
        (&json!(true), &json!(true))
    );
    // Switched on again, it signs in anew: what it had is void.
    assert_problem(
        &client.get("/api/users/profile/").await,
        401,
        "session_ended",
    );
    app.anonymous()
        .post(
            "/api/auth/password/confirm/",
            json!({"token": reset, "password": "some other password"}),
        )
        .await
        .expect(422);
    app.login(&client.email).await;
}

#[tokio::test]
async fn a_role_is_the_one_of_the_profile_or_admin() {
    let app = TestApp::start().await;
    let (admin, client) = (app.admin().await, app.freelancer().await);
    let set = async |role: &str| admin.patch(&address(&client), json!({"role": role})).await;
    assert_problem(&set("employer").await, 409, "role_not_possible");
    set("admin").await.expect(200);
    client.get(USERS).await.expect(200);
    let back = set("freelancer").await.expect(200);
    assert_eq!(back.json["role"], "freelancer");
    assert_problem(&client.get(USERS).await, 403, "role_required");
    for read_only in [
        "email",
        "password",
        "account_type",
        "is_email_verified",
        "last_login",
    ] {
        let mut body = json!({});
        body[read_only] = Value::Null;
        admin.patch(&address(&client), body).await.expect(422);
    }
}

#[tokio::test]
async fn the_last_admin_stays() {
    let app = TestApp::start().await;
    let (admin, other) = (app.admin().await, app.admin().await);
    admin
        .patch(&address(&other), json!({"is_active": false}))
        .await
        .expect(200);
    for body in [json!({"role": "employer"}), json!({"is_active": false})] {
        assert_problem(
            &admin.patch(&address(&admin), body).await,
            409,
            "last_admin",
        );
    }
    assert_problem(&admin.delete(&address(&admin)).await, 409, "last_admin");
    admin
        .patch(&address(&other), json!({"is_active": true}))
        .await
        .expect(200);
    let other = app.login(&other.email).await;

    // Each removes the other at once: one of them remains.
    let (one, two) = (address(&other), address(&admin));
    let (one, two) = tokio::join!(admin.delete(&one), other.delete(&two));
    let mut statuses = [one.status.as_u16(), two.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses[0], 204);
    assert!([401, 409].contains(&statuses[1]), "{statuses:?}");
    let admins: i64 = sqlx::query_scalar("select count(*) from users where role = 'admin'")
        .fetch_one(&app.db)
        .await
        .unwrap();
    assert_eq!(admins, 1);
}

#[tokio::test]
async fn a_deleted_account_takes_its_own_along_and_leaves_the_rest() {
    let app = TestApp::start().await;
    let (admin, freelancer) = (app.admin().await, app.freelancer().await);
    let board = Board::new(&app).await;
    board.apply(&freelancer).await.expect(201);
    app.drain_tasks().await;
    admin.delete(&address(&freelancer)).await.expect(204);
    admin.get(&address(&freelancer)).await.expect(404);
    freelancer.get("/api/users/profile/").await.expect(401);
    admin.delete(&address(&board.employer)).await.expect(204);
    let left: (i64, i64, i64, Option<Uuid>) = sqlx::query_as(
        "select (select count(*) from applications), (select count(*) from freelancer_profiles),
                (select count(*) from email_outbox), (select employer_id from jobs where id = $1)",
    )
    .bind(board.job_id)
    .fetch_one(&app.db)
    .await
    .unwrap();
    assert_eq!(left, (0, 0, 0, None));
    app.drain_tasks().await;
}
