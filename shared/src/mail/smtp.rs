//! The conversation with an SMTP server.
//!
//! The library's own transport hides at which point a conversation broke, and
//! that point decides whether a mail may be sent again: so we go through the
//! commands ourselves, on connections kept for the next mail.

use std::{
    error::Error as _,
    time::{Duration, Instant},
};

use lettre::{
    address::Envelope,
    transport::smtp::{
        Error,
        authentication::{Credentials, Mechanism},
        client::{AsyncSmtpConnection, TlsParameters},
        commands::{Data, Mail, Rcpt},
        extension::ClientId,
    },
};
use secrecy::{ExposeSecret, SecretString};
use tokio::{sync::Mutex, time::timeout};
use url::Url;

use super::{
    SendError,
    refusal::{self, Refusal},
};

/// The most for everything up to the recipient's acceptance, and for the
/// go-ahead after that.
const PREPARE_WITHIN: Duration = Duration::from_secs(45);
const CONNECT_WITHIN: Duration = Duration::from_secs(10);
const CHECK_WITHIN: Duration = Duration::from_secs(5);

/// Servers hang up on idle clients; most wait longer than this.
const IDLE_FOR: Duration = Duration::from_secs(30);
const MAX_IDLE: usize = 8;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Encryption {
    /// TLS from the first byte.
    Wrapped,
    /// STARTTLS, or no mail.
    Required,
    /// STARTTLS where the server offers it.
    Offered,
    Off,
}

pub(super) struct Smtp {
    host: String,
    port: u16,
    encryption: Encryption,
    credentials: Option<Credentials>,
    hello: ClientId,
    /// For the mail and the answer to its final dot.
    answer_within: Duration,
    idle: Mutex<Vec<(AsyncSmtpConnection, Instant)>>,
}

impl Smtp {
    /// `smtp://[user:password@]host[:port][?tls=required|opportunistic|none]` or
    /// `smtps://...`. With a password TLS is required, unless `tls=none` says
    /// otherwise; without one it is used where the server offers it.
    pub(super) fn from_url(url: &SecretString, answer_within: Duration) -> Result<Self, String> {
        let url = Url::parse(url.expose_secret()).map_err(|error| error.to_string())?;
        let host = match url.host_str() {
            None | Some("") => return Err("names no host".into()),
            Some(host) => host.trim_matches(['[', ']']).to_owned(),
        };
        let user = decode(url.username())?;
        let password = url.password().map(decode).transpose()?;
        if !user.is_empty() && password.is_none() {
            return Err("names a user and no password".into());
        }
        let tls = url
            .query_pairs()
            .find(|(name, _)| name == "tls")
            .map(|(_, value)| value.into_owned());
        let (encryption, default_port) = match (url.scheme(), tls.as_deref()) {
            ("smtps", None | Some("required")) => (Encryption::Wrapped, 465),
            ("smtp", Some("required")) => (Encryption::Required, 587),
            ("smtp", None | Some("opportunistic")) if password.is_some() => {
                (Encryption::Required, 587)
            }
            ("smtp", None | Some("opportunistic")) => (Encryption::Offered, 25),
            ("smtp", Some("none")) => (Encryption::Off, 25),
            ("smtp" | "smtps", _) => {
                return Err("has a `tls` that is none of required, opportunistic, none".into());
            }
            _ => return Err("does not begin with smtp:// or smtps://".into()),
        };
        Ok(Self {
            port: url.port().unwrap_or(default_port),
            host,
            encryption,
            credentials: password.map(|password| Credentials::new(user, password)),
            hello: ClientId::default(),
            answer_within,
            idle: Mutex::default(),
        })
    }

    /// A connection on which the server has accepted sender and recipient.
    pub(super) async fn prepare(
        &self,
        envelope: &Envelope,
    ) -> Result<AsyncSmtpConnection, SendError> {
        timeout(PREPARE_WITHIN.min(self.answer_within), self.agree(envelope))
            .await
            .map_err(|_| SendError::Transient("the server is too slow".into()))?
    }

    async fn agree(&self, envelope: &Envelope) -> Result<AsyncSmtpConnection, SendError> {
        let mut connection = match self.take_idle().await {
            Some(connection) => connection,
            None => self.connect().await.map_err(|error| transient(&error))?,
        };
        // A refusal of us or of our sender is the operator's to mend: the mail waits.
        connection
            .command(Mail::new(envelope.from().cloned(), Vec::new()))
            .await
            .map_err(|error| transient(&error))?;
        for to in envelope.to() {
            connection
                .command(Rcpt::new(to.clone(), Vec::new()))
                .await
                .map_err(|error| refused_recipient(&error))?;
        }
        Ok(connection)
    }

