//! Keeping what must never end from ending.

use std::time::Duration;

use tokio_util::{sync::CancellationToken, task::AbortOnDropHandle};

const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// Runs `work` as a task of its own, again and ever slower if it panics or
/// ends, until `closing` is cancelled and `work` has heeded it.
pub(crate) async fn supervise<F, Fut>(name: &str, closing: &CancellationToken, work: F)
where
    F: Fn() -> Fut,
    Fut: Future<Output = ()> + Send + 'static,
{
    let mut pause = FIRST_PAUSE;
    loop {
        let result = AbortOnDropHandle::new(tokio::spawn(work())).await;
        if closing.is_cancelled() {
            return;
        }
        match result {
            Ok(()) => tracing::error!(name, ?pause, "ended unasked, starting again"),
            Err(error) => tracing::error!(name, %error, ?pause, "failed, starting again"),
        }
        tokio::select! {
            () = closing.cancelled() => return,
            () = tokio::time::sleep(pause) => {}
        }
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}
