//! Which handler runs which kind of task.

use jobboard_shared::{
    alerts::tasks::{Deliver, DeliverDue, ForgetOldDeliveries, MatchJob, ReadAnew},
    analytics::tasks::RollUp,
    auth::tasks::{DeleteExpiredSessions, SendPasswordReset},
    idempotency::tasks::DeleteExpiredKeys,
    imports::tasks::{ContinueImport, EndImport, PurgeImports},
    jobs::tasks::{CloseExpired, ForgetAddresses, PublishDue},
    messages::tasks::MailUnread,
    notifications::tasks::{ForgetOldMails, ForgetOldNotifications, SendEmail, SweepOutbox},
    queue::tasks::Upkeep,
    recommendations::tasks::{JobBlock, Plan, PruneExpired, RefreshUser, UserBlock},
    search::tasks::{
        BuildVocabulary, CheckDocuments, ForgetSearches, RebuildOutdated, RecheckJobs, RefreshJobs,
        RefreshScope, RemoveExpired,
    },
    summaries::tasks::PromiseSummaries,
    trending::tasks::{ApplySignals, Decay},
    warnings::tasks::WarnOfDeadTasks,
};

use crate::{
    alerts, analytics, auth, idempotency, imports, jobs, mail, messages, notifications,
    recommendations, runtime::Registry, search, summaries, trending, upkeep, warnings,
};

/// Every kind of task. One line each: `.on::<RefreshJobs>(search::refresh_jobs)`.
pub fn registry() -> Registry {
    Registry::default()
        .on::<Upkeep>(upkeep::upkeep)
        .on::<SendEmail>(mail::send)
        .on::<SweepOutbox>(mail::sweep)
        .on::<ForgetOldMails>(mail::forget_old)
        .on::<ForgetOldNotifications>(notifications::forget_old)
        .on::<MailUnread>(messages::mail_unread)
        .on::<PublishDue>(jobs::publish_due)
        .on::<CloseExpired>(jobs::close_expired)
        .on::<ForgetAddresses>(jobs::forget_addresses)
        .on::<ContinueImport>(imports::continue_import)
        .on::<EndImport>(imports::end_import)
        .on::<PurgeImports>(imports::purge)
        .on::<RefreshJobs>(search::refresh_jobs)
        .on::<RefreshScope>(search::refresh_scope)
        .on::<RemoveExpired>(search::remove_expired)
        .on::<CheckDocuments>(search::check_documents)
        .on::<ForgetSearches>(search::forget_searches)
        .on::<BuildVocabulary>(search::build_vocabulary)
        .on::<RebuildOutdated>(search::rebuild_outdated)
        .on::<RecheckJobs>(search::recheck_jobs)
        .on::<MatchJob>(alerts::match_job)
        .on::<ReadAnew>(alerts::read_anew)
        .on::<DeliverDue>(alerts::deliver_due)
        .on::<Deliver>(alerts::deliver)
        .on::<ForgetOldDeliveries>(alerts::forget_old)
        .on::<PromiseSummaries>(summaries::promise)
        .on::<WarnOfDeadTasks>(warnings::warn_of_dead_tasks)
        .on::<Plan>(recommendations::plan)
        .on::<UserBlock>(recommendations::user_block)
        .on::<JobBlock>(recommendations::job_block)
        .on::<RefreshUser>(recommendations::refresh_user)
        .on::<PruneExpired>(recommendations::prune_expired)
        .on::<ApplySignals>(trending::apply_signals)
        .on::<Decay>(trending::decay)
        .on::<RollUp>(analytics::roll_up)
        .on::<SendPasswordReset>(auth::send_password_reset)
        .on::<DeleteExpiredSessions>(auth::delete_expired_sessions)
        .on::<DeleteExpiredKeys>(idempotency::delete_expired)
}
