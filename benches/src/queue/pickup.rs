//! From commit to handler start, where nothing else is to be done.

use std::{collections::HashMap, time::Duration};

use super::{contender::Contender, figures::percentile};
use crate::Result;

const WARM_UP: u64 = 10;

#[derive(Clone, Copy, Debug)]
pub(super) struct PickUp {
    pub(super) p50: f64,
    pub(super) p99: f64,
    pub(super) most: f64,
}

/// In milliseconds, of tasks enqueued one by one. `word` says how.
pub(super) async fn pick_up(
    contender: &Contender,
    word: &str,
    tasks: u64,
    pause: Duration,
) -> Result<PickUp> {
    let mut crew = contender.work(1, true)?;
    contender.single("single", WARM_UP, pause).await?;
    for _ in 0..WARM_UP {
        crew.next().await?;
    }
    let committed = contender.single(word, tasks, pause).await?;
    let mut started = HashMap::new();
    while started.len() < committed.len() {
        let (_, (number, at)) = crew.next().await?;
        started.insert(number, at);
    }
    crew.stop().await?;
    // A handler may start before the enqueuer hears of its own commit.
    let waits: Vec<_> = committed
        .iter()
        .filter_map(|(number, at)| Some(started.get(number)?.saturating_sub(*at) as f64 / 1e3))
        .collect();
    Ok(PickUp {
        p50: percentile(&waits, 0.5),
        p99: percentile(&waits, 0.99),
        most: percentile(&waits, 1.0),
    })
}
