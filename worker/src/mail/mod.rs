//! Sends the mails of the outbox.

mod compose;
mod gauges;

use std::time::{Duration, Instant};

use jobboard_shared::{
    database::is_refusal,
    mail::{Email, SendError, Template},
    notifications::{
        self,
        db::{self, DeadReason, EmailStatus, Ending, OutboxEmail},
        tasks::{ForgetOldMails, SendEmail, SweepOutbox},
    },
};
use sqlx::Connection;

use crate::{Context, Lease, TaskError, TaskResult};
pub(crate) use gauges::start_counting;

use compose::{ComposeError, Composed, compose};

/// Of the deliveries that may have happened unseen, so many are followed by
/// another: nobody gets one mail more than twice.
const DOUBTS: i16 = 1;

/// How long a mail server's answer waits for a database that is away. Forgetting
/// it would mean another delivery.
const REMEMBER_FOR: Duration = Duration::from_secs(60);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// Sends one mail. `sending` is committed when the server has accepted the
/// recipient and before the first word of the content, so that whoever finds it
/// later knows that the mail may be out, and that any other may not be. No
/// connection to the database is held while the mail server takes its time.
pub async fn send(ctx: Context, task: SendEmail, lease: Lease) -> TaskResult {
    let mut conn = ctx.db.acquire().await?;
    let Some(email) = db::get(&mut conn, task.email_id, lease.id).await? else {
        return Ok(());
    };
    let template: Template = email.template.parse().map_err(TaskError::retry)?;
    let attempt = Attempt {
        ctx: &ctx,
        lease: &lease,
        email: &email,
    };
    let doubts = match standing(&email, template) {
        Standing::Settled => return Ok(()),
        Standing::ToTry { doubts } => doubts,
        Standing::TooDoubtful if email.status == EmailStatus::Sending => {
            let ending = Ending::Unknown("an earlier attempt was cut off".into());
            drop(conn);
            return attempt.end(Stage::NotAsked, &ending).await;
        }
        Standing::TooDoubtful => {
            let error = "the mail may have arrived: have the mail sent again, not its task";
            return Err(TaskError::give_up(error));
        }
    };
    let composed = compose(&mut conn, &ctx, &email, template).await;
    drop(conn);
    let (address, sender_name, unsubscribe_url, content) = match composed {
        Ok(Composed::Ready {
            address,
            sender_name,
            unsubscribe_url,
            content,
        }) => (address, sender_name, unsubscribe_url, content),
        Ok(Composed::Gone) => {
            let ending = Ending::Dead(DeadReason::Gone, "the account or the event is gone".into());
            return attempt.end(Stage::NotAsked, &ending).await;
        }
        Ok(Composed::Unneeded(why)) => {
            let ending = Ending::Skipped(why.into());
            return attempt.end(Stage::NotAsked, &ending).await;
        }
        Err(ComposeError::Database(error)) => return Err(error.into()),
        Err(ComposeError::Render(error)) => {
            let ending = Ending::Dead(DeadReason::Unrenderable, error.to_string());
            attempt.end(Stage::NotAsked, &ending).await?;
            return Err(TaskError::give_up(error));
        }
    };
    let mail = Email {
        id: email.id,
        site: &ctx.config.http.public_url,
        to: &address,
        sender_name: sender_name.as_deref(),
        unsubscribe_url: unsubscribe_url.as_deref(),
        content,
        date: ctx.clock.now(),
    };
    let prepared = match ctx.mailer.prepare(&mail).await {
        Ok(prepared) => prepared,
        Err(error) => {
            let reply = error.to_string();
            let stage = match error {
                SendError::NoMailbox(_) => Stage::NoMailbox {
                    address: &address,
                    reply: &reply,
                },
                _ => Stage::Asked,
            };
            let (ending, again) = attempt.judge(Err(error), false);
            attempt.end(stage, &ending).await?;
            return again.map_or(Ok(()), |error| Err(TaskError::retry(error)));
        }
    };
    let Some(number) = attempt.start().await? else {
        return Ok(());
    };
    let sent = prepared.deliver().await;
    let (ending, again) = attempt.judge(sent, doubts < allowed_doubts(template));
    attempt.end(Stage::Started(number), &ending).await?;
    again.map_or(Ok(()), |error| Err(TaskError::retry(error)))
}

/// Gives up mails whose tasks have died or were ended by an operator.
pub(crate) async fn sweep(ctx: Context, _: SweepOutbox, _: Lease) -> TaskResult {
    let mut conn = ctx.db.acquire().await?;
    for mail in notifications::sweep(&mut conn).await? {
        let status = mail.status.name();
        tracing::warn!(email_id = %mail.id, status, "mail not sent: its task is gone");
    }
    Ok(())
}

/// As long as dead tasks are kept.
const KEEP_MAILS: Duration = Duration::from_secs(90 * 24 * 3600);
const FORGOTTEN_AT_ONCE: i64 = 10_000;

