use futures::future::join_all;
use serde_json::json;
use uuid::Uuid;

use super::{ad, post, publish, with};
use crate::support::TestApp;

/// Every counter that differs from what it counts.
async fn wrong_counters(app: &TestApp) -> Vec<(String, i64, i64)> {
    sqlx::query_as(
        "with truth as (
            select 'posted ' || p.id as name, jobs_posted_count::bigint as counter,
                (select count(*) from jobs j where j.employer_id = p.id and j.published_at is not null) as truth
            from employer_profiles p
            union all
            select 'active ' || p.id, active_jobs_count,
                (select count(*) from jobs j where j.employer_id = p.id and j.status = 'published')
            from employer_profiles p
            union all
            select 'category ' || c.slug, job_count,
                (select count(*) from jobs j where j.category_id = c.id and j.status = 'published')
            from categories c
        )
        select name, counter, truth from truth where counter <> truth",
    )
    .fetch_all(&app.db)
    .await
    .unwrap()
}

async fn of_employer(app: &TestApp, user_id: Uuid) -> (i32, i32) {
    sqlx::query_as(
        "select jobs_posted_count, active_jobs_count from employer_profiles where user_id = $1",
    )
    .bind(user_id)
    .fetch_one(&app.db)
    .await
    .unwrap()
}

#[tokio::test]
async fn counters_follow_the_life_of_a_job() {
    let app = TestApp::start().await;
    let owner = app.employer().await;
    let body = with(ad("Cook"), json!({"category": "design"}));
    let id = post(&owner, body).await;
    let path = format!("/api/jobs/{id}/");
    assert_eq!(of_employer(&app, owner.user_id).await, (0, 0));
    for (change, expected) in [
        (json!({"status": "published"}), (1, 1)),
        (json!({"category": "sales"}), (1, 1)),
        (json!({"status": "closed"}), (1, 0)),
        (json!({"category": null}), (1, 0)),
        (
            json!({"status": "published", "category": "engineering"}),
            (1, 1),
        ),
    ] {
        owner.patch(&path, change).await.expect(200);
        assert_eq!(of_employer(&app, owner.user_id).await, expected);
        assert_eq!(wrong_counters(&app).await, []);
    }
    owner.delete(&path).await.expect(204);
    assert_eq!(of_employer(&app, owner.user_id).await, (0, 0));
    assert_eq!(wrong_counters(&app).await, []);
    app.drain_tasks().await;
}

#[tokio::test]
async fn counters_are_right_after_twenty_changes_at_once() {
    let app = TestApp::start().await;
    let owner = app.employer().await;
    publish(&owner, "First").await;
    let categories = ["design", "sales", "engineering"];
    let posts = (0..20).map(|i| {
        let fields = json!({"status": "published", "category": categories[i % 3]});
        owner.post("/api/jobs/", with(ad("Cook"), fields))
    });
    let ids: Vec<Uuid> = join_all(posts)
        .await
        .into_iter()
        .map(|answer| answer.expect(201).id())
        .collect();
    assert_eq!(of_employer(&app, owner.user_id).await, (21, 21));
    assert_eq!(wrong_counters(&app).await, []);
    // Every job moves to another category, a third of them is closed or deleted.
    let changes = ids.iter().enumerate().map(|(i, id)| {
        let path = format!("/api/jobs/{id}/");
        let owner = &owner;
        async move {
            match i % 4 {
                0 => owner.delete(&path).await.expect(204),
                1 => owner
                    .patch(&path, json!({"status": "closed"}))
                    .await
                    .expect(200),
                _ => {
                    let category = categories[(i + 1) % 3];
                    owner
                        .patch(&path, json!({"category": category}))
                        .await
                        .expect(200)
                }
            }
        }
    });
    join_all(changes).await;
    assert_eq!(of_employer(&app, owner.user_id).await, (16, 11));
    assert_eq!(wrong_counters(&app).await, []);
    app.drain_tasks().await;
}

#[tokio::test]
async fn one_job_closed_twenty_times_at_once_counts_once() {
    let app = TestApp::start().await;
    let owner = app.employer().await;
    let id = publish(&owner, "Cook").await;
    let path = format!("/api/jobs/{id}/close/");
    for answer in join_all((0..20).map(|_| owner.post(&path, json!(null)))).await {
        answer.expect(200);
    }
    assert_eq!(of_employer(&app, owner.user_id).await, (1, 0));
    assert_eq!(wrong_counters(&app).await, []);
    app.drain_tasks().await;
}

#[tokio::test]
async fn many_rows_of_one_statement_count_each() {
    let app = TestApp::start().await;
    let owner = app.employer().await;
    publish(&owner, "Cook").await;
    for statement in [
        "insert into jobs (employer_id, company_id, category_id, title, status, published_at)
            select j.employer_id, j.company_id, c.id, 'Copy', 'published', app_now()
            from jobs j, categories c, generate_series(1, 3)",
        "update jobs set category_id = (select id from categories where slug = 'sales')",
        "update jobs set status = 'closed' where title = 'Copy' and id > uuid_v7() is not true",
        "delete from jobs where title = 'Copy'",
        "delete from categories where slug = 'sales'",
    ] {
        sqlx::query(statement).execute(&app.db).await.unwrap();
        assert_eq!(wrong_counters(&app).await, [], "{statement}");
    }
    app.drain_tasks().await;
}
