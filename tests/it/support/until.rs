//! Waiting for what another task, process or server does.

use std::time::{Duration, Instant};

/// Far above what anything takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);
const RHYTHM: Duration = Duration::from_millis(10);

/// Looks until it holds.
///
/// # Panics
///
/// With `what`, where it does not in a minute.
pub(crate) async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let began = Instant::now();
    while !holds().await {
        assert!(began.elapsed() < PATIENCE, "waited in vain until {what}");
        tokio::time::sleep(RHYTHM).await;
    }
}
