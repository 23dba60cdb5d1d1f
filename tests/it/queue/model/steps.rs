//! What happens in a history.

use std::time::Duration;

use jobboard_shared::queue::{Again, DeathReason, LeasedTask, Settlement};
use proptest::prelude::*;

#[derive(Clone, Copy, Debug)]
pub(super) enum How {
    Done,
    Fail,
    Snooze,
    Release,
    GiveUp,
    Cancelled,
}

#[derive(Clone, Debug)]
pub(super) enum Step {
    Enqueue {
        key: Option<u8>,
        delay: u8,
    },
    /// In the batch of the history.
    EnqueueMember {
        key: Option<u8>,
    },
    Lease {
        limit: usize,
    },
    LeaseSuspect,
    /// One of all leases ever taken, so most often one that is lost.
    Settle {
        lease: prop::sample::Index,
        how: How,
    },
    Advance {
        seconds: u8,
    },
    Rescue,
    Heartbeat,
    Cancel {
        task: prop::sample::Index,
    },
    Pause(bool),
    MaxRunning(Option<u8>),
    Retry {
        task: prop::sample::Index,
    },
}

pub(super) fn step() -> impl Strategy<Value = Step> {
    let how = prop_oneof![
        3 => Just(How::Done),
        4 => Just(How::Fail),
        2 => Just(How::Snooze),
        2 => Just(How::Release),
        1 => Just(How::GiveUp),
        1 => Just(How::Cancelled),
    ];
    prop_oneof![
        6 => (prop::option::weighted(0.7, 0_u8..2), prop_oneof![Just(0_u8), Just(10)])
            .prop_map(|(key, delay)| Step::Enqueue { key, delay }),
        3 => prop::option::of(0_u8..2).prop_map(|key| Step::EnqueueMember { key }),
        6 => (1_usize..3).prop_map(|limit| Step::Lease { limit }),
        2 => Just(Step::LeaseSuspect),
        8 => (any::<prop::sample::Index>(), how)
            .prop_map(|(lease, how)| Step::Settle { lease, how }),
        4 => (1_u8..45).prop_map(|seconds| Step::Advance { seconds }),
        3 => Just(Step::Rescue),
        2 => Just(Step::Heartbeat),
        2 => any::<prop::sample::Index>().prop_map(|task| Step::Cancel { task }),
        1 => any::<bool>().prop_map(Step::Pause),
        1 => prop::option::of(1_u8..3).prop_map(Step::MaxRunning),
        1 => any::<prop::sample::Index>().prop_map(|task| Step::Retry { task }),
    ]
}

pub(super) fn settlement(how: How, lease: &LeasedTask) -> Settlement {
    let again = |why| Settlement::Again {
        delay: Duration::from_secs(3),
        why,
    };
    let error = "failed".to_owned();
    match how {
        How::Done => Settlement::Done,
        How::Fail if lease.is_last_attempt() => Settlement::Dead {
            reason: DeathReason::Attempts,
            error,
        },
        How::Fail => again(Again::Failed { error }),
        How::Snooze => again(Again::Snoozed),
        How::Release => again(Again::Released),
        How::GiveUp => Settlement::Dead {
            reason: DeathReason::GaveUp,
            error,
        },
        How::Cancelled => Settlement::Cancelled,
    }
}
