//! What runs when.

use std::time::Duration;

use jobboard_shared::{
    alerts::tasks::{DeliverDue, ForgetOldDeliveries, ReadAnew},
    analytics::tasks::RollUp,
    auth::tasks::DeleteExpiredSessions,
    idempotency::tasks::DeleteExpiredKeys,
    imports::tasks::PurgeImports,
    jobs::tasks::{CloseExpired, ForgetAddresses, PublishDue},
    notifications::tasks::{ForgetOldMails, ForgetOldNotifications, SweepOutbox},
    queue::tasks::Upkeep,
    recommendations::tasks::{Plan, PruneExpired},
    search::tasks::{
        BuildVocabulary, CheckDocuments, ForgetSearches, RebuildOutdated, RemoveExpired,
    },
    summaries::tasks::PromiseSummaries,
    trending::tasks::{ApplySignals, Decay},
    warnings::tasks::WarnOfDeadTasks,
};

use crate::runtime::{Missed, Schedule};

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);

/// Every line of the schedule:
/// `.every("trending.decay", Duration::from_secs(900), Missed::Skip, |_| DecayScores {})` or
/// `.cron("alerts.digest", "0 6 * * *", Missed::CatchUp, |tick| SendDigests { day: tick.date_naive() })`.
/// Names are stable: they remember the last tick. Times are UTC.
pub fn schedule() -> Schedule {
    Schedule::default()
        .every("queue.upkeep", 60 * MINUTE, Missed::Skip, |_| Upkeep {})
        .every("search.remove_expired", MINUTE, Missed::Skip, |_| {
            RemoveExpired {}
        })
        .every("search.build_vocabulary", 2 * MINUTE, Missed::Skip, |_| {
            BuildVocabulary::if_due()
        })
        .cron("search.forget_searches", "20 1 * * *", Missed::Skip, |_| {
            ForgetSearches {}
        })
        .cron("search.check_documents", "40 2 * * *", Missed::Skip, |_| {
            CheckDocuments::default()
        })
        .every("search.rebuild_outdated", MINUTE, Missed::Skip, |_| {
            RebuildOutdated {}
        })
        .every("jobs.publish_due", MINUTE, Missed::Skip, |_| PublishDue {})
        .every("jobs.close_expired", MINUTE, Missed::Skip, |_| {
            CloseExpired {}
        })
        .every("jobs.forget_addresses", 5 * MINUTE, Missed::Skip, |_| {
            ForgetAddresses {}
        })
        .every("trending.apply_signals", 15 * SECOND, Missed::Skip, |_| {
            ApplySignals {}
        })
        .every("trending.decay", 60 * MINUTE, Missed::Skip, |_| {
            Decay::default()
        })
        .every("alerts.deliver_due", 15 * SECOND, Missed::Skip, |_| {
            DeliverDue {}
        })
        .every("alerts.read_outdated", MINUTE, Missed::Skip, |_| {
            ReadAnew::outdated()
        })
        .cron("alerts.forget_old", "50 1 * * *", Missed::Skip, |_| {
            ForgetOldDeliveries {}
        })
        // On Mondays, hours after the last day of the week is rolled up.
        .cron("summaries.promise", "30 6 * * 1", Missed::Skip, |tick| {
            PromiseSummaries::at(tick)
        })
        .every("warnings.dead_tasks", 5 * MINUTE, Missed::Skip, |_| {
            WarnOfDeadTasks {}
        })
        .every("mail.sweep", 5 * MINUTE, Missed::Skip, |_| SweepOutbox {})
        .every("mail.forget_old", 60 * MINUTE, Missed::Skip, |_| {
            ForgetOldMails {}
        })
        .every(
            "notifications.forget_old",
            60 * MINUTE,
            Missed::Skip,
            |_| ForgetOldNotifications {},
        )
        .every("imports.purge", 60 * MINUTE, Missed::Skip, |_| {
            PurgeImports {}
        })
        // Days are those of UTC: a few minutes after the end of one.
        .cron("analytics.roll_up", "5 0 * * *", Missed::CatchUp, |_| {
            RollUp {}
        })
        .cron("recommendations.plan", "10 3 * * *", Missed::Skip, |_| {
            Plan::default()
        })
        .every(
            "recommendations.plan_if_stale",
            10 * MINUTE,
            Missed::Skip,
            |_| Plan::if_stale(),
        )
        .every(
            "recommendations.prune_expired",
            60 * MINUTE,
            Missed::Skip,
            |_| PruneExpired {},
        )
        .every(
            "auth.delete_expired_sessions",
            60 * MINUTE,
            Missed::Skip,
            |_| DeleteExpiredSessions {},
        )
        .every(
            "idempotency.delete_expired",
            10 * MINUTE,
            Missed::Skip,
            |_| DeleteExpiredKeys {},
        )
}
