//! Conversations with a mail server that does not always play along.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use jobboard_shared::{
    mail::Template,
    notifications::{queue_email, tasks::SendEmail},
    queue::{Task, db},
};
use jobboard_worker::Lease;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{dead_reasons, outbox, row, send_again};
use crate::{
    applications::Board,
    support::{Client, SmtpServer, TestApp, Verdict},
};

/// Longer than any backoff of a task.
pub(super) const A_DAY: Duration = Duration::from_secs(24 * 3600);

pub(super) async fn start(server: &SmtpServer) -> TestApp {
    start_at(server.url.clone()).await
}

pub(super) async fn start_at(url: String) -> TestApp {
    TestApp::start_with(|config| {
        config.mail.smtp_url = Some(url.into());
        config.mail.outbox_dir = None;
        config.mail.answer_within = Duration::from_secs(2);
    })
    .await
}

/// An application for a job without an employer: one mail, to the applicant.
pub(super) async fn one_mail(app: &TestApp) -> Client {
    let freelancer = app.freelancer().await;
    mail_to(app, &freelancer).await;
    freelancer
}

/// The same to a given applicant.
pub(super) async fn mail_to(app: &TestApp, freelancer: &Client) {
    let board = Board::new(app).await;
    board
        .change_job(app, board.job_id, "employer_id = null")
        .await;
    board.apply(freelancer).await.expect(201);
}

pub(super) const CONFIRMATION: Template = Template::ApplicationConfirmation;

#[tokio::test]
async fn mails_go_out_over_one_connection() {
    let server = SmtpServer::start().await;
    let app = start(&server).await;
    let board = Board::new(&app).await;
    let freelancer = app.freelancer().await;
    board.apply(&freelancer).await.expect(201);
    app.drain_tasks().await;
    let deliveries = server.deliveries();
    let mut to: Vec<_> = deliveries.iter().map(|mail| mail.to.clone()).collect();
    to.sort();
    assert_eq!(to, [board.employer.email.clone(), freelancer.email.clone()]);
    assert_ne!(deliveries[0].message_id(), deliveries[1].message_id());
    assert_eq!(server.connections(), 1);
}

#[tokio::test]
async fn while_the_server_is_away_mails_wait() {
    let reserved = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = reserved.local_addr().unwrap().to_string();
    drop(reserved);
    let app = start_at(format!("smtp://{address}?tls=none")).await;
    one_mail(&app).await;
    assert_eq!(app.drain_tasks().await.failures.len(), 1);
    assert_eq!(outbox(&app).await, [row(CONFIRMATION, "pending", 1, 0)]);

    let server = SmtpServer::start_at(&address).await;
    app.advance_time(A_DAY).await;
    assert!(app.drain_tasks().await.failures.is_empty());
    assert_eq!(outbox(&app).await, [row(CONFIRMATION, "sent", 2, 0)]);
    app.advance_time(A_DAY).await;
    app.drain_tasks().await;
    assert_eq!(server.deliveries().len(), 1);
}

#[tokio::test]
async fn what_the_server_puts_off_is_tried_again() {
    for verdict in [
        Verdict::RefuseSender(451),
        Verdict::RefuseRecipient(450),
        Verdict::RefuseData(451),
        Verdict::RefuseMail(451),
        Verdict::HangUpBeforeData,
        Verdict::StallBeforeData,
        // About us, not about the mail or its recipient.
        Verdict::RefuseSender(550),
        Verdict::RefuseSender(530),
        Verdict::AnswerRecipient("550 5.7.1 relaying denied"),
        Verdict::RefuseMail(530),
    ] {
        let server = SmtpServer::start().await;
        let app = start(&server).await;
        server.will([verdict]);
        one_mail(&app).await;
        assert_eq!(app.drain_tasks().await.failures.len(), 1, "{verdict:?}");
        assert_eq!(outbox(&app).await, [row(CONFIRMATION, "pending", 1, 0)]);
        app.advance_time(A_DAY).await;
        app.drain_tasks().await;
        assert_eq!(outbox(&app).await, [row(CONFIRMATION, "sent", 2, 0)]);
        assert_eq!(server.deliveries().len(), 1);
    }
}

#[tokio::test]
async fn a_server_that_does_not_want_us_now_is_asked_again() {
    let server = SmtpServer::start().await;
    let app = start_at(server.url_with_password()).await;
    server.will_greet(["421 too busy", "554 go away"]);
    server.will_answer_passwords(["454 cannot look it up", "535 5.7.8 wrong password"]);
    one_mail(&app).await;
    for attempts in 1..=4 {
        assert_eq!(app.drain_tasks().await.failures.len(), 1);
        let waits = row(CONFIRMATION, "pending", attempts, 0);
        assert_eq!(outbox(&app).await, [waits]);
        app.advance_time(A_DAY).await;
    }
    app.drain_tasks().await;
    assert_eq!(outbox(&app).await, [row(CONFIRMATION, "sent", 5, 0)]);
    assert_eq!(server.deliveries().len(), 1);
}

