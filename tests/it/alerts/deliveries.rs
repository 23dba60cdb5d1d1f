//! What is told of matches, and when.

use std::time::Duration;

use chrono::{DateTime, Utc};
use jobboard_shared::alerts::tasks::{Deliver, DeliverDue, ForgetOldDeliveries};
use serde_json::json;
use uuid::Uuid;

use super::{alert, publish};
use crate::{
    notifications::lines,
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

async fn set_time(app: &TestApp, at: &str) {
    let ahead: f64 =
        sqlx::query_scalar("select extract(epoch from $1::timestamptz - app_now())::float8")
            .bind(at)
            .fetch_one(&app.db)
            .await
            .unwrap();
    app.advance_time(Duration::from_secs_f64(ahead)).await;
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
    assert!(mail.raw.contains("List-Unsubscribe-Post"));
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
    set_time(&app, "2027-03-26T12:00:00Z").await;
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
            "1 new job for you: Painter 0",
        ),
        (
            Some("Painter 1"),
            daily,
            "2027-03-28T05:59:59Z",
            "2027-03-28T06:00:00+00:00",
            "1 new job for you: Painter 1",
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
            "1 new job for you: Painter 2",
        ),
    ] {
        if let Some(title) = new {
            publish(&app, &employer, title).await;
        }
        assert_eq!(next_at(&app, alert_id).await.as_deref(), Some(due));
        set_time(&app, early).await;
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
    let mut words = mails[0].text.split_whitespace();
    let link = words
        .find_map(|word| word.split_once("/unsubscribe/"))
        .unwrap()
        .1;
    let path = format!("/unsubscribe/{link}");
    app.anonymous().post(&path, json!({})).await.expect(200);
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