    /// Hands the mail over. Only once its content is under way may the server
    /// have it without our knowing.
    pub(super) async fn deliver(
        &self,
        mut connection: AsyncSmtpConnection,
        mail: &[u8],
    ) -> Result<(), SendError> {
        let go_ahead_within = PREPARE_WITHIN.min(self.answer_within);
        match timeout(go_ahead_within, connection.command(Data)).await {
            Ok(Ok(_)) => {}
            Ok(Err(error)) => return Err(refused_mail(&error)),
            Err(_) => return Err(SendError::Transient("the server is too slow".into())),
        }
        match timeout(self.answer_within, connection.message(mail)).await {
            Ok(Ok(_)) => {
                self.keep(connection).await;
                Ok(())
            }
            Ok(Err(error)) if error.is_permanent() || error.is_transient() => {
                Err(refused_mail(&error))
            }
            Ok(Err(error)) => Err(SendError::Unknown(describe(&error))),
            Err(_) => Err(SendError::Unknown(
                "the server did not answer in time".into(),
            )),
        }
    }

    async fn connect(&self) -> Result<AsyncSmtpConnection, Error> {
        let wrapped = match self.encryption {
            Encryption::Wrapped => Some(TlsParameters::new(self.host.clone())?),
            _ => None,
        };
        let mut connection = AsyncSmtpConnection::connect_tokio1(
            (self.host.as_str(), self.port),
            Some(CONNECT_WITHIN),
            &self.hello,
            wrapped,
            None,
        )
        .await?;
        let start_tls = match self.encryption {
            Encryption::Required => true,
            Encryption::Offered => connection.can_starttls(),
            Encryption::Wrapped | Encryption::Off => false,
        };
        if start_tls {
            let parameters = TlsParameters::new(self.host.clone())?;
            connection.starttls(parameters, &self.hello).await?;
        }
        if let Some(credentials) = &self.credentials {
            connection
                .auth(&[Mechanism::Plain, Mechanism::Login], credentials)
                .await?;
        }
        Ok(connection)
    }

    async fn take_idle(&self) -> Option<AsyncSmtpConnection> {
        loop {
            let (mut connection, since) = self.idle.lock().await.pop()?;
            if since.elapsed() < IDLE_FOR
                && matches!(
                    timeout(CHECK_WITHIN, connection.test_connected()).await,
                    Ok(true)
                )
            {
                return Some(connection);
            }
        }
    }

    async fn keep(&self, connection: AsyncSmtpConnection) {
        let mut idle = self.idle.lock().await;
        idle.retain(|(_, since)| since.elapsed() < IDLE_FOR);
        if idle.len() < MAX_IDLE {
            idle.push((connection, Instant::now()));
        }
    }
}

fn transient(error: &Error) -> SendError {
    SendError::Transient(describe(error))
}

fn refused_recipient(error: &Error) -> SendError {
    let Some(code) = permanent_code(error) else {
        return transient(error);
    };
    let text = error.source().map(ToString::to_string).unwrap_or_default();
    match refusal::of_recipient(code, &text) {
        Refusal::Mailbox => SendError::NoMailbox(describe(error)),
        Refusal::Mail => SendError::Permanent(describe(error)),
        Refusal::Us => transient(error),
    }
}

fn refused_mail(error: &Error) -> SendError {
    match permanent_code(error) {
        Some(code) if !refusal::about_us(code) => SendError::Permanent(describe(error)),
        _ => transient(error),
    }
}

fn permanent_code(error: &Error) -> Option<u16> {
    let code = error.status().filter(|_| error.is_permanent())?;
    Some(code.into())
}

/// The error in words, without the addresses that servers like to repeat.
fn describe(error: &Error) -> String {
    error
        .to_string()
        .split_whitespace()
        .map(|word| {
            if word.contains('@') {
                "<address>"
            } else {
                word
            }
        })
        .collect::<Vec<_>>()
        .join(" ")
}

fn decode(text: &str) -> Result<String, String> {
    percent_encoding::percent_decode_str(text)
        .decode_utf8()
        .map(Into::into)
        .map_err(|_| "has a user name or password that is not UTF-8".to_owned())
}