#[tokio::test]
async fn a_mail_outlives_an_outage_of_a_day_and_a_half() {
    let server = SmtpServer::start().await;
    let app = start(&server).await;
    one_mail(&app).await;
    let began: DateTime<Utc> = sqlx::query_scalar("select app_now()")
        .fetch_one(&app.db)
        .await
        .unwrap();
    loop {
        let wait: f64 = sqlx::query_scalar(
            "select greatest(extract(epoch from run_at - app_now()), 0)::float8
             from tasks where kind = 'mail.send'",
        )
        .fetch_one(&app.db)
        .await
        .unwrap();
        app.advance_time(Duration::from_secs_f64(wait + 0.1)).await;
        let now: DateTime<Utc> = sqlx::query_scalar("select app_now()")
            .fetch_one(&app.db)
            .await
            .unwrap();
        if now - began > TimeDelta::hours(36) {
            break;
        }
        server.will([Verdict::RefuseRecipient(451)]);
        assert_eq!(app.drain_tasks().await.failures.len(), 1);
    }
    app.drain_tasks().await;
    assert_eq!(server.deliveries().len(), 1);
}

#[tokio::test]
async fn what_is_put_off_to_the_last_attempt_is_dead() {
    let server = SmtpServer::start().await;
    let app = start(&server).await;
    one_mail(&app).await;
    sqlx::query("update tasks set max_attempts = 1")
        .execute(&app.db)
        .await
        .unwrap();
    server.will([Verdict::RefuseRecipient(451)]);
    assert!(app.drain_tasks().await.failures[0].dead);
    assert_eq!(dead_reasons(&app).await, [Some("attempts".to_owned())]);
}

#[tokio::test]
async fn what_the_server_refuses_for_good_is_not_tried_again() {
    for verdict in [
        Verdict::RefuseRecipient(550),
        Verdict::RefuseRecipient(552),
        Verdict::RefuseData(554),
        Verdict::RefuseMail(554),
        Verdict::RefuseMail(552),
    ] {
        let server = SmtpServer::start().await;
        let app = start(&server).await;
        server.will([verdict]);
        one_mail(&app).await;
        assert!(app.drain_tasks().await.failures.is_empty());
        assert_eq!(outbox(&app).await, [row(CONFIRMATION, "dead", 1, 0)]);
        let error: String = sqlx::query_scalar("select last_error from email_outbox")
            .fetch_one(&app.db)
            .await
            .unwrap();
        let about = error.split(':').next().unwrap();
        assert!(["refused", "no such mailbox"].contains(&about), "{error}");
        assert!(!error.contains('@'), "{error}");
        send_again(&app).await;
        app.advance_time(A_DAY).await;
        app.drain_tasks().await;
        assert!(server.deliveries().is_empty());
    }
}

#[tokio::test]
async fn one_refused_recipient_does_not_stop_the_other() {
    let server = SmtpServer::start().await;
    let app = start(&server).await;
    server.will([Verdict::RefuseRecipient(550)]);
    let board = Board::new(&app).await;
    board.apply(&app.freelancer().await).await.expect(201);
    app.drain_tasks().await;
    let mut ends: Vec<_> = outbox(&app)
        .await
        .into_iter()
        .map(|row| row.status)
        .collect();
    ends.sort();
    assert_eq!(ends, ["dead", "sent"]);
    assert_eq!(server.deliveries().len(), 1);
}

#[tokio::test]
async fn a_mail_without_an_answer_is_sent_once_more_as_the_same_mail() {
    for verdict in [Verdict::HangUpAfterDot, Verdict::StallAfterDot] {
        let server = SmtpServer::start().await;
        let app = start(&server).await;
        server.will([verdict]);
        one_mail(&app).await;
        assert_eq!(app.drain_tasks().await.failures.len(), 1);
        assert_eq!(outbox(&app).await, [row(CONFIRMATION, "unknown", 1, 0)]);
        app.advance_time(A_DAY).await;
        assert!(app.drain_tasks().await.failures.is_empty());
        assert_eq!(outbox(&app).await, [row(CONFIRMATION, "sent", 2, 1)]);
        let deliveries = server.deliveries();
        assert_eq!(deliveries.len(), 2);
        assert_eq!(deliveries[0].message_id(), deliveries[1].message_id());
    }
}

#[tokio::test]
async fn a_doubt_is_not_forgotten_while_the_server_puts_the_repeat_off() {
    let server = SmtpServer::start().await;
    let app = start(&server).await;
    server.will([
        Verdict::HangUpAfterDot,
        Verdict::RefuseRecipient(450),
        Verdict::HangUpAfterDot,
    ]);
    one_mail(&app).await;
    for expected in [
        row(CONFIRMATION, "unknown", 1, 0),
        row(CONFIRMATION, "pending", 2, 1),
        row(CONFIRMATION, "unknown", 3, 1),
        row(CONFIRMATION, "unknown", 3, 1),
    ] {
        app.drain_tasks().await;
        assert_eq!(outbox(&app).await, [expected]);
        app.advance_time(A_DAY).await;
    }
    assert_eq!(server.deliveries().len(), 2);
}

