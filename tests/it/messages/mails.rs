//! Mails about messages that nobody has read.

use std::time::Duration;

use jobboard_shared::messages::tasks::{MailUnread, mail_unread};
use serde_json::json;

use super::Talk;
use crate::support::{Client, Email, TestApp};

const MINUTE: Duration = Duration::from_secs(60);

async fn later(app: &TestApp, minutes: u32) {
    app.advance_time(MINUTE * minutes).await;
    let drained = app.drain_tasks().await;
    assert!(drained.failures.is_empty(), "{:?}", drained.failures);
}

fn about_messages(app: &TestApp) -> Vec<Email> {
    let mails = app.emails();
    mails
        .into_iter()
        .filter(|mail| mail.subject.contains("has written to you"))
        .collect()
}

#[tokio::test]
async fn several_unread_messages_make_one_mail_after_some_minutes() {
    let app = TestApp::start().await;
    let talk = Talk::begin(&app).await;
    talk.say(talk.employer(), "When could you start?")
        .await
        .expect(201);
    later(&app, 6).await;
    talk.say(talk.employer(), "Or <call> me.\r\nBcc: all@example.com")
        .await
        .expect(201);
    later(&app, 3).await;
    assert!(about_messages(&app).is_empty(), "too early");
    later(&app, 2).await;
    let mails = about_messages(&app);
    let [mail] = mails.as_slice() else {
        panic!("{mails:?}");
    };
    assert_eq!(mail.to, talk.freelancer.email);
    assert!(
        mail.text.contains("2 messages are waiting"),
        "{}",
        mail.text
    );
    assert!(mail.text.contains("> Or <call> me."), "{}", mail.text);
    assert!(mail.html.contains("Or &lt;call&gt; me."), "{}", mail.html);
    assert!(mail.raw.contains("List-Unsubscribe-Post"), "{}", mail.raw);
    later(&app, 120).await;
    assert_eq!(about_messages(&app).len(), 1);

    // Until it is read, the next mail waits a day.
    let employer = app.login(&talk.employer().email).await;
    talk.say(&employer, "Hello?").await.expect(201);
    later(&app, 60).await;
    assert_eq!(about_messages(&app).len(), 1);
    later(&app, 24 * 60).await;
    assert_eq!(about_messages(&app).len(), 2);
}

#[tokio::test]
async fn what_was_read_meanwhile_is_not_mailed() {
    let app = TestApp::start().await;
    let talk = Talk::begin(&app).await;
    talk.say(&talk.freelancer, "I moved.").await.expect(201);
    talk.read(talk.employer(), 1).await;
    later(&app, 11).await;
    assert!(about_messages(&app).is_empty());

    // Read between the promise and the sending: it ends without a fuss.
    talk.say(&talk.freelancer, "My new number")
        .await
        .expect(201);
    app.advance_time(MINUTE * 11).await;
    let mut tx = app.db.begin().await.unwrap();
    let task = MailUnread {
        application_id: talk.id,
        user_id: talk.employer().user_id,
    };
    // Twice is as once.
    for _ in 0..2 {
        mail_unread(&mut tx, task).await.unwrap();
    }
    tx.commit().await.unwrap();
    talk.read(talk.employer(), 2).await;
    later(&app, 1).await;
    assert!(about_messages(&app).is_empty());
    let statuses: Vec<String> = sqlx::query_scalar(
        "select status::text from email_outbox where template = 'message_received'",
    )
    .fetch_all(&app.db)
    .await
    .unwrap();
    assert_eq!(statuses, ["skipped"]);
}

#[tokio::test]
async fn who_wants_no_mails_about_messages_gets_none() {
    let app = TestApp::start().await;
    let talk = Talk::begin(&app).await;
    let both = json!({"in_app": true, "email": true});
    let wishes = json!({"application_status": both, "job_match": both, "system": both,
                        "summary": {"email": true},
                        "message": {"in_app": true, "email": false}});
    talk.freelancer
        .put("/api/notifications/preferences/", wishes)
        .await
        .expect(200);
    talk.say(talk.employer(), "Hello").await.expect(201);
    later(&app, 11).await;
    assert!(about_messages(&app).is_empty());
}

/// A recruiter of the company, who has written first, and the address of the membership.
async fn with_recruiter(app: &TestApp, talk: &Talk) -> (Client, String) {
    let recruiter = app.employer().await;
    let job = format!("/api/jobs/{}/", talk.board.job_id);
    let job = talk.employer().get(&job).await.expect(200);
    let company = job.json["company"]["id"].as_str().unwrap();
    let members = format!("/api/companies/{company}/members/");
    let body = json!({"email": recruiter.email, "role": "recruiter"});
    talk.employer().post(&members, body).await.expect(201);
    talk.say(&recruiter, "Hello").await.expect(201);
    talk.read(&talk.freelancer, 1).await;
    let membership = format!("{members}{}/", recruiter.user_id);
    (recruiter, membership)
}