pub(crate) async fn forget_old(ctx: Context, _: ForgetOldMails, _: Lease) -> TaskResult {
    let mut conn = ctx.db.acquire().await?;
    let forgotten = db::forget_old(&mut conn, KEEP_MAILS, FORGOTTEN_AT_ONCE).await?;
    let reports = db::forget_old_reports(&mut conn, KEEP_MAILS, FORGOTTEN_AT_ONCE).await?;
    tracing::debug!(forgotten, reports, "old mails forgotten");
    Ok(())
}

/// What a run may do with the row it finds.
enum Standing {
    /// Nothing: it has ended, or is another task's.
    Settled,
    ToTry {
        /// Deliveries in doubt, with the one that this row's state means.
        doubts: i16,
    },
    TooDoubtful,
}

fn standing(email: &OutboxEmail, template: Template) -> Standing {
    let brought_back = email.dead_reason.is_some_and(DeadReason::is_of_task);
    let doubts = match email.status {
        _ if email.is_of_another_task => return Standing::Settled,
        EmailStatus::Sent | EmailStatus::Skipped => return Standing::Settled,
        EmailStatus::Dead if !brought_back => return Standing::Settled,
        EmailStatus::Pending | EmailStatus::Dead => email.doubtful_deliveries,
        EmailStatus::Sending | EmailStatus::Unknown => email.doubtful_deliveries + 1,
    };
    if doubts > allowed_doubts(template) {
        Standing::TooDoubtful
    } else {
        Standing::ToTry { doubts }
    }
}

fn allowed_doubts(template: Template) -> i16 {
    if template.repeats_when_unknown() {
        DOUBTS
    } else {
        0
    }
}

struct Attempt<'a> {
    ctx: &'a Context,
    lease: &'a Lease,
    email: &'a OutboxEmail,
}

impl Attempt<'_> {
    /// What becomes of the row, and the error with which the task is tried again.
    fn judge(&self, sent: Result<(), SendError>, may_repeat: bool) -> (Ending, Option<SendError>) {
        let last = self.lease.attempt >= self.lease.max_attempts;
        let Err(error) = sent else {
            return (Ending::Sent, None);
        };
        let text = error.to_string();
        match error {
            SendError::NoMailbox(_) => (Ending::Dead(DeadReason::NoMailbox, text), None),
            SendError::Permanent(_) => (Ending::Dead(DeadReason::Refused, text), None),
            SendError::Transient(_) if last => {
                (Ending::Dead(DeadReason::Attempts, text), Some(error))
            }
            SendError::Transient(_) => (Ending::Pending(text), Some(error)),
            SendError::Unknown(_) => (Ending::Unknown(text), may_repeat.then_some(error)),
        }
    }

    /// The number of the attempt whose content goes out now; `None` where another
    /// run has come further. Fails where the lease is lost: the run that has it
    /// would end the task while this one's mail is still on its way.
    async fn start(&self) -> Result<Option<i32>, TaskError> {
        let mut tx = self.ctx.db.begin().await?;
        self.lease.hold(&mut tx).await?;
        let number = db::start(&mut tx, self.email, self.lease.id).await?;
        tx.commit().await?;
        Ok(number)
    }

    /// Writes an ending down, for a while also while the database is away.
    async fn end(&self, stage: Stage<'_>, ending: &Ending) -> TaskResult {
        let began = Instant::now();
        let mut pause = Duration::from_millis(100);
        let ours = loop {
            match self.write(stage, ending).await {
                Ok(ours) => break ours,
                Err(error) if is_refusal(&error) || began.elapsed() > REMEMBER_FOR => {
                    return Err(error.into());
                }
                Err(error) => {
                    tracing::warn!(email_id = %self.email.id, %error, "cannot note the end of a mail yet");
                }
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        };
        if let (true, Ending::Dead(_, error) | Ending::Unknown(error)) = (ours, ending) {
            let (id, template) = (self.email.id, &self.email.template);
            tracing::warn!(email_id = %id, template, error, "mail not sent");
        }
        Ok(())
    }

    async fn write(&self, stage: Stage<'_>, ending: &Ending) -> Result<bool, sqlx::Error> {
        let mut conn = self.ctx.db.acquire().await?;
        let (email, task) = (self.email, self.lease.id);
        match stage {
            Stage::NotAsked => db::end_unstarted(&mut conn, email, task, false, ending).await,
            Stage::Asked => db::end_unstarted(&mut conn, email, task, true, ending).await,
            Stage::NoMailbox { address, reply } => {
                let mut tx = conn.begin().await?;
                let ours = db::end_unstarted(&mut tx, email, task, true, ending).await?;
                db::suppress(&mut tx, email.user_id, address, email.id, reply).await?;
                tx.commit().await?;
                Ok(ours)
            }
            Stage::Started(number) => db::end(&mut conn, email.id, number, ending).await,
        }
    }
}

/// How far an attempt came.
#[derive(Clone, Copy)]
enum Stage<'a> {
    NotAsked,
    /// The mail server was asked to take the mail, and did not get its content.
    Asked,
    /// Asked, and nothing may go to this address from now on.
    NoMailbox {
        address: &'a str,
        reply: &'a str,
    },
    /// The content went out, in the attempt of this number.
    Started(i32),
}
