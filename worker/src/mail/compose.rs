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
    mail::{Brand, Frame, Recipient, RenderError, Rendered, Template, Templates},
    messages::emails::unread_facts,
    notifications::{
        Kind, Stop, UnsubscribeKey,
        db::{self, OutboxEmail},
        preferences,
    },
    settings,
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
        sender_name: Option<String>,
        unsubscribe_url: Option<String>,
        content: Rendered,
    },
    /// The account takes no mail, or the event is gone.
    Gone,
    /// Why nobody needs it any more: unsubscribed from, read meanwhile, or to an address
    /// that is none.
    Unneeded(&'static str),
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
        _ if suppressed => return Ok(Composed::Unneeded("the address is suppressed")),
        _ => address,
    };
    if let Some(kind) = Kind::of_mail(template) {
        if !preferences::wants_mail(conn, email.user_id, kind).await? {
            return Ok(Composed::Unneeded("the account wants no such mails"));
        }
        recipient.unsubscribe_url = Some(link(ctx, Stop::Mails(email.user_id, kind)));
    }
    let brand = Brand::new(&settings::load(conn).await?, &ctx.config.http.public_url);
    let words = words(conn, ctx, email, template, &brand, &recipient).await?;
    let without = match template {
        Template::MessageReceived => {
            Composed::Unneeded("the messages were read, or are no longer for this account")
        }
        _ => Composed::Gone,
    };
    Ok(words.map_or(without, |words| Composed::Ready {
        address,
        sender_name: brand.sender(words.company.as_deref()),
        unsubscribe_url: recipient.unsubscribe_url,
        content: words.content,
    }))
}

struct Words {
    content: Rendered,
    /// The company on whose behalf the board writes.
    company: Option<String>,
}

async fn words(
    conn: &mut PgConnection,
    ctx: &Context,
    email: &OutboxEmail,
    template: Template,
    brand: &Brand,
    recipient: &Recipient,
) -> Result<Option<Words>, ComposeError> {
    let frame = Frame {
        site: &ctx.config.http.public_url,
        brand,
        recipient,
    };
    let pen = Pen {
        templates: ctx.mailer.templates(),
        template,
        frame,
    };
    let id = email.event_id;
    Ok(match template {
        Template::ApplicationConfirmation | Template::ApplicationStatusChanged => pen
            .write(move_facts(conn, id).await?, |facts| {
                Some(facts.sender_name.clone())
            })?,
        Template::ApplicationReceived
        | Template::ApplicationWithdrawn
        | Template::OfferAccepted => pen.write(move_facts(conn, id).await?, |_| None)?,
        Template::MessageReceived => pen
            .write(unread_facts(conn, id, email.user_id).await?, |facts| {
                (!facts.by_applicant).then(|| facts.sender_name.clone())
            })?,
        Template::JobExpired => pen.write(expired_facts(conn, id).await?, |_| None)?,
        Template::ImportFinished => pen.write(finished_facts(conn, id).await?, |_| None)?,
        Template::PasswordReset | Template::AccountCreated | Template::EmailVerification => {
            let key = MailedTokenKey::new(&ctx.config.auth.secret_key);
            pen.write(token_facts(conn, &key, id).await?, |_| None)?
        }
        Template::PasswordChanged | Template::EmailChanged => {
            pen.write(Some(NoFacts {}), |_| None)?
        }
        Template::JobAlert | Template::JobDigest => {
            let facts = delivery_facts(conn, id).await?;
            let facts =
                facts.map(|facts| facts.with_links(|alert_id| link(ctx, Stop::Alert(alert_id))));
            pen.write(facts, |_| None)?
        }
        Template::EmployerSummary => pen.write(summary_facts(conn, id).await?, |_| None)?,
        Template::DeadTasks => pen.write(dead_tasks_facts(conn, id).await?, |_| None)?,
        Template::VerificationDecided => pen.write(decision_facts(conn, id).await?, |_| None)?,
    })
}

/// Writes one mail.
struct Pen<'a> {
    templates: &'a Templates,
    template: Template,
    frame: Frame<'a>,
}

impl Pen<'_> {
    /// Nothing where the event is gone.
    fn write<F: Serialize>(
        &self,
        facts: Option<F>,
        company: impl FnOnce(&F) -> Option<String>,
    ) -> Result<Option<Words>, RenderError> {
        let Some(facts) = facts else {
            return Ok(None);
        };
        Ok(Some(Words {
            content: self.templates.render(self.template, self.frame, &facts)?,
            company: company(&facts),
        }))
    }
}

/// Where it is stopped without signing in.
fn link(ctx: &Context, stop: Stop) -> String {
    UnsubscribeKey::new(&ctx.config.auth.secret_key).url(&ctx.config.http.public_url, stop)
}

/// Of mails whose words are always the same.
#[derive(Serialize)]
struct NoFacts {}
