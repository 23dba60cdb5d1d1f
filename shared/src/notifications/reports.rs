//! What the mail provider reports of mails after it has accepted them.

use sqlx::PgConnection;
use uuid::Uuid;

use super::{Kind, db, db::reports, preferences};
use crate::{Result, mail::Template};

/// Why a mail did not reach a reader, or should not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// It came back. `is_permanent`: there is no such mailbox, or it is closed.
    Bounced { is_permanent: bool },
    /// Its reader has called it spam.
    Complained,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailReport {
    /// The provider's: a report that comes again has the same.
    pub event_id: String,
    pub email_id: Uuid,
    /// Where the mail went, as accounts spell addresses.
    pub recipient: String,
    pub trouble: Trouble,
    /// What the receiving server said, without addresses.
    pub reply: String,
}

/// What becomes of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// Nothing goes to the address any more.
    Suppressed,
    /// No more mails of that type go to the account.
    Unsubscribed,
    /// It changes nothing: it came before, is of no mail of ours or of an address that
    /// the account has left, or the trouble passes.
    Ignored,
}

/// Acts on a report, once. Belongs in a transaction.
pub async fn take(conn: &mut PgConnection, report: &MailReport) -> Result<Taken> {
    let Some(mail) = reports::mail(conn, report.email_id).await? else {
        return Ok(Taken::Ignored);
    };
    if !reports::note(conn, &report.event_id).await? {
        return Ok(Taken::Ignored);
    }
    let stopped = match report.trouble {
        Trouble::Bounced {
            is_permanent: false,
        } => return Ok(Taken::Ignored),
        Trouble::Bounced { is_permanent: true } => None,
        Trouble::Complained => {
            let template = mail.template.parse::<Template>().ok();
            template.and_then(Kind::of_mail)
        }
    };
    if let Some(notification_type) = stopped {
        preferences::unsubscribe(conn, mail.user_id, notification_type).await?;
        return Ok(Taken::Unsubscribed);
    }
    if !reports::is_address_of(conn, mail.user_id, &report.recipient).await? {
        return Ok(Taken::Ignored);
    }
    let (address, reply) = (&report.recipient, &report.reply);
    db::suppress(conn, mail.user_id, address, report.email_id, reply).await?;
    Ok(Taken::Suppressed)
}
