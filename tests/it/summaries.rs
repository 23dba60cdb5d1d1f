//! The weekly mail to employers.

use jobboard_shared::{analytics::tasks::RollUp, summaries::tasks::PromiseSummaries};
use serde_json::json;

use crate::{
    jobs::publish,
    notifications::preferences::{header, link, one_click},
    support::{Email, TestApp},
};

const MONDAY: &str = "2027-03-08T06:30:00Z";

async fn promise(app: &TestApp) -> Vec<Email> {
    let before = app.emails().len();
    app.enqueue(&PromiseSummaries::at(MONDAY.parse().unwrap()))
        .await;
    let drained = app.drain_tasks().await;
    assert!(drained.failures.is_empty(), "{:?}", drained.failures);
    app.emails().split_off(before)
}

#[tokio::test]
async fn an_employer_is_told_once_what_came_of_the_week() {
    let app = TestApp::start().await;
    // A Wednesday; what happened before that Monday is of the week before.
    app.set_time("2027-02-25T12:00:00Z").await;
    let employer = app.employer().await;
    let job = publish(&employer, "Painter").await;
    let early = app.freelancer().await;
    let body = json!({"job_id": job});
    early
        .post("/api/applications/", body.clone())
        .await
        .expect(201);
    app.set_time("2027-03-03T12:00:00Z").await;
    for _ in 0..2 {
        let freelancer = app.freelancer().await;
        freelancer
            .get(&format!("/api/jobs/{job}/"))
            .await
            .expect(200);
        freelancer
            .post("/api/applications/", body.clone())
            .await
            .expect(201);
    }
    // Who has no job online has nothing to be told.
    let other = app.employer().await;
    app.drain_tasks().await;
    app.set_time(MONDAY).await;
    // What happens on Monday itself is of the next one.
    let late = app.freelancer().await;
    late.post("/api/applications/", body).await.expect(201);
    app.enqueue(&RollUp {}).await;
    app.drain_tasks().await;

    let mails = promise(&app).await;
    let [mail] = mails.as_slice() else {
        panic!("one mail, not {mails:?}");
    };
    assert_eq!(mail.to, employer.email);
    assert_ne!(mail.to, other.email);
    assert_eq!(mail.subject, "Your week: 2 applications, 2 views");
    for line in [
        "Your jobs from 1 March 2027 to 7 March 2027",
        "Applications:      2 (1)",
        "Views:             2 (0)",
        "Jobs online:       1",
        "Not looked at yet: 4",
        "Painter\n2 applications\n",
    ] {
        assert!(mail.text.contains(line), "{line}: {}", mail.text);
    }
    assert!(header(mail, "message-id").is_some());
    assert_eq!(
        header(mail, "auto-submitted").as_deref(),
        Some("auto-generated")
    );
    assert!(promise(&app).await.is_empty(), "told twice");
}

#[tokio::test]
async fn one_click_stops_summaries_alone() {
    let app = TestApp::start().await;
    app.set_time("2027-03-03T12:00:00Z").await;
    let employer = app.employer().await;
    publish(&employer, "Painter").await;
    app.drain_tasks().await;
    app.set_time(MONDAY).await;
    let mails = promise(&app).await;
    let post = header(&mails[0], "list-unsubscribe-post");
    assert_eq!(post.as_deref(), Some("List-Unsubscribe=One-Click"));
    one_click(&app.anonymous(), &link(&app, &mails[0]))
        .await
        .expect(200);
    let employer = app.login(&employer.email).await;
    let path = "/api/notifications/preferences/";
    let wishes = employer.get(path).await.expect(200).json;
    assert_eq!(wishes["summary"], json!({"email": false}));
    assert_eq!(
        wishes["application_status"],
        json!({"in_app": true, "email": true})
    );
    app.set_time("2027-03-15T06:30:00Z").await;
    app.enqueue(&PromiseSummaries::at(app.clock.now())).await;
    app.drain_tasks().await;
    assert_eq!(app.emails().len(), mails.len());
}

#[tokio::test]
async fn very_many_employers_are_promised_theirs_in_blocks() {
    let app = TestApp::start().await;
    let employer = app.employer().await;
    publish(&employer, "Painter").await;
    sqlx::raw_sql(
        "with accounts as (
             insert into users (email, password_hash, role, account_type)
             select 'owner' || n || '@example.com', '', 'employer', 'employer'
             from generate_series(1, 410) n returning id),
         profiles as (
             insert into employer_profiles (user_id) select id from accounts returning id)
         insert into jobs (employer_id, company_id, title, status, published_at)
         select p.id, c.id, 'Painter', 'published', app_now()
         from profiles p, (select id from companies limit 1) c;
         insert into notification_preferences (user_id, notification_type, channel, is_wanted)
         select id, 'summary', 'email', false from users where email like 'owner%'",
    )
    .execute(&app.db)
    .await
    .unwrap();
    app.drain_tasks().await;
    for _ in 0..2 {
        app.enqueue(&PromiseSummaries::at(app.clock.now())).await;
        app.drain_tasks().await;
        let counts: (i64, i64) = sqlx::query_as(
            "select (select count(*) from employer_summaries),
                    (select count(*) from email_outbox where template = 'employer_summary')",
        )
        .fetch_one(&app.db)
        .await
        .unwrap();
        assert_eq!(counts, (411, 1), "all but one have stopped them");
    }
}
