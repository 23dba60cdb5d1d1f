//! Worker processes and a mail server that fail on each other; the count is
//! taken at the server.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::{Duration, Instant},
};

use jobboard_shared::{mail::Template, queue, search::tasks::RefreshJobs};
use tokio::net::TcpListener;
use uuid::Uuid;

use super::{
    outbox, row,
    smtp::{A_DAY, CONFIRMATION, one_mail, report_to, start_at},
};
use crate::support::{SmtpServer, TestApp, Verdict, WorkerProcess};

const PATIENCE: Duration = Duration::from_secs(60);
const AN_HOUR: Duration = Duration::from_secs(3600);

/// An app for worker processes, which leave tasks of their schedule.
async fn app_at(url: String) -> TestApp {
    let mut app = start_at(url).await;
    app.leave_tasks();
    app
}

/// Waits for a condition in other processes.
async fn until(app: &TestApp, what: &str, condition: &'static str) {
    let began = Instant::now();
    while !sqlx::query_scalar::<_, bool>(condition)
        .fetch_one(&app.db)
        .await
        .unwrap()
    {
        let rows = outbox(app).await;
        assert!(began.elapsed() < PATIENCE, "never: {what}; {rows:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn until_delivered(server: &SmtpServer, mails: usize) {
    let began = Instant::now();
    while server.deliveries().len() < mails {
        assert!(began.elapsed() < PATIENCE, "{mails} were never delivered");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Message-ID -> how often it was delivered.
fn copies(server: &SmtpServer) -> BTreeMap<String, usize> {
    let mut copies = BTreeMap::new();
    for mail in server.deliveries() {
        *copies.entry(mail.message_id().to_owned()).or_default() += 1;
    }
    copies
}

const SETTLED: &str = "select not exists (select from tasks where kind = 'mail.send')";
const IN_BACKOFF: &str = "select not exists (
    select from tasks
    where kind = 'mail.send' and (lease_until is not null or run_at <= app_now()))";

/// Shifts the time once every mail waits for its backoff. A shift while one is
/// being sent would end its lease, and it would be sent beside.
async fn skip_backoffs(app: &TestApp, what: &str, by: Duration) {
    let began = Instant::now();
    loop {
        let mut tx = app.db.begin().await.unwrap();
        // Until the shift is committed nobody leases.
        sqlx::query("lock table tasks in share mode")
            .execute(&mut *tx)
            .await
            .unwrap();
        let in_backoff: bool = sqlx::query_scalar(IN_BACKOFF)
            .fetch_one(&mut *tx)
            .await
            .unwrap();
        if in_backoff {
            sqlx::query("update app_clock set shift = shift + make_interval(secs => $1)")
                .bind(by.as_secs_f64())
                .execute(&mut *tx)
                .await
                .unwrap();
            tx.commit().await.unwrap();
            break;
        }
        drop(tx);
        let rows = outbox(app).await;
        assert!(began.elapsed() < PATIENCE, "never: {what}; {rows:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    app.clock.synchronize(&app.db).await.unwrap();
}

#[tokio::test]
async fn a_worker_killed_before_the_answer_costs_one_more_copy_of_the_same_mail() {
    let server = SmtpServer::start().await;
    let app = app_at(server.url.clone()).await;
    one_mail(&app).await;
    server.will([Verdict::StallAfterDot]);
    let patient = [("JOBBOARD_SMTP_TIMEOUT", "10m")];
    let worker = WorkerProcess::start_with(&app, &patient);
    until_delivered(&server, 1).await;
    worker.kill().await;
    assert_eq!(outbox(&app).await, [row(CONFIRMATION, "sending", 1, 0)]);

    let worker = WorkerProcess::start_with(&app, &patient);
    skip_backoffs(&app, "its lease has run out", AN_HOUR).await;
    until(&app, "it is sent again", SETTLED).await;
    worker.kill().await;
    assert_eq!(outbox(&app).await, [row(CONFIRMATION, "sent", 2, 1)]);
    let copies: Vec<usize> = copies(&server).into_values().collect();
    assert_eq!(copies, [2]);
}

#[tokio::test]
async fn however_many_workers_are_killed_there_are_two_copies_at_most() {
    let server = SmtpServer::start().await;
    let app = app_at(server.url.clone()).await;
    one_mail(&app).await;
    server.will([Verdict::StallAfterDot; 5]);
    let patient = [("JOBBOARD_SMTP_TIMEOUT", "10m")];
    for copies in 1..=2 {
        // After the first lapse it comes back at once.
        let worker = WorkerProcess::start_with(&app, &patient);
        until_delivered(&server, copies).await;
        worker.kill().await;
    }
    let _worker = WorkerProcess::start_with(&app, &patient);
    skip_backoffs(&app, "its lease has run out", AN_HOUR).await;
    until(&app, "it is given up", SETTLED).await;
    assert_eq!(outbox(&app).await, [row(CONFIRMATION, "unknown", 2, 1)]);
    assert_eq!(server.deliveries().len(), 2);
}

#[tokio::test]
async fn a_worker_killed_before_the_content_leaves_no_doubt() {
    let server = SmtpServer::start().await;
    let app = app_at(server.url.clone()).await;
    let employer = app.employer().await;
    report_to(&app, &employer).await;
    server.will([Verdict::StallBeforeData]);
    let worker = WorkerProcess::start_with(&app, &[("JOBBOARD_SMTP_TIMEOUT", "10m")]);
    let began = Instant::now();
    while server.verdicts_left() > 0 {
        assert!(began.elapsed() < PATIENCE, "the server was never asked");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    worker.kill().await;
    let _worker = WorkerProcess::start(&app);
    skip_backoffs(&app, "its lease has run out", AN_HOUR).await;
    until(&app, "it is sent", SETTLED).await;
    let sent = row(Template::ImportFinished, "sent", 1, 0);
    assert_eq!(outbox(&app).await, [sent]);
    assert_eq!(server.deliveries().len(), 1);
}

#[tokio::test]
async fn after_an_outage_every_mail_arrives_once() {
    const MAILS: usize = 12;
    let reserved = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = reserved.local_addr().unwrap().to_string();
    drop(reserved);
    let app = app_at(format!("smtp://{address}?tls=none")).await;
    for _ in 0..MAILS {
        one_mail(&app).await;
    }
    let _worker = WorkerProcess::start(&app);
    for _ in 0..3 {
        skip_backoffs(&app, "all were tried in vain", AN_HOUR).await;
        for mail in outbox(&app).await {
            assert_eq!(mail.status, "pending", "{mail:?}");
        }
        let marked = "select count(*) from notifications where is_email_sent";
        let marked: i64 = sqlx::query_scalar(marked).fetch_one(&app.db).await.unwrap();
        assert_eq!(marked, 0);
    }
    let server = SmtpServer::start_at(&address).await;
    skip_backoffs(&app, "those tried last wait too", A_DAY).await;
    until(&app, "all are sent", SETTLED).await;
    let copies = copies(&server);
    assert_eq!(copies.len(), MAILS);
    assert!(copies.values().all(|number| *number == 1), "{copies:?}");
}

#[tokio::test]
async fn of_mails_with_all_kinds_of_trouble_each_comes_to_its_end() {
    const MAILS: usize = 12;
    let server = SmtpServer::start().await;
    let app = app_at(server.url.clone()).await;
    for _ in 0..MAILS {
        one_mail(&app).await;
    }
    server.will([
        Verdict::RefuseRecipient(450),
        Verdict::RefuseRecipient(550),
        Verdict::StallAfterDot,
        Verdict::Slow(Duration::from_millis(200)),
        Verdict::RefuseMail(451),
        Verdict::RefuseMail(554),
        Verdict::HangUpAfterDot,
        Verdict::HangUpBeforeData,
        Verdict::StallBeforeData,
        Verdict::RefuseData(451),
    ]);
    let _worker = WorkerProcess::start(&app);
    skip_backoffs(&app, "all were tried", AN_HOUR).await;
    until(&app, "all have ended", SETTLED).await;
    let mut ends = BTreeMap::new();
    for mail in outbox(&app).await {
        *ends.entry(mail.status).or_insert(0) += 1;
    }
    let expected = [("dead".to_owned(), 2), ("sent".to_owned(), MAILS - 2)];
    assert_eq!(ends, BTreeMap::from(expected));
    let copies = copies(&server);
    assert_eq!(copies.len(), MAILS - 2);
    let twice = copies.values().filter(|number| **number == 2).count();
    assert_eq!((twice, copies.values().max()), (2, Some(&2)));
}

#[tokio::test]
async fn a_mail_server_that_stalls_every_slot_slows_no_other_queue() {
    const TASKS: usize = 400;
    const SLOTS: usize = 3;
    let server = SmtpServer::start().await;
    let app = app_at(server.url.clone()).await;
    for _ in 0..SLOTS {
        one_mail(&app).await;
    }
    sqlx::query("delete from tasks where kind <> 'mail.send'")
        .execute(&app.db)
        .await
        .unwrap();
    server.will([Verdict::StallAfterDot; SLOTS]);
    // Fewer connections for handlers than stalled mails.
    let _worker = WorkerProcess::start_with(
        &app,
        &[
            ("JOBBOARD_SMTP_TIMEOUT", "10m"),
            ("JOBBOARD_QUEUES", "mail=3,search=2"),
            ("DATABASE_MAX_CONNECTIONS", "2"),
        ],
    );
    until_delivered(&server, SLOTS).await;
    let tasks: Vec<_> = (0..TASKS)
        .map(|_| RefreshJobs {
            job_ids: vec![Uuid::new_v4()],
        })
        .collect();
    let mut conn = app.db.acquire().await.unwrap();
    queue::enqueue_many(&mut conn, &tasks).await.unwrap();
    let began = Instant::now();
    until(
        &app,
        "the others have run",
        "select count(*) >= 400 from finished_tasks where kind = 'search.refresh_jobs'",
    )
    .await;
    // Each would wait for minutes behind a stalled mail.
    assert!(
        began.elapsed() < Duration::from_secs(20),
        "{:?}",
        began.elapsed()
    );
    let statuses: BTreeSet<_> = outbox(&app).await.into_iter().map(|m| m.status).collect();
    assert_eq!(statuses, BTreeSet::from(["sending".to_owned()]));
}
