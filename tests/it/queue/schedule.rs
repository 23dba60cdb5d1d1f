use std::time::Duration;

use chrono::{DateTime, Utc};
use jobboard_shared::queue::Task;
use jobboard_worker::runtime::{Missed, Registry, Schedule, tick};
use serde::{Deserialize, Serialize};

use super::{Queue, succeed};

#[derive(Serialize, Deserialize)]
struct Sweep {
    tick: DateTime<Utc>,
}

impl Task for Sweep {
    const KIND: &'static str = "test.sweep";
    const QUEUE: &'static str = "default";
}

const MINUTE: Duration = Duration::from_secs(60);

fn schedule(missed: Missed) -> Schedule {
    Schedule::default().every("sweep", MINUTE, missed, |tick| Sweep { tick })
}

impl Queue {
    async fn tick(&self, schedule: &Schedule) -> u64 {
        let mut conn = self.db.acquire().await.unwrap();
        tick(&mut conn, schedule).await.unwrap()
    }
}

#[tokio::test]
async fn a_tick_becomes_one_task_in_the_whole_fleet() {
    let queue = Queue::start().await;
    let (a, b) = (schedule(Missed::CatchUp), schedule(Missed::CatchUp));
    assert_eq!(queue.tick(&a).await, 0, "a new line starts now");
    for round in 1..=5 {
        queue.advance(MINUTE).await;
        let (x, y) = tokio::join!(queue.tick(&a), queue.tick(&b));
        assert_eq!(x + y, 1, "{round}");
        queue.drain(Registry::default().on::<Sweep>(succeed)).await;
        assert_eq!(queue.tick(&b).await, 0, "also after it ran");
    }
    assert_eq!(queue.finished().await, 5);
}

#[tokio::test]
async fn missed_ticks_are_made_good_or_skipped() {
    let queue = Queue::start().await;
    let catch_up = schedule(Missed::CatchUp);
    queue.tick(&catch_up).await;
    queue.advance(MINUTE * 10).await;
    assert_eq!(queue.tick(&catch_up).await, 10);
    queue.drain(Registry::default().on::<Sweep>(succeed)).await;

    let skip = schedule(Missed::Skip);
    queue.advance(MINUTE * 10).await;
    assert_eq!(queue.tick(&skip).await, 1);
    queue.advance(MINUTE).await;
    queue.tick(&skip).await;
    assert_eq!(
        queue.pending().await,
        1,
        "nothing piles up while one is pending"
    );
}

/// Ticks of a task with a key of its own merge as any enqueue of it does.
#[tokio::test]
async fn a_key_of_its_own_stands() {
    #[derive(Serialize, Deserialize)]
    struct Whole {}
    impl Task for Whole {
        const KIND: &'static str = "test.whole";
        const QUEUE: &'static str = "default";
        fn unique_key(&self) -> Option<String> {
            Some("all".to_owned())
        }
    }
    let queue = Queue::start().await;
    let schedule = Schedule::default().cron("whole", "* * * * *", Missed::CatchUp, |_| Whole {});
    queue.tick(&schedule).await;
    let id = queue.enqueue(&Whole {}).await;
    queue.advance(MINUTE * 10).await;
    queue.tick(&schedule).await;
    assert_eq!(queue.pending().await, 1);
    assert_eq!(queue.lease(1).await[0].key.id, id);
}

#[tokio::test]
async fn a_line_whose_task_is_held_keeps_no_other_from_its_ticks() {
    let queue = Queue::start().await;
    let schedule = ["a", "b", "c", "d"]
        .into_iter()
        .fold(Schedule::default(), |schedule, name| {
            schedule.every(name, MINUTE, Missed::Skip, |tick| Sweep { tick })
        });
    queue.tick(&schedule).await;
    queue.advance(MINUTE).await;
    assert_eq!(queue.tick(&schedule).await, 4);
    let mut holder = queue.db.begin().await.unwrap();
    sqlx::query("select from tasks where unique_key = 'schedule b' for update")
        .execute(&mut *holder)
        .await
        .unwrap();
    queue.advance(MINUTE).await;
    let mut conn = queue.db.acquire().await.unwrap();
    sqlx::raw_sql("set lock_timeout = '50ms'")
        .execute(&mut *conn)
        .await
        .unwrap();
    assert_eq!(tick(&mut conn, &schedule).await.unwrap(), 3);
    drop(holder);
    assert_eq!(tick(&mut conn, &schedule).await.unwrap(), 1);
    assert_eq!(queue.pending().await, 4, "each merged into the last");
}
