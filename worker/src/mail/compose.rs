//! Where a mail goes and what it says.

use jobboard_shared::{
    alerts::emails::delivery_facts,
    applications::emails::move_facts,
    auth::{
        MailedTokenKey,
        emails::{former_address, token_facts},
    },
    imports::emails::finished_facts,
    jobs::emails::expired_facts,
    mail::{Recipient, RenderError, Rendered, Template, render},
    notifications::{
        Kind, Stop, UnsubscribeKey,
        db::{self, OutboxEmail},
        preferences,
    },
    summaries::emails::summary_facts,
    verification::emails::decision_facts,
    warnings::emails::dead_tasks_facts,
};
use serde::Serialize;
use sqlx::PgConnection;

use crate::Context;

/// What is to be sent, if anything.
pub(super) enum Composed {
    Ready {
        address: String,
        unsubscribe_url: Option<String>,
        content: Rendered,
    },
    /// The account takes no mail, or the event is gone.
    Gone,
    /// The address is known to be none.
    Suppressed,
    /// The account wants no such mails, by now.
    Unwanted,
}

#[derive(Debug, thiserror::Error)]
pub(super) enum ComposeError {
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

pub(super) async fn compose(
    conn: &mut PgConnection,
    ctx: &Context,
    email: &OutboxEmail,
    template: Template,
) -> Result<Composed, ComposeError> {
    let Some((address, mut recipient, suppressed)) = db::recipient(conn, email.user_id).await?
    else {
        return Ok(Composed::Gone);
    };
    let address = match template {
        // The account has another one by now: what is known of that says nothing.
        Template::EmailChanged => match former_address(conn, email.event_id).await? {
            Some(former) => former.as_str().to_owned(),
            None => return Ok(Composed::Gone),
        },
        _ if suppressed => return Ok(Composed::Suppressed),
        _ => address,
    };
    if let Some(kind) = Kind::of_mail(template) {
        if !preferences::wants_mail(conn, email.user_id, kind).await? {
            return Ok(Composed::Unwanted);
        }
        recipient.unsubscribe_url = Some(link(ctx, Stop::Mails(email.user_id, kind)));
    }
    let content = words(conn, ctx, email, template, &recipient).await?;
    Ok(content.map_or(Composed::Gone, |content| Composed::Ready {
        address,
        unsubscribe_url: recipient.unsubscribe_url,
        content,
    }))
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
        Template::JobExpired => expired_facts(conn, email.event_id)
            .await?
            .map(|facts| render(template, site, recipient, &facts)),
        Template::ImportFinished => finished_facts(conn, email.event_id)
            .await?
            .map(|facts| render(template, site, recipient, &facts)),
        Template::PasswordReset | Template::AccountCreated | Template::EmailVerification => {
            let key = MailedTokenKey::new(&ctx.config.auth.secret_key);
            token_facts(conn, &key, email.event_id)
                .await?
                .map(|facts| render(template, site, recipient, &facts))
        }
        Template::PasswordChanged | Template::EmailChanged => {
            Some(render(template, site, recipient, &NoFacts {}))
        }
        Template::JobAlert | Template::JobDigest => delivery_facts(conn, email.event_id)
            .await?
            .map(|facts| facts.with_links(|alert_id| link(ctx, Stop::Alert(alert_id))))
            .map(|facts| render(template, site, recipient, &facts)),
        Template::EmployerSummary => summary_facts(conn, email.event_id)
            .await?
            .map(|facts| render(template, site, recipient, &facts)),
        Template::DeadTasks => dead_tasks_facts(conn, email.event_id)
            .await?
            .map(|facts| render(template, site, recipient, &facts)),
        Template::VerificationDecided => decision_facts(conn, email.event_id)
            .await?
            .map(|facts| render(template, site, recipient, &facts)),
    };
    Ok(rendered.transpose()?)
}

/// Where it is stopped without signing in.
fn link(ctx: &Context, stop: Stop) -> String {
    UnsubscribeKey::new(&ctx.config.auth.secret_key).url(&ctx.config.http.public_url, stop)
}

/// Of mails whose words are always the same.
#[derive(Serialize)]
struct NoFacts {}
