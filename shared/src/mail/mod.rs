//! Rendering and sending of email.
//!
//! What is sent, to whom and whether it was, is the outbox's business
//! ([`crate::notifications`]); here is how a mail looks and how it leaves.

mod brand;
mod folder;
mod language;
mod markup;
mod refusal;
mod render;
mod samples;
mod smtp;
mod sources;
mod template;

use std::{fmt, path::PathBuf, sync::Arc};

use chrono::{DateTime, Utc};
use lettre::{
    Address, Message,
    message::{
        Mailbox, MultiPart,
        header::{HeaderName, HeaderValue},
    },
    transport::smtp::client::AsyncSmtpConnection,
};
use url::Url;
use uuid::Uuid;

pub use brand::Brand;
pub use language::{Language, UnknownLanguage};
pub use render::{Frame, Recipient, RenderError, Rendered, Templates, TemplatesError};
pub use samples::{Sample, samples};
pub use sources::SourceError;
pub use template::Template;

use crate::config;
use markup::one_line;
use smtp::Smtp;

/// Characters of a sender's name; more are cut.
const MAX_SENDER: usize = 150;

/// One mail to one person, ready to go.
#[derive(Clone, Debug)]
pub struct Email<'a> {
    /// The outbox row. The Message-ID derives from it, so that a mail sent again
    /// is the same mail to whoever receives it.
    pub id: Uuid,
    /// Where the job board is: the right-hand side of the Message-ID.
    pub site: &'a Url,
    pub to: &'a str,
    /// Beside the operator's address; none: the name that the operator has configured.
    pub sender_name: Option<&'a str>,
    /// Where mails of this type are stopped with one click (RFC 8058), if they can be.
    pub unsubscribe_url: Option<&'a str>,
    pub content: Rendered,
    pub date: DateTime<Utc>,
}

/// Why a mail was not, or perhaps not, delivered. The texts carry no addresses.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// There is no such mailbox (5xx to the recipient): send nothing there again.
    #[error("no such mailbox: {0}")]
    NoMailbox(String),
    /// This mail was refused for good (5xx): never send it again.
    #[error("refused: {0}")]
    Permanent(String),
    /// It was certainly not accepted, and may be later. A refusal of us (a wrong
    /// password, a policy) is one: the operator mends it.
    #[error("not accepted: {0}")]
    Transient(String),
    /// The connection was lost between the end of the mail and the server's
    /// answer: it may have been delivered.
    #[error("no answer: {0}")]
    Unknown(String),
}

/// What is wrong with the mail configuration.
#[derive(Debug, thiserror::Error)]
pub enum MailerError {
    #[error("neither an SMTP server nor an outbox folder is configured")]
    NoTransport,
    #[error("SMTP_URL {0}")]
    SmtpUrl(String),
    #[error("the sender {0:?} is not an email address")]
    From(String),
    #[error("the outbox folder {} cannot be used: {error}", path.display())]
    Folder {
        path: PathBuf,
        error: std::io::Error,
    },
    #[error(transparent)]
    Templates(#[from] TemplatesError),
}

/// Sends mail to an SMTP server or, where none is configured, into a folder.
#[derive(Clone)]
pub struct Mailer {
    from: Mailbox,
    templates: Arc<Templates>,
    transport: Arc<Transport>,
}

impl fmt::Debug for Mailer {
    /// Without the password of the mail server.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let transport = match &*self.transport {
            Transport::Smtp(_) => "smtp",
            Transport::Folder(_) => "folder",
        };
        write!(f, "Mailer({transport})")
    }
}

enum Transport {
    Smtp(Smtp),
    Folder(PathBuf),
}

impl Mailer {
    /// Checks the configuration and makes the outbox folder; connects to nothing.
    pub fn new(config: &config::Mail) -> Result<Self, MailerError> {
        let from = config
            .from
            .parse()
            .map_err(|_| MailerError::From(config.from.clone()))?;
        let transport = match (&config.smtp_url, &config.outbox_dir) {
            (Some(url), _) => Transport::Smtp(
                Smtp::from_url(url, config.answer_within).map_err(MailerError::SmtpUrl)?,
            ),
            (None, Some(path)) => {
                folder::create(path).map_err(|error| MailerError::Folder {
                    path: path.clone(),
                    error,
                })?;
                Transport::Folder(path.clone())
            }
            (None, None) => return Err(MailerError::NoTransport),
        };
        Ok(Self {
            from,
            templates: Arc::new(Templates::configured(config)?),
            transport: Arc::new(transport),
        })
    }

    pub fn templates(&self) -> &Arc<Templates> {
        &self.templates
    }

    /// Connects and has sender and recipient accepted: whatever fails here, the
    /// mail is certainly not out.
    pub async fn prepare(&self, email: &Email<'_>) -> Result<Prepared, SendError> {
        let message = self.message(email)?;
        let connection = match &*self.transport {
            Transport::Smtp(smtp) => Some(smtp.prepare(message.envelope()).await?),
            Transport::Folder(_) => None,
        };
        Ok(Prepared {
            transport: Arc::clone(&self.transport),
            connection,
            id: email.id,
            content: message.formatted(),
        })
    }

    fn message(&self, email: &Email<'_>) -> Result<Message, SendError> {
        let to: Address = email
            .to
            .parse()
            .map_err(|_| SendError::Permanent("the address is malformed".into()))?;
        let host = email.site.host_str().unwrap_or("localhost");
        let mut from = self.from.clone();
        if let Some(name) = email.sender_name {
            from.name = Some(one_line(name, MAX_SENDER));
        }
        let mut builder = Message::builder();
        if let Some(url) = email.unsubscribe_url {
            builder = builder
                .raw_header(raw("List-Unsubscribe", format!("<{url}>")))
                .raw_header(raw(
                    "List-Unsubscribe-Post",
                    "List-Unsubscribe=One-Click".to_owned(),
                ));
        }
        builder
            .message_id(Some(format!("<{}@{host}>", email.id)))
            .date(email.date.into())
            .from(from)
            .to(Mailbox::new(None, to))
            .subject(&email.content.subject)
            // RFC 3834: holiday replies and the like stay away.
            .raw_header(raw("Auto-Submitted", "auto-generated".to_owned()))
            .multipart(MultiPart::alternative_plain_html(
                email.content.text.clone(),
                email.content.html.clone(),
            ))
            .map_err(|error| SendError::Permanent(error.to_string()))
    }
}

/// A header without line breaks.
fn raw(name: &'static str, value: String) -> HeaderValue {
    HeaderValue::new(HeaderName::new_from_ascii_str(name), value)
}

/// A mail whose recipient was accepted.
pub struct Prepared {
    transport: Arc<Transport>,
    connection: Option<AsyncSmtpConnection>,
    id: Uuid,
    content: Vec<u8>,
}

impl Prepared {
    /// Returns once the server, or the disk, has accepted the mail. Writing one
    /// mail into the folder twice leaves one file.
    pub async fn deliver(self) -> Result<(), SendError> {
        match (&*self.transport, self.connection) {
            (Transport::Smtp(smtp), Some(connection)) => {
                smtp.deliver(connection, &self.content).await
            }
            (Transport::Smtp(_), None) => Err(SendError::Transient("not connected".into())),
            (Transport::Folder(path), _) => folder::write(path, self.id, self.content)
                .await
                .map_err(|error| SendError::Transient(error.to_string())),
        }
    }
}

#[cfg(test)]
mod tests;
