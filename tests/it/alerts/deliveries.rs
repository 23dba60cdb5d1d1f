//! What is told of matches, and when.

use std::time::Duration;

use chrono::{DateTime, Utc};
use jobboard_shared::alerts::{
    delivery::{self, Told},
    tasks::{Deliver, DeliverDue, ForgetOldDeliveries},
};
use serde_json::json;
use uuid::Uuid;

use super::{alert, publish};
use crate::{
    notifications::{
        lines,
        preferences::{header, link, one_click, path_of},
    },
    support::{Email, TestApp},
};

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);

/// Lets the time pass and has what is due by then told.
async fn tell_after(app: &TestApp, time: Duration) -> Vec<Email> {
    let before = app.emails().len();
    app.advance_time(time).await;
    app.enqueue(&DeliverDue {}).await;
    let drained = app.drain_tasks().await;
    assert!(drained.failures.is_empty(), "{:?}", drained.failures);
    app.emails().split_off(before)
}

/// When the alert is told next.
async fn next_at(app: &TestApp, alert_id: Uuid) -> Option<String> {
    let at: Option<DateTime<Utc>> =
        sqlx::query_scalar("select next_delivery_at from job_alerts where id = $1")
            .bind(alert_id)
            .fetch_one(&app.db)
            .await
            .unwrap();
    at.map(|at| at.to_rfc3339())
}

#[tokio::test]
async fn matches_of_the_same_minutes_are_one_mail_and_one_line() {
    let app = TestApp::start().await;
    let (employer, user) = (app.employer().await, app.freelancer().await);
    alert(&user, json!({"name": "Brushes"})).await;
    alert(&user, json!({"name": "Restoring", "q": "restorer"})).await;
    let first = publish(&app, &employer, "Painter").await;
    publish(&app, &employer, "painter").await;
    publish(&app, &employer, "Painter and restorer").await;
    publish(&app, &employer, "Restorer").await;
    assert!(tell_after(&app, MINUTE).await.is_empty());
    let mails = tell_after(&app, 2 * MINUTE).await;
    let [mail] = mails.as_slice() else {
        panic!("one mail, not {mails:?}");
    };
    assert_eq!(mail.to, user.email);
    assert_eq!(mail.subject, "3 new jobs: Painter and restorer and more");
    assert!(mail.text.contains("Acme (2 postings)"), "{}", mail.text);
    // Each once, though one matches both.
    assert_eq!(mail.text.matches("Painter and restorer").count(), 1);
    assert!(
        !mail.text.contains(&first.to_string()),
        "the newest posting is linked"
    );
    let post = header(mail, "list-unsubscribe-post");
    assert_eq!(post.as_deref(), Some("List-Unsubscribe=One-Click"));
    let automatic = header(mail, "auto-submitted");
    assert_eq!(automatic.as_deref(), Some("auto-generated"));
    assert!(header(mail, "message-id").is_some());
    let lines = lines(&user).await;
    assert_eq!(lines.len(), 1);
    assert_eq!(lines[0]["kind"], "job_alert");
    assert_eq!(
        lines[0]["title"],
        "3 new jobs, the first of them Painter and restorer at Acme"
    );
    assert_eq!(lines[0]["message"], "Of your alerts: Brushes, Restoring");
    assert_eq!(lines[0]["is_email_sent"], true);

    // Nothing is told again, whatever runs again.
    for shard in 0..256 {
        app.enqueue(&Deliver { shard }).await;
    }
    assert!(tell_after(&app, HOUR).await.is_empty());
    publish(&app, &employer, "Glass painter").await;
    let mails = tell_after(&app, 3 * MINUTE).await;
    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0].subject, "New job: Glass painter at Acme");
}

#[tokio::test]
async fn digests_come_at_the_local_hour_on_both_sides_of_a_clock_change() {
    let app = TestApp::start().await;
    let (employer, user) = (app.employer().await, app.freelancer().await);
    // On 28 March 2027 Berlin's clocks go from 2 to 3.
    app.set_time("2027-03-26T12:00:00Z").await;
    let user = app.login(&user.email).await;
    let daily = json!({"frequency": "daily", "time_zone": "Europe/Berlin", "local_hour": 8});
    let daily = alert(&user, daily).await;
    let weekly = json!({
        "name": "Weekly", "frequency": "weekly", "time_zone": "America/New_York",
        "local_hour": 18, "weekday": 7,
    });
    let weekly = alert(&user, weekly).await;
    for (new, alert_id, early, due, subject) in [
        (
            Some("Painter 0"),
            daily,
            "2027-03-27T06:59:59Z",
            "2027-03-27T07:00:00+00:00",
            "A new job for you: Painter 0",
        ),
        (
            Some("Painter 1"),
            daily,
            "2027-03-28T05:59:59Z",
            "2027-03-28T06:00:00+00:00",
            "A new job for you: Painter 1",
        ),
        // New York has been on summer time for two weeks.
        (
            Some("Painter 2"),
            weekly,
            "2027-03-28T21:59:59Z",
            "2027-03-28T22:00:00+00:00",
            "3 new jobs for you: Painter 2 and more",
        ),
        (
            None,
            daily,
            "2027-03-29T05:59:59Z",
            "2027-03-29T06:00:00+00:00",
            "A new job for you: Painter 2",
        ),
    ] {
        if let Some(title) = new {
            publish(&app, &employer, title).await;
        }
        assert_eq!(next_at(&app, alert_id).await.as_deref(), Some(due));
        app.set_time(early).await;
        let early = tell_after(&app, Duration::ZERO).await;
        assert!(early.is_empty(), "{due}: {early:?}");
        let mails = tell_after(&app, Duration::from_secs(2)).await;
        assert_eq!(mails.len(), 1, "{due}");
        assert_eq!(mails[0].subject, subject);
        assert_eq!(next_at(&app, alert_id).await, None);
    }
}

