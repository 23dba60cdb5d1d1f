//! How imports end, and what is left of them.

use std::time::Duration;

use jobboard_shared::imports::tasks::PurgeImports;

use super::{NDJSON, ads, counts, import, upload};
use crate::support::{TestApp, wait_for_a_waiter};

#[tokio::test]
async fn an_import_whose_task_died_is_ended() {
    let app = TestApp::start().await;
    let admin = app.admin().await;
    let id = upload(&admin, "", NDJSON, ads(1)).await.expect(202).id();
    // As an older release enqueued it: in no batch.
    sqlx::raw_sql("delete from tasks; delete from task_batches")
        .execute(&app.db)
        .await
        .expect("lose the task");
    app.advance_time(Duration::from_secs(2 * 3600)).await;
    app.enqueue(&PurgeImports {}).await;
    app.drain_tasks().await;
    let admin = app.login(&admin.email).await;
    let report = admin
        .get(&format!("/api/imports/{id}/"))
        .await
        .expect(200)
        .json;
    assert_eq!(report["status"], "failed", "{report}");
}

/// Its batch has ended then, and what comes at the end of that sees to it.
#[tokio::test]
async fn an_import_whose_last_attempt_failed_is_ended_at_once() {
    let app = TestApp::start().await;
    let admin = app.admin().await;
    let id = upload(&admin, "", NDJSON, ads(1)).await.expect(202).id();
    sqlx::query("update tasks set args = '{}'")
        .execute(&app.db)
        .await
        .expect("break the task");
    let report = app.drain_tasks().await;
    assert!(report.failures[0].dead);
    let path = format!("/api/imports/{id}/");
    let report = admin.get(&path).await.expect(200).json;
    assert_eq!(report["status"], "failed", "{report}");
    assert_eq!(app.emails().len(), 1, "the account is told");
}

#[tokio::test]
async fn an_account_has_five_imports_under_way_at_most() {
    let app = TestApp::start().await;
    let admin = app.admin().await;
    for _ in 0..5 {
        upload(&admin, "", NDJSON, ads(1)).await.expect(202);
    }
    let refused = upload(&admin, "", NDJSON, ads(1)).await.expect(409);
    assert_eq!(refused.json["code"], "too_many_imports");
    app.drain_tasks().await;
    upload(&admin, "", NDJSON, ads(1)).await.expect(202);
    app.drain_tasks().await;
}

#[tokio::test]
async fn reports_go_after_a_month() {
    let app = TestApp::start().await;
    let admin = app.admin().await;
    let report = import(&app, &admin, "", NDJSON, ads(1)).await;
    app.advance_time(Duration::from_secs(31 * 24 * 3600)).await;
    app.enqueue(&PurgeImports {}).await;
    app.drain_tasks().await;
    let left: i64 = sqlx::query_scalar("select count(*) from imports")
        .fetch_one(&app.db)
        .await
        .expect("count");
    assert_eq!((left, counts(&report)[1]), (0, 1));
    let jobs: i64 = sqlx::query_scalar("select count(*) from jobs")
        .fetch_one(&app.db)
        .await
        .expect("count");
    assert_eq!(jobs, 1, "the jobs stay");
}

/// Whoever tells several accounts at once locks them in the order of their ids.
#[tokio::test]
async fn ending_imports_of_several_accounts_waits_in_no_circle() {
    let app = TestApp::start().await;
    let (first, second) = (app.admin().await, app.admin().await);
    let (first, second) = if first.user_id < second.user_id {
        (first, second)
    } else {
        (second, first)
    };
    for admin in [&second, &first] {
        upload(admin, "", NDJSON, ads(1)).await.expect(202);
    }
    sqlx::raw_sql(
        "delete from tasks; delete from task_batches;
         insert into notification_streams (user_id, last_number) select id, 1 from users",
    )
    .execute(&app.db)
    .await
    .expect("lose the tasks");
    app.advance_time(Duration::from_secs(2 * 3600)).await;
    app.enqueue(&PurgeImports {}).await;
    let lock = "select from notification_streams where user_id = $1 for update";
    let mut tx = app.db.begin().await.expect("begin");
    sqlx::query(lock)
        .bind(first.user_id)
        .execute(&mut *tx)
        .await
        .expect("tell the first");
    let tell = async {
        wait_for_a_waiter(&app.db, "insert into notifications").await;
        sqlx::query(lock)
            .bind(second.user_id)
            .execute(&mut *tx)
            .await
            .expect("tell the second");
        tx.commit().await.expect("commit");
    };
    let (report, ()) = tokio::join!(app.drain_tasks(), tell);
    assert!(report.failures.is_empty(), "{:?}", report.failures);
    let failed: i64 = sqlx::query_scalar("select count(*) from imports where status = 'failed'")
        .fetch_one(&app.db)
        .await
        .expect("count");
    assert_eq!(failed, 2);
}
