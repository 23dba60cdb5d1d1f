//! Conversations with a mail server that does not always play along.

use std::time::Duration;

use jobboard_shared::{mail::Template, notifications::queue_email};
use tokio::net::TcpListener;
use uuid::Uuid;

use super::{outbox, row, send_again};
use crate::{
    applications::Board,
    support::{SmtpServer, TestApp, Verdict},
};

/// Longer than any backoff of a task.
const A_DAY: Duration = Duration::from_secs(24 * 3600);

async fn start(server: &SmtpServer) -> TestApp {
    start_at(server.url.clone()).await
}

async fn start_at(url: String) -> TestApp {
    TestApp::start_with(|config| {
        config.mail.smtp_url = Some(url.into());
        config.mail.outbox_dir = None;
    })
    .await
}

/// An application for a job without an employer: one mail, to the applicant.
async fn one_mail(app: &TestApp) {
    let board = Board::new(app).await;
    board
        .change_job(app, board.job_id, "employer_id = null")
        .await;
    board.apply(&app.freelancer().await).await.expect(201);
}

const CONFIRMATION: Template = Template::ApplicationConfirmation;

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
        Verdict::RefuseRecipient(450),
        Verdict::RefuseMail(451),
        Verdict::HangUpBeforeData,
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
async fn what_the_server_refuses_for_good_is_not_tried_again() {
    for verdict in [Verdict::RefuseRecipient(550), Verdict::RefuseMail(554)] {
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
        assert!(error.starts_with("refused: "), "{error}");
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
    let server = SmtpServer::start().await;
    let app = start(&server).await;
    server.will([Verdict::HangUpAfterDot]);
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