#[tokio::test]
async fn a_day_has_room_for_so_many_mails_and_the_rest_is_told_later() {
    let app = TestApp::start().await;
    let admin = app.admin().await;
    let settings = json!({"max_alert_mails_per_day": 2});
    admin
        .patch("/api/admin/settings/", settings)
        .await
        .expect(200);
    let (employer, user) = (app.employer().await, app.freelancer().await);
    let alert_id = alert(&user, json!({})).await;
    for number in 0..2 {
        publish(&app, &employer, &format!("Painter {number}")).await;
        assert_eq!(tell_after(&app, 3 * MINUTE).await.len(), 1);
    }
    for number in 2..4 {
        publish(&app, &employer, &format!("Painter {number}")).await;
        assert!(tell_after(&app, 3 * MINUTE).await.is_empty());
    }
    assert!(next_at(&app, alert_id).await.is_some());
    let mails = tell_after(&app, 24 * HOUR - 5 * MINUTE).await;
    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0].subject, "2 new jobs: Painter 3 and more");
}

#[tokio::test]
async fn what_is_closed_or_unwanted_is_not_told() {
    let app = TestApp::start().await;
    let (employer, user) = (app.employer().await, app.freelancer().await);
    alert(&user, json!({})).await;
    let job_id = publish(&app, &employer, "Painter").await;
    let path = format!("/api/jobs/{job_id}/");
    employer
        .patch(&path, json!({"status": "closed"}))
        .await
        .expect(200);
    app.drain_tasks().await;
    assert!(tell_after(&app, 3 * MINUTE).await.is_empty());
    assert!(lines(&user).await.is_empty());

    // One click ends the mails; the centre still tells.
    publish(&app, &employer, "Painter").await;
    let mails = tell_after(&app, 3 * MINUTE).await;
    one_click(&app.anonymous(), &link(&app, &mails[0]))
        .await
        .expect(200);
    publish(&app, &employer, "Painter").await;
    assert!(tell_after(&app, 3 * MINUTE).await.is_empty());
    let user = app.login(&user.email).await;
    assert_eq!(lines(&user).await.len(), 2);
}

#[tokio::test]
async fn old_deliveries_are_forgotten_with_their_matches() {
    let app = TestApp::start().await;
    let (employer, user) = (app.employer().await, app.freelancer().await);
    alert(&user, json!({})).await;
    publish(&app, &employer, "Painter").await;
    tell_after(&app, 3 * MINUTE).await;
    let count = async || -> (i64, i64) {
        sqlx::query_as(
            "select (select count(*) from alert_deliveries), (select count(*) from alert_matches)",
        )
        .fetch_one(&app.db)
        .await
        .unwrap()
    };
    for (days, left) in [(170, 1), (11, 0)] {
        app.advance_time(days * 24 * HOUR).await;
        app.enqueue(&ForgetOldDeliveries {}).await;
        app.drain_tasks().await;
        assert_eq!(count().await, (left, left));
    }
}

#[tokio::test]
async fn the_link_of_an_alert_pauses_it_alone_and_what_is_queued_of_it() {
    let app = TestApp::start().await;
    let (employer, user) = (app.employer().await, app.freelancer().await);
    let one = alert(&user, json!({"name": "Brushes"})).await;
    let other = alert(&user, json!({"name": "Glass", "q": "glazier"})).await;
    publish(&app, &employer, "Painter").await;
    publish(&app, &employer, "Glazier").await;
    let mails = tell_after(&app, 3 * MINUTE).await;
    let links: Vec<_> = mails[0]
        .text
        .lines()
        .filter_map(|line| line.strip_prefix("Stop this alert: "))
        .map(|url| path_of(&app, url))
        .collect();
    let [stop_one, stop_other] = links.as_slice() else {
        panic!("a link for each: {}", mails[0].text);
    };
    assert_eq!(mails[0].html.matches(">Stop this alert<").count(), 2);
    let is_paused = async |id: Uuid| -> bool {
        sqlx::query_scalar("select is_paused from job_alerts where id = $1")
            .bind(id)
            .fetch_one(&app.db)
            .await
            .unwrap()
    };

    // Looking changes nothing.
    let anonymous = app.anonymous();
    let page = anonymous.get(stop_one).await.expect(200);
    assert!(page.text.contains("emails of this job alert"));
    assert!(!is_paused(one).await);

    // One is promised and not sent yet.
    publish(&app, &employer, "Painter again").await;
    app.advance_time(3 * MINUTE).await;
    let mut tx = app.db.begin().await.unwrap();
    let told = delivery::tell(&mut tx, user.user_id).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(told, Told::Told);
    for _ in 0..2 {
        one_click(&anonymous, stop_one).await.expect(200);
    }
    assert!(is_paused(one).await && !is_paused(other).await);
    assert!(tell_after(&app, Duration::ZERO).await.is_empty());
    publish(&app, &employer, "Painter").await;
    publish(&app, &employer, "Glazier again").await;
    let mails = tell_after(&app, 3 * MINUTE).await;
    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0].subject, "New job: Glazier again at Acme");

    // Of one that is gone too, and its owner can resume the other.
    let user = app.login(&user.email).await;
    let path = format!("/api/alerts/{other}/");
    user.delete(&path).await.expect(204);
    one_click(&anonymous, stop_other).await.expect(200);
    let path = format!("/api/alerts/{one}/");
    let resumed = user.patch(&path, json!({"is_paused": false})).await;
    assert_eq!(resumed.expect(200).json["is_paused"], false);
}