fn recipients(app: &TestApp) -> Vec<String> {
    about_messages(app)
        .into_iter()
        .map(|mail| mail.to)
        .collect()
}

/// Promises the mails that are due, and sends none.
async fn promise(app: &TestApp, talk: &Talk, reader: &Client) {
    app.advance_time(MINUTE * 11).await;
    let mut tx = app.db.begin().await.unwrap();
    let task = MailUnread {
        application_id: talk.id,
        user_id: reader.user_id,
    };
    mail_unread(&mut tx, task).await.unwrap();
    tx.commit().await.unwrap();
}

async fn outbox(app: &TestApp, reader: &Client) -> Vec<String> {
    sqlx::query_scalar(
        "select status::text from email_outbox
         where template = 'message_received' and user_id = $1 order by id",
    )
    .bind(reader.user_id)
    .fetch_all(&app.db)
    .await
    .unwrap()
}

#[tokio::test]
async fn former_colleagues_are_not_mailed_what_the_applicant_answers() {
    let app = TestApp::start().await;
    let talk = Talk::begin(&app).await;
    let (recruiter, membership) = with_recruiter(&app, &talk).await;
    let answer = talk.say(&talk.freelancer, "For your eyes only").await;
    answer.expect(201);
    talk.employer().delete(&membership).await.expect(204);
    later(&app, 11).await;
    assert_eq!(recipients(&app), [talk.employer().email.clone()]);
    assert!(outbox(&app, &recruiter).await.is_empty());
}

#[tokio::test]
async fn who_leaves_between_the_promise_and_the_mail_is_not_mailed_either() {
    let app = TestApp::start().await;
    let talk = Talk::begin(&app).await;
    let (recruiter, membership) = with_recruiter(&app, &talk).await;
    let answer = talk.say(&talk.freelancer, "For your eyes only").await;
    answer.expect(201);
    promise(&app, &talk, &recruiter).await;
    talk.employer().delete(&membership).await.expect(204);
    later(&app, 1).await;
    assert_eq!(recipients(&app), [talk.employer().email.clone()]);
    assert_eq!(outbox(&app, &recruiter).await, ["skipped"]);
}

#[tokio::test]
async fn who_has_blocked_the_other_side_is_not_mailed_its_words() {
    let app = TestApp::start().await;
    for is_promised in [false, true] {
        let talk = Talk::begin(&app).await;
        talk.say(talk.employer(), "Answer me!").await.expect(201);
        if is_promised {
            promise(&app, &talk, &talk.freelancer).await;
        }
        let block = talk.path("block/");
        talk.freelancer.post(&block, json!(null)).await.expect(200);
        later(&app, 11).await;
        assert!(recipients(&app).is_empty());
        let expected: &[&str] = if is_promised { &["skipped"] } else { &[] };
        assert_eq!(outbox(&app, &talk.freelancer).await, expected);
    }
}

#[tokio::test]
async fn who_has_reported_a_message_is_not_mailed_it() {
    let app = TestApp::start().await;
    for is_promised in [false, true] {
        let talk = Talk::begin(&app).await;
        talk.say(talk.employer(), "Pay me first.").await.expect(201);
        if is_promised {
            promise(&app, &talk, &talk.freelancer).await;
        }
        let report = talk.path("messages/1/report/");
        let body = json!({"reason": "fraud"});
        talk.freelancer.post(&report, body).await.expect(204);
        later(&app, 11).await;
        assert!(recipients(&app).is_empty());
        let expected: &[&str] = if is_promised { &["skipped"] } else { &[] };
        assert_eq!(outbox(&app, &talk.freelancer).await, expected);
    }
    // The next is none that was reported, and is all that the mail tells of.
    let talk = Talk::begin(&app).await;
    talk.say(talk.employer(), "Pay me first.").await.expect(201);
    let report = talk.path("messages/1/report/");
    let body = json!({"reason": "fraud"});
    talk.freelancer.post(&report, body).await.expect(204);
    talk.say(talk.employer(), "Sorry.").await.expect(201);
    later(&app, 11).await;
    let mails = about_messages(&app);
    let [mail] = mails.as_slice() else {
        panic!("{mails:?}");
    };
    assert!(mail.text.contains("Sorry."), "{}", mail.text);
    assert!(!mail.text.contains("2 messages"), "{}", mail.text);
}
