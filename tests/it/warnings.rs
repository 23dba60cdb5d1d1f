//! Admins are warned of tasks that have died.

use std::time::Duration;

use jobboard_shared::warnings::tasks::WarnOfDeadTasks;

use crate::{
    notifications::preferences::header,
    support::{Email, TestApp},
};

const MINUTE: Duration = Duration::from_secs(60);

async fn die(app: &TestApp, id: i64, kind: &str) {
    sqlx::query(
        "insert into dead_tasks (id, queue, kind, args, priority, attempt, max_attempts, reason,
                                 errors, enqueued_at, died_at)
         values ($1, 'default', $2, '{}', 0, 1, 1, 'attempts', '[]', app_now(), app_now())",
    )
    .bind(id)
    .bind(kind)
    .execute(&app.db)
    .await
    .unwrap();
}

async fn warn_after(app: &TestApp, time: Duration) -> Vec<Email> {
    let before = app.emails().len();
    app.advance_time(time).await;
    app.enqueue(&WarnOfDeadTasks {}).await;
    let drained = app.drain_tasks().await;
    assert!(drained.failures.is_empty(), "{:?}", drained.failures);
    app.emails().split_off(before)
}

#[tokio::test]
async fn every_admin_is_warned_once_and_at_most_hourly() {
    let app = TestApp::start().await;
    let admins = [app.admin().await, app.admin().await];
    app.employer().await;
    assert!(warn_after(&app, MINUTE).await.is_empty(), "all is well");
    die(&app, -1, "jobs.paint").await;
    die(&app, -2, "jobs.paint").await;
    die(&app, -3, "jobs.glaze").await;
    let mails = warn_after(&app, 2 * MINUTE).await;
    let mut to: Vec<_> = mails.iter().map(|mail| mail.to.clone()).collect();
    to.sort();
    let mut expected = admins.map(|admin| admin.email);
    expected.sort();
    assert_eq!(to, expected);
    let mail = &mails[0];
    assert_eq!(mail.subject, "3 background tasks have failed for good");
    assert!(mail.text.contains("2 × jobs.paint (attempts)"));
    assert!(mail.text.contains("1 × jobs.glaze (attempts)"));
    assert!(mail.text.contains("/admin/tasks/list/?state=dead"));
    let automatic = header(mail, "auto-submitted");
    assert_eq!(automatic.as_deref(), Some("auto-generated"));
    assert!(header(mail, "list-unsubscribe").is_some());

    assert!(warn_after(&app, 90 * MINUTE).await.is_empty(), "no news");
    die(&app, -4, "jobs.paint").await;
    let mails = warn_after(&app, 2 * MINUTE).await;
    assert_eq!(mails.len(), 2);
    assert_eq!(mails[0].subject, "1 background task has failed for good");
    die(&app, -5, "jobs.paint").await;
    assert!(warn_after(&app, 30 * MINUTE).await.is_empty(), "too soon");
    assert_eq!(warn_after(&app, 30 * MINUTE).await.len(), 2);
}

#[tokio::test]
async fn a_warning_that_fails_is_not_warned_of() {
    let app = TestApp::start().await;
    app.admin().await;
    die(&app, -1, "jobs.paint").await;
    assert_eq!(warn_after(&app, 2 * MINUTE).await.len(), 1);
    die(&app, -2, "mail.send").await;
    sqlx::query("update email_outbox set task_id = -2 where template = 'dead_tasks'")
        .execute(&app.db)
        .await
        .unwrap();
    assert!(warn_after(&app, 120 * MINUTE).await.is_empty());
}

#[tokio::test]
async fn what_is_brought_back_before_the_mail_leaves_is_not_told() {
    let app = TestApp::start().await;
    app.admin().await;
    die(&app, -1, "jobs.paint").await;
    app.advance_time(2 * MINUTE).await;
    let mut tx = app.db.begin().await.unwrap();
    assert!(
        jobboard_shared::warnings::warn_of_dead_tasks(&mut tx)
            .await
            .unwrap()
    );
    sqlx::query("delete from dead_tasks")
        .execute(&mut *tx)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    app.drain_tasks().await;
    assert!(app.emails().is_empty());
}
