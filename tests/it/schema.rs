//! What the database itself holds, whatever the code does.

use sqlx::Row;
use uuid::Uuid;

use crate::support::TestApp;

/// Runs a statement that a constraint must refuse; answers the constraint's name.
async fn refused(app: &TestApp, statement: &'static str) -> String {
    let error = sqlx::query(statement)
        .execute(&app.db)
        .await
        .expect_err(statement);
    let error = error.as_database_error().expect("refused by the database");
    error.constraint().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn two_spellings_of_a_company_are_one() {
    let app = TestApp::start().await;
    let same = [
        ("Acme, Inc.", "ACME"),
        ("Müller & Söhne GmbH", "müller söhne"),
        ("The  Widget Co. Ltd", "the widget"),
    ];
    for (one, other) in same {
        let row = sqlx::query("select normalize_company_name($1), normalize_company_name($2)")
            .bind(one)
            .bind(other)
            .fetch_one(&app.db)
            .await
            .expect("normalize");
        assert_eq!(
            row.get::<String, _>(0),
            row.get::<String, _>(1),
            "{one} and {other}"
        );
    }
    for name in ["Co", "---", "C++", "C"] {
        let key: String = sqlx::query_scalar("select normalize_company_name($1)")
            .bind(name)
            .fetch_one(&app.db)
            .await
            .expect("normalize");
        assert!(!key.is_empty(), "{name}");
    }
}

#[tokio::test]
async fn keys_grow_with_time_and_carry_their_version() {
    let app = TestApp::start().await;
    let keys: Vec<Uuid> = sqlx::query_scalar("select uuid_v7() from generate_series(1, 2000)")
        .fetch_all(&app.db)
        .await
        .expect("keys");
    assert!(keys.iter().all(|key| key.get_version_num() == 7));
    // Ordered to the microsecond's fraction that the key keeps, so: nearly always.
    let inversions = keys.windows(2).filter(|pair| pair[0] > pair[1]).count();
    assert!(inversions < keys.len(), "{inversions} of {}", keys.len());
    assert!(keys.first() < keys.last());
}

#[tokio::test]
async fn wrong_states_are_refused() {
    let app = TestApp::start().await;
    for (statement, constraint) in [
        (
            "insert into users (email, password_hash, role) values ('a@b', '', 'employer')",
            "users_account_type_check",
        ),
        (
            "insert into users (email, password_hash, role, account_type) values ('a@b', '', 'employer', 'freelancer')",
            "users_account_type_check",
        ),
        (
            "insert into users (email, password_hash, role) values ('A@B', '', 'admin')",
            "users_email_check",
        ),
        (
            "with u as (insert into users (email, password_hash, role, account_type)
                        values ('a@b', '', 'employer', 'employer') returning id)
             insert into freelancer_profiles (user_id) select id from u",
            "freelancer_profiles_user_fkey",
        ),
        (
            "with c as (insert into companies (name, slug) values ('x', 'x') returning id)
             insert into jobs (company_id, title, salary_min, salary_max) select id, 't', 2, 1 from c",
            "jobs_salary_check",
        ),
        (
            "with c as (insert into companies (name, slug) values ('x', 'x') returning id)
             insert into jobs (company_id, title, status) select id, 't', 'published' from c",
            "jobs_published_check",
        ),
        (
            "with a as (insert into categories (name, slug) values ('a', 'a') returning id)
             update categories set parent_id = id",
            "categories_parent_check",
        ),
    ] {
        assert_eq!(refused(&app, statement).await, constraint, "{statement}");
    }
}

#[tokio::test]
async fn a_category_cannot_become_its_own_ancestor() {
    let app = TestApp::start().await;
    sqlx::query(
        "insert into categories (name, slug) values ('top', 'top'), ('middle', 'middle'), ('bottom', 'bottom')",
    )
    .execute(&app.db)
    .await
    .expect("categories");
    for (child, parent) in [("middle", "top"), ("bottom", "middle")] {
        sqlx::query(
            "update categories set parent_id = (select id from categories where slug = $2) where slug = $1",
        )
        .bind(child)
        .bind(parent)
        .execute(&app.db)
        .await
        .expect("a tree");
    }
    let constraint = refused(
        &app,
        "update categories set parent_id = (select id from categories where slug = 'bottom') where slug = 'top'",
    )
    .await;
    assert_eq!(constraint, "categories_parent_check");
}

/// A condition that is called and not inlined keeps every index from its query.
#[tokio::test]
async fn the_planner_sees_through_is_live() {
    let app = TestApp::start().await;
    let mut conn = app.db.acquire().await.expect("a connection");
    sqlx::query("set enable_seqscan = off")
        .execute(&mut *conn)
        .await
        .expect("set");
    for (query, index) in [
        (
            "explain select id from jobs j where is_live(j, (select app_now()))
             order by published_at desc, id desc limit 20",
            "idx_job_status_published",
        ),
        (
            "explain select title from jobs where is_live(jobs, (select app_now()))
                 and lower(title) ~>=~ 'a' and lower(title) ~<~ 'b'",
            "jobs_title_prefix_idx",
        ),
    ] {
        let plan: Vec<String> = sqlx::query_scalar(query)
            .fetch_all(&mut *conn)
            .await
            .expect("explain");
        let plan = plan.join("\n");
        assert!(plan.contains(index), "{plan}");
        assert!(
            plan.contains("InitPlan"),
            "the time is computed once: {plan}"
        );
        assert!(!plan.contains("is_live"), "{plan}");
        assert!(!plan.contains("Sort"), "{plan}");
    }
}

#[tokio::test]
async fn migrating_again_changes_nothing() {
    let app = TestApp::start().await;
    jobboard_shared::database::migrate(&app.db)
        .await
        .expect("a second run");
}
