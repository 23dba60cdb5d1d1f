//! What a handler tells of the answer that it makes, for how long it holds.

use std::cell::RefCell;

use chrono::{DateTime, Utc};
use jobboard_shared::{cache::Topic, jobs::JobSummary};

#[derive(Debug, Default)]
pub(super) struct Facts {
    pub(super) topics: Vec<Topic>,
    /// When time alone changes the answer.
    pub(super) until: Option<DateTime<Utc>>,
}

tokio::task_local! {
    static FACTS: RefCell<Facts>;
}

/// Does the work and collects what it tells.
pub(super) async fn collect<T>(work: impl Future<Output = T>) -> (T, Facts) {
    FACTS
        .scope(RefCell::default(), async {
            let done = work.await;
            (done, FACTS.with(RefCell::take))
        })
        .await
}

/// The answer shows these jobs: their counters, until the first of them expires.
pub(crate) fn shows<'a>(jobs: impl IntoIterator<Item = &'a JobSummary>) {
    tell(|facts| {
        for job in jobs {
            facts.topics.push(Topic::JobCounters(job.id));
            end(facts, job.expires_at);
        }
    });
}

/// The answer holds until then at the longest.
pub(crate) fn holds_until(time: Option<DateTime<Utc>>) {
    tell(|facts| end(facts, time));
}

fn end(facts: &mut Facts, time: Option<DateTime<Utc>>) {
    facts.until = facts.until.into_iter().chain(time).min();
}

fn tell(work: impl FnOnce(&mut Facts)) {
    // Nobody collects where the answer is not kept.
    let _ = FACTS.try_with(|facts| work(&mut facts.borrow_mut()));
}
