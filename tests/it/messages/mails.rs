//! Mails about messages that nobody has read.

use std::time::Duration;

use jobboard_shared::messages::tasks::{MailUnread, mail_unread};
use serde_json::json;

use super::Talk;
use crate::support::{Email, TestApp};

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