#[tokio::test]
async fn a_slow_server_gets_its_time() {
    let server = SmtpServer::start().await;
    let app = start(&server).await;
    server.will([Verdict::Slow(Duration::from_millis(300))]);
    one_mail(&app).await;
    assert!(app.drain_tasks().await.failures.is_empty());
    assert_eq!(outbox(&app).await, [row(CONFIRMATION, "sent", 1, 0)]);
}

#[tokio::test]
async fn no_mail_is_delivered_three_times() {
    let server = SmtpServer::start().await;
    let app = start(&server).await;
    server.will([Verdict::HangUpAfterDot; 5]);
    one_mail(&app).await;
    for _ in 0..4 {
        app.drain_tasks().await;
        app.advance_time(A_DAY).await;
        send_again(&app).await;
    }
    app.drain_tasks().await;
    assert_eq!(outbox(&app).await, [row(CONFIRMATION, "unknown", 2, 1)]);
    assert_eq!(server.deliveries().len(), 2);
}

#[tokio::test]
async fn a_mail_that_a_killed_worker_was_sending_is_sent_once_more() {
    let server = SmtpServer::start().await;
    let app = start(&server).await;
    one_mail(&app).await;
    sqlx::query("update email_outbox set status = 'sending', attempts = 1, sending_at = app_now()")
        .execute(&app.db)
        .await
        .unwrap();
    app.drain_tasks().await;
    assert_eq!(outbox(&app).await, [row(CONFIRMATION, "sent", 2, 1)]);
    assert_eq!(server.deliveries().len(), 1);
}

#[tokio::test]
async fn a_report_without_an_answer_is_left_to_the_operator() {
    let server = SmtpServer::start().await;
    let app = start(&server).await;
    let employer = app.employer().await;
    report_to(&app, &employer).await;
    server.will([Verdict::HangUpAfterDot]);
    assert!(app.drain_tasks().await.failures.is_empty());
    app.advance_time(A_DAY).await;
    send_again(&app).await;
    app.drain_tasks().await;
    assert_eq!(
        outbox(&app).await,
        [row(Template::ImportFinished, "unknown", 1, 0)]
    );
    assert_eq!(server.deliveries().len(), 1);
}

/// The run that has the lease would find the mail started and end the task, with
/// nobody left to look after the mail.
#[tokio::test]
async fn a_run_that_lost_its_lease_starts_no_mail() {
    const LEASE: Duration = Duration::from_secs(30);
    let server = SmtpServer::start().await;
    let app = start(&server).await;
    one_mail(&app).await;
    let mut conn = app.db.acquire().await.unwrap();
    let leased = db::lease(&mut conn, SendEmail::QUEUE, "stood still", LEASE, 10).await;
    let [task] = leased.unwrap().try_into().unwrap();
    app.advance_time(2 * LEASE).await;
    let queues = [SendEmail::QUEUE.to_owned()];
    assert_eq!(db::rescue(&mut conn, &queues).await.unwrap().len(), 1);
    let lease = Lease {
        id: task.key.id,
        attempt: task.attempt,
        max_attempts: task.max_attempts,
        fence: task.key.fence,
        batch: None,
        cancelled: CancellationToken::new(),
    };
    let email = serde_json::from_value(task.args).unwrap();
    let sent = jobboard_worker::mail::send(app.worker.clone(), email, lease).await;
    assert!(sent.is_err());
    assert_eq!(outbox(&app).await, [row(CONFIRMATION, "pending", 0, 0)]);
    assert!(server.deliveries().is_empty());

    assert!(app.drain_tasks().await.failures.is_empty());
    assert_eq!(outbox(&app).await, [row(CONFIRMATION, "sent", 1, 0)]);
    assert_eq!(server.deliveries().len(), 1);
}

/// A mail of a kind that is not repeated, promised twice.
pub(super) async fn report_to(app: &TestApp, employer: &Client) {
    let mut tx = app.db.begin().await.unwrap();
    let import_id: Uuid = sqlx::query_scalar(
        "insert into imports (user_id, format, source, mapping, status, file_bytes, finished_at)
         values ($1, 'csv', 'test', '{}', 'finished', 0, app_now()) returning id",
    )
    .bind(employer.user_id)
    .fetch_one(&mut *tx)
    .await
    .unwrap();
    queue_email(
        &mut tx,
        import_id,
        employer.user_id,
        Template::ImportFinished,
    )
    .await
    .unwrap();
    queue_email(
        &mut tx,
        import_id,
        employer.user_id,
        Template::ImportFinished,
    )
    .await
    .unwrap();
    tx.commit().await.unwrap();
}
