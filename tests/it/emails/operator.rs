//! Mails that an operator looks after, and those whose tasks have ended early.

use std::time::Duration;

use jobboard_shared::notifications::{
    Resend,
    db::{self, EmailStatus},
    resend_email,
    tasks::{ForgetOldMails, SweepOutbox},
};
use jobboard_worker::{Context, Lease, TaskResult, drain_with, runtime::Registry};
use uuid::Uuid;

use super::{
    dead_reasons, outbox, row,
    smtp::{A_DAY, CONFIRMATION, one_mail, report_to, start},
};
use crate::support::{SmtpServer, TestApp, Verdict};
use jobboard_shared::{mail::Template, notifications::tasks::SendEmail};

async fn execute(app: &TestApp, statement: &'static str) {
    sqlx::raw_sql(statement).execute(&app.db).await.unwrap();
}

async fn sweep(app: &TestApp) {
    app.enqueue(&SweepOutbox {}).await;
    assert!(app.drain_tasks().await.failures.is_empty());
}

/// The task's death as the queue records it.
const BURY: &str = "
    with gone as (delete from tasks where kind = 'mail.send' returning *)
    insert into dead_tasks (id, queue, kind, args, priority, attempt, max_attempts, unique_key,
                            reason, errors, enqueued_at, died_at)
    select id, queue, kind, args, priority, 60, max_attempts, unique_key, 'attempts', errors,
           enqueued_at, app_now()
    from gone";

/// An operator's retry of it.
const DIG_UP: &str = "
    with gone as (delete from dead_tasks where kind = 'mail.send' returning *)
    insert into tasks (id, queue, kind, args, priority, max_attempts, unique_key, errors,
                       enqueued_at, run_at)
    overriding system value
    select id, queue, kind, args, priority, max_attempts, unique_key, errors, enqueued_at,
           app_now()
    from gone";

#[tokio::test]
async fn mails_that_ended_are_forgotten_with_time() {
    const DAY: Duration = Duration::from_secs(24 * 3600);
    let server = SmtpServer::start().await;
    let app = start(&server).await;
    one_mail(&app).await;
    sweep(&app).await;
    let forget = async || {
        app.enqueue(&ForgetOldMails {}).await;
        assert!(app.drain_tasks().await.failures.is_empty());
        outbox(&app).await
    };
    app.advance_time(89 * DAY).await;
    assert_eq!(forget().await, [row(CONFIRMATION, "sent", 1, 0)]);
    app.advance_time(2 * DAY).await;
    execute(
        &app,
        "update email_outbox set status = 'pending', sent_at = null",
    )
    .await;
    assert_eq!(forget().await, [row(CONFIRMATION, "pending", 1, 0)]);
    execute(&app, "update email_outbox set status = 'unknown'").await;
    assert_eq!(forget().await, []);
}

#[tokio::test]
async fn a_mail_dies_with_its_task_and_comes_back_with_it() {
    let server = SmtpServer::start().await;
    let app = start(&server).await;
    one_mail(&app).await;
    sweep(&app).await;
    assert_eq!(outbox(&app).await, [row(CONFIRMATION, "sent", 1, 0)]);

    one_mail(&app).await;
    execute(&app, BURY).await;
    sweep(&app).await;
    let reasons = [None, Some("task_ended".to_owned())];
    assert_eq!(dead_reasons(&app).await, reasons);
    let error: Option<String> =
        sqlx::query_scalar("select last_error from email_outbox where status = 'dead'")
            .fetch_one(&app.db)
            .await
            .unwrap();
    assert_eq!(error.as_deref(), Some("its task died: attempts"));

    execute(&app, DIG_UP).await;
    assert!(app.drain_tasks().await.failures.is_empty());
    assert_eq!(server.deliveries().len(), 2);
    assert_eq!(dead_reasons(&app).await, [None, None]);
}

#[tokio::test]
async fn a_mail_put_off_to_the_end_is_sent_when_its_task_is_retried() {
    let server = SmtpServer::start().await;
    let app = start(&server).await;
    one_mail(&app).await;
    execute(&app, "update tasks set max_attempts = 1").await;
    server.will([Verdict::RefuseRecipient(451)]);
    assert!(app.drain_tasks().await.failures[0].dead);
    assert_eq!(dead_reasons(&app).await, [Some("attempts".to_owned())]);
    execute(&app, DIG_UP).await;
    app.drain_tasks().await;
    assert_eq!(outbox(&app).await, [row(CONFIRMATION, "sent", 2, 0)]);
    assert_eq!(server.deliveries().len(), 1);
}

