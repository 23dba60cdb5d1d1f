//! When an alert is told, on the clocks of the world.

use crate::support::TestApp;

#[tokio::test]
async fn the_next_delivery_is_at_the_hour_of_the_zone() {
    let app = TestApp::start().await;
    for (frequency, zone, hour, weekday, now, next) in [
        // Berlin has no 2 o'clock on 28 March 2027, and two of them on 31 October.
        (
            "daily",
            "Europe/Berlin",
            2,
            1,
            "2027-03-28 00:30Z",
            "2027-03-28 01:00Z",
        ),
        (
            "daily",
            "Europe/Berlin",
            2,
            1,
            "2027-03-28 01:00Z",
            "2027-03-29 00:00Z",
        ),
        (
            "daily",
            "Europe/Berlin",
            2,
            1,
            "2027-10-30 23:30Z",
            "2027-10-31 01:00Z",
        ),
        (
            "daily",
            "Europe/Berlin",
            2,
            1,
            "2027-10-31 00:30Z",
            "2027-10-31 01:00Z",
        ),
        (
            "daily",
            "Europe/Berlin",
            2,
            1,
            "2027-10-31 01:00Z",
            "2027-11-01 01:00Z",
        ),
        (
            "daily",
            "Europe/Berlin",
            8,
            1,
            "2027-10-30 08:00Z",
            "2027-10-31 07:00Z",
        ),
        // A day of its own on the other side of the world.
        (
            "daily",
            "Pacific/Auckland",
            0,
            1,
            "2027-06-30 11:59Z",
            "2027-06-30 12:00Z",
        ),
        (
            "weekly",
            "Pacific/Auckland",
            7,
            1,
            "2027-06-27 18:00Z",
            "2027-06-27 19:00Z",
        ),
        (
            "weekly",
            "Pacific/Auckland",
            7,
            1,
            "2027-06-27 19:00Z",
            "2027-07-04 19:00Z",
        ),
        (
            "weekly",
            "America/New_York",
            18,
            7,
            "2027-11-01 00:00Z",
            "2027-11-07 23:00Z",
        ),
        (
            "weekly",
            "Asia/Kolkata",
            9,
            3,
            "2027-01-06 03:29Z",
            "2027-01-06 03:30Z",
        ),
        // A zone that a newer list has dropped.
        (
            "daily",
            "Europe/Atlantis",
            8,
            1,
            "2027-01-06 09:00Z",
            "2027-01-07 08:00Z",
        ),
        (
            "instant",
            "Europe/Berlin",
            8,
            1,
            "2027-01-06 09:00Z",
            "2027-01-06 09:02Z",
        ),
    ] {
        let is_then: bool = sqlx::query_scalar(
            "select next_alert_delivery($1::alert_frequency, $2, $3::smallint, $4::smallint, $5::timestamptz) = $6::timestamptz",
        )
        .bind(frequency)
        .bind(zone)
        .bind(hour)
        .bind(weekday)
        .bind(now)
        .bind(next)
        .fetch_one(&app.db)
        .await
        .unwrap();
        assert!(
            is_then,
            "{frequency} at {hour} in {zone} after {now}: {next}"
        );
    }
}
