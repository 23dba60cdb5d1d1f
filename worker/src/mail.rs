//! Sends the mails of the outbox.

use jobboard_shared::{
    applications::emails::move_facts,
    imports::emails::finished_facts,
    mail::{Email, Recipient, RenderError, Rendered, SendError, Template, render},
    notifications::{
        db::{self, EmailStatus, Ending, OutboxEmail},
        tasks::SendEmail,
    },
};
use sqlx::PgConnection;

use crate::{Context, Lease, TaskError, TaskResult};

/// Of the deliveries that may have happened unseen, so many are followed by
/// another: nobody gets one mail more than twice.
const DOUBTS: i16 = 1;

/// Sends one mail. `sending` is committed before the first word to the mail
/// server, so that whoever finds it later knows that the mail may be out.
pub async fn send(ctx: Context, task: SendEmail, lease: Lease) -> TaskResult {
    let mut conn = ctx.db.acquire().await?;
    let Some(email) = db::get(&mut conn, task.email_id).await? else {
        return Ok(());
    };
    let template: Template = email.template.parse().map_err(TaskError::retry)?;
    let doubts = match email.status {
        EmailStatus::Sent | EmailStatus::Dead => return Ok(()),
        EmailStatus::Pending => email.doubtful_deliveries,
        EmailStatus::Sending | EmailStatus::Unknown => email.doubtful_deliveries + 1,
    };
    if doubts > allowed_doubts(template) {
        let ending = Ending::Unknown("an earlier attempt was cut off".into());
        return finish(&mut conn, &email, email.attempts, &ending).await;
    }
    let composed = match compose(&mut conn, &ctx, &email, template).await {
        Ok(composed) => composed,
        Err(ComposeError::Database(error)) => return Err(error.into()),
        Err(ComposeError::Render(error)) => {
            let ending = Ending::Dead(error.to_string());
            finish(&mut conn, &email, email.attempts, &ending).await?;
            return Err(TaskError::give_up(error));
        }
    };
    let Some((address, content)) = composed else {
        let ending = Ending::Dead("the account or the event is gone".into());
        return finish(&mut conn, &email, email.attempts, &ending).await;
    };
    let Some(attempt) = db::start(&mut conn, &email).await? else {
        return Ok(());
    };
    // No connection is held while the mail server takes its time.
    drop(conn);
    let sent = ctx
        .mailer
        .send(&Email {
            id: email.id,
            site: &ctx.config.http.public_url,
            to: &address,
            content,
            date: ctx.clock.now(),
        })
        .await;
    let (ending, again) = judge(sent, &lease, doubts < allowed_doubts(template));
    let mut conn = ctx.db.acquire().await?;
    finish(&mut conn, &email, attempt, &ending).await?;
    again.map_or(Ok(()), |error| Err(TaskError::retry(error)))
}

fn allowed_doubts(template: Template) -> i16 {
    if template.repeats_when_unknown() {
        DOUBTS
    } else {
        0
    }
}

/// What becomes of the row, and the error with which the task is tried again.
fn judge(
    sent: Result<(), SendError>,
    lease: &Lease,
    may_repeat: bool,
) -> (Ending, Option<SendError>) {
    let last = lease.attempt >= lease.max_attempts;
    match sent {
        Ok(()) => (Ending::Sent, None),
        Err(error @ SendError::Permanent(_)) => (Ending::Dead(error.to_string()), None),
        Err(error @ SendError::Transient(_)) if last => {
            (Ending::Dead(error.to_string()), Some(error))
        }
        Err(error @ SendError::Transient(_)) => (Ending::Pending(error.to_string()), Some(error)),
        Err(error @ SendError::Unknown(_)) => (
            Ending::Unknown(error.to_string()),
            may_repeat.then_some(error),
        ),
    }
}

async fn finish(
    conn: &mut PgConnection,
    email: &OutboxEmail,
    attempt: i32,
    ending: &Ending,
) -> TaskResult {
    let ours = db::end(conn, email.id, attempt, ending).await?;
    match ending {
        Ending::Dead(error) | Ending::Unknown(error) if ours => {
            tracing::warn!(email_id = %email.id, template = %email.template, error, "mail not sent");
        }
        _ => {}
    }
    Ok(())
}

#[derive(Debug, thiserror::Error)]
enum ComposeError {
    #[error(transparent)]
    Database(#[from] jobboard_shared::Error),
    #[error(transparent)]
    Render(#[from] RenderError),
}

impl From<sqlx::Error> for ComposeError {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error.into())
    }
}

/// The address and the words; nothing when the account takes no mail or the
/// event is gone.
async fn compose(
    conn: &mut PgConnection,
    ctx: &Context,
    email: &OutboxEmail,
    template: Template,
) -> Result<Option<(String, Rendered)>, ComposeError> {
    let Some((address, recipient)) = db::address(conn, email.user_id).await? else {
        return Ok(None);
    };
    let content = words(conn, ctx, email, template, &recipient).await?;
    Ok(content.map(|content| (address, content)))
}

async fn words(
    conn: &mut PgConnection,
    ctx: &Context,
    email: &OutboxEmail,
    template: Template,
    recipient: &Recipient,
) -> Result<Option<Rendered>, ComposeError> {
    let site = &ctx.config.http.public_url;
    let rendered = match template {
        Template::ApplicationConfirmation
        | Template::ApplicationReceived
        | Template::ApplicationStatusChanged
        | Template::ApplicationWithdrawn
        | Template::OfferAccepted => move_facts(conn, email.event_id)
            .await?
            .map(|facts| render(template, site, recipient, &facts)),
        Template::ImportFinished => finished_facts(conn, email.event_id)
            .await?
            .map(|facts| render(template, site, recipient, &facts)),
    };
    Ok(rendered.transpose()?)
}
