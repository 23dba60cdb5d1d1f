//! A worker whose clock is wrong by five minutes: time is the database's.

use std::{path::PathBuf, process::Command, sync::OnceLock};

use super::{
    Site,
    worker::{Gated, Prompt},
};

/// The variables that shift the clock of a process, through a library of our own
/// that stands before the C library's. The compiler is the one that Rust links
/// with.
pub(super) fn shifted(seconds: i64) -> [(&'static str, String); 2] {
    static LIBRARY: OnceLock<(tempfile::TempDir, PathBuf)> = OnceLock::new();
    let (_, library) = LIBRARY.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let library = folder.path().join("shifted_clock.so");
        let built = Command::new("cc")
            .args(["-shared", "-fPIC", "-O1", "-o"])
            .arg(&library)
            .arg(concat!(
                env!("CARGO_MANIFEST_DIR"),
                "/tests/it/faults/shifted_clock.c"
            ))
            .status()
            .unwrap();
        assert!(built.success());
        (folder, library)
    });
    [
        ("LD_PRELOAD", library.display().to_string()),
        ("SHIFTED_CLOCK", seconds.to_string()),
    ]
}

/// Two workers, one of them wrong: the one neither takes nor keeps what the
/// other would not.
async fn leases_deadlines_and_schedule_stay_right(shift: i64) {
    let mut site = Site::start().await;
    let right = site.worker();
    site.settled.clock_shift = shift;
    site.settled.keeps_schedule = true;
    site.enqueue(&[Prompt { n: 0 }]).await;
    site.until("the right one is busy", "select count(*) = 1 from effects")
        .await;
    right.stop().await;

    site.enqueue(&[Gated { n: 1 }]).await;
    site.enqueue(&[Prompt { n: 2 }, Prompt { n: 3 }, Prompt { n: 4 }])
        .await;
    // One is due in a minute, one too late by a minute.
    site.run(
        "update tasks set run_at = app_now() + interval '1 minute' where args = '{\"n\": 3}';
         update tasks set deadline = app_now() - interval '1 minute' where args = '{\"n\": 4}'",
    )
    .await;
    let wrong = site.worker();
    site.until("its clock is wrong", "select count(*) = 3 from runs")
        .await;
    assert_eq!(
        site.count(
            "select round(extract(epoch from worker_clock - at) / 10)::bigint from runs where n = 1"
        )
        .await,
        shift / 10
    );
    site.settled.clock_shift = 0;
    site.settled.keeps_schedule = false;
    let right = site.worker();
    site.run("create table leased as select lease_until from tasks where lease_until is not null")
        .await;
    site.until(
        "the lease was renewed past its first end, by the database's time",
        "select app_now() > (select min(lease_until) from leased) + interval '1 second'",
    )
    .await;
    let fair = "select count(*) from tasks where kind = 'faults.gated' and fence = 1
                and lease_until between app_now() and app_now() + interval '2 seconds'";
    assert_eq!(site.count(fair).await, 1);
    site.open(1).await;
    site.until("it has ended", "select count(*) = 3 from effects")
        .await;
    site.until("it has ticked", "select count(*) >= 3 from ticks")
        .await;
    wrong.stop().await;
    right.stop().await;

    let early = "select count(*) from tasks where args = '{\"n\": 3}' and attempt = 0";
    assert_eq!(site.count(early).await, 1);
    let late = "select count(*) from dead_tasks where reason = 'deadline' and args = '{\"n\": 4}'";
    assert_eq!(site.count(late).await, 1);
    let again = "select count(*) from finished_tasks where attempt > 1";
    assert_eq!(site.count(again).await, 0);
    let off = "select count(*) from finished_tasks where kind = 'faults.tick'
               and abs((args ->> 'tick')::bigint - extract(epoch from enqueued_at)) > 5";
    assert_eq!(site.count(off).await, 0);
    let doubled = "select count(*) - count(distinct tick) from ticks";
    assert_eq!(site.count(doubled).await, 0);
}

#[tokio::test]
async fn a_worker_five_minutes_ahead_changes_nothing() {
    leases_deadlines_and_schedule_stay_right(300).await;
}

#[tokio::test]
async fn a_worker_five_minutes_behind_changes_nothing() {
    leases_deadlines_and_schedule_stay_right(-300).await;
}