#[tokio::test]
async fn a_mail_whose_task_died_while_it_was_sending_may_be_out() {
    let server = SmtpServer::start().await;
    let app = start(&server).await;
    let employer = app.employer().await;
    report_to(&app, &employer).await;
    execute(
        &app,
        "update email_outbox set status = 'sending', attempts = 1, sending_at = app_now()",
    )
    .await;
    execute(&app, BURY).await;
    sweep(&app).await;
    let unknown = row(Template::ImportFinished, "unknown", 1, 0);
    assert_eq!(outbox(&app).await, [unknown]);

    // Reports are not repeated by themselves, and the retry of the task says so.
    execute(&app, DIG_UP).await;
    let report = app.drain_tasks().await;
    assert!(report.failures[0].dead);
    assert!(report.failures[0].error.contains("may have arrived"));
    assert!(server.deliveries().is_empty());

    let mut conn = app.db.acquire().await.unwrap();
    let listed = db::list_unsent(&mut conn, EmailStatus::Unknown, None, 10)
        .await
        .unwrap();
    let resent = resend_email(&mut conn, listed[0].id).await.unwrap();
    assert!(matches!(resent, Resend::Queued(_)));
    let twice = resend_email(&mut conn, listed[0].id).await.unwrap();
    assert_eq!(twice, Resend::Not(EmailStatus::Pending));
    app.drain_tasks().await;
    assert_eq!(server.deliveries().len(), 1);
    let sent = db::get_record(&mut conn, listed[0].id)
        .await
        .unwrap()
        .unwrap();
    assert_eq!((sent.status, sent.resends), (EmailStatus::Sent, 1));
}

async fn panic_at_once(_: Context, _: SendEmail, _: Lease) -> TaskResult {
    panic!("on purpose")
}

#[tokio::test]
async fn a_task_that_panics_to_death_leaves_no_mail_pending() {
    let server = SmtpServer::start().await;
    let mut app = start(&server).await;
    one_mail(&app).await;
    app.leave_tasks();
    execute(&app, "update tasks set max_attempts = 1").await;
    let registry = Registry::default().on::<SendEmail>(panic_at_once);
    let report = drain_with(&app.worker, registry.into()).await.unwrap();
    assert!(report.failures.iter().any(|failure| failure.dead));
    sweep(&app).await;
    assert_eq!(outbox(&app).await, [row(CONFIRMATION, "dead", 0, 0)]);
    assert_eq!(dead_reasons(&app).await, [Some("task_ended".to_owned())]);
}

#[tokio::test]
async fn a_mail_of_an_older_version_gets_a_task_and_is_sent_once() {
    let server = SmtpServer::start().await;
    let app = start(&server).await;
    one_mail(&app).await;
    // Its own task is there, and nobody has noted it.
    execute(
        &app,
        "update email_outbox set task_id = null;
         update tasks set unique_key = null, run_at = app_now() + interval '1 hour'
         where kind = 'mail.send'",
    )
    .await;
    sweep(&app).await;
    assert!(server.deliveries().is_empty(), "it has time yet");
    app.advance_time(A_DAY / 24).await;
    sweep(&app).await;
    app.advance_time(A_DAY / 24).await;
    app.drain_tasks().await;
    assert_eq!(outbox(&app).await, [row(CONFIRMATION, "sent", 1, 0)]);
    assert_eq!(server.deliveries().len(), 1);
}

#[tokio::test]
async fn of_two_tasks_for_one_mail_the_one_it_names_sends_it() {
    let server = SmtpServer::start().await;
    let app = start(&server).await;
    one_mail(&app).await;
    execute(
        &app,
        "insert into tasks (queue, kind, args, priority, max_attempts, run_at, enqueued_at)
         select queue, kind, args, -1, max_attempts, run_at, enqueued_at
         from tasks where kind = 'mail.send';
         update email_outbox set status = 'sending', attempts = 1, sending_at = app_now();
         update tasks set run_at = run_at + interval '1 hour' where priority = 0",
    )
    .await;
    assert!(app.drain_tasks().await.failures.is_empty());
    assert!(server.deliveries().is_empty(), "the other is sending it");
    app.advance_time(A_DAY).await;
    app.drain_tasks().await;
    assert_eq!(server.deliveries().len(), 1);
}

#[tokio::test]
async fn lists_are_bounded_and_go_on_where_they_ended() {
    let server = SmtpServer::start().await;
    let mut app = start(&server).await;
    app.leave_tasks();
    for _ in 0..3 {
        one_mail(&app).await;
    }
    let mut conn = app.db.acquire().await.unwrap();
    let first = db::list_unsent(&mut conn, EmailStatus::Pending, None, 2)
        .await
        .unwrap();
    let rest = db::list_unsent(&mut conn, EmailStatus::Pending, Some(first[1].id), 2)
        .await
        .unwrap();
    let ids: Vec<Uuid> = first.iter().chain(&rest).map(|mail| mail.id).collect();
    let mut sorted = ids.clone();
    sorted.sort();
    sorted.reverse();
    assert_eq!((ids.len(), ids), (3, sorted));
    assert_eq!(
        resend_email(&mut conn, Uuid::nil()).await.unwrap(),
        Resend::NotFound
    );
}
