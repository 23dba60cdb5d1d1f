//! Addresses of other services, whole or composed of the specification's parts.

use std::{borrow::Cow, path::PathBuf, time::Duration};

use lettre::message::Mailbox;
use secrecy::SecretString;
use sqlx::postgres::PgConnectOptions;
use url::Url;

use super::{
    Mail,
    read::{or_default, secret_of},
    values::{self, Reader},
    variables,
};

pub(super) fn postgres_url(text: &str) -> Result<SecretString, String> {
    let right = (text.starts_with("postgres://") || text.starts_with("postgresql://"))
        && text.parse::<PgConnectOptions>().is_ok();
    if right {
        Ok(SecretString::from(text))
    } else {
        Err("must be postgres://user:password@host:port/name".to_owned())
    }
}

pub(super) fn database_url(r: &mut Reader) -> Option<SecretString> {
    let port = r
        .parse("DB_PORT", values::whole(1, u16::MAX))
        .unwrap_or(5432);
    if r.has("DATABASE_URL") {
        return r.parse("DATABASE_URL", postgres_url);
    }
    let Some(name) = r.text("DB_NAME") else {
        if let Some(lonely) = ["DB_HOST", "DB_USER", "DB_PASSWORD", "DB_PORT"]
            .into_iter()
            .find(|name| r.has(name))
        {
            r.refuse("DB_NAME", format!("is needed beside {lonely}"));
        }
        return None;
    };
    let mut url = Url::parse("postgres://localhost").ok()?;
    let host = r.text("DB_HOST").unwrap_or_else(|| "localhost".to_owned());
    if url.set_host(Some(&host)).is_err() {
        r.refuse("DB_HOST", "must be a host name or address");
        return None;
    }
    let user = r.text("DB_USER").unwrap_or_else(|| "postgres".to_owned());
    let password = r.text("DB_PASSWORD");
    let set = url.set_port(Some(port)).is_ok()
        && url.set_username(&user).is_ok()
        && url.set_password(password.as_deref()).is_ok();
    url.path_segments_mut().ok()?.push(&name);
    set.then(|| SecretString::from(String::from(url)))
}

pub(super) fn redis_url(r: &mut Reader) -> Option<SecretString> {
    const SCHEMES: &[&str] = &["redis", "rediss"];
    let port = r.parse("REDIS_PORT", values::whole(1, u16::MAX));
    let number = r.parse("REDIS_DB", values::whole(0_u16, 1000));
    if r.has("REDIS_URL") {
        let url = r.parse("REDIS_URL", values::url_of(SCHEMES))?;
        return Some(SecretString::from(String::from(url)));
    }
    let host = r.text("REDIS_HOST")?;
    let mut url = Url::parse("redis://localhost").ok()?;
    if url.set_host(Some(&host)).is_err() {
        r.refuse("REDIS_HOST", "must be a host name or address");
        return None;
    }
    url.set_port(port).ok()?;
    url.set_path(&number.unwrap_or(0).to_string());
    Some(SecretString::from(String::from(url)))
}

pub(super) fn mail(r: &mut Reader) -> Mail {
    let host_port = r.parse("EMAIL_PORT", values::whole(1, u16::MAX));
    let starttls = r.parse("EMAIL_USE_TLS", values::boolean);
    let sends = r
        .text("EMAIL_BACKEND")
        .is_none_or(|backend| backend.ends_with("smtp.EmailBackend"));
    let smtp_url = if r.has("SMTP_URL") {
        r.parse("SMTP_URL", smtp_url_of)
    } else {
        match r.text("EMAIL_HOST").filter(|_| sends) {
            Some(host) => smtp_of_parts(r, &host, host_port, starttls),
            None => None,
        }
    };
    let outbox_dir = r.text("JOBBOARD_OUTBOX_DIR").map(PathBuf::from);
    if r.has("SMTP_URL") && outbox_dir.is_some() {
        r.refuse(
            "JOBBOARD_OUTBOX_DIR",
            "cannot be set together with SMTP_URL",
        );
    }
    let address = |text: &str| {
        text.parse::<Mailbox>()
            .map(|_| text.to_owned())
            .map_err(|_| "must be an address, as Job Board <jobs@example.org>".to_owned())
    };
    let from = r.parse("JOBBOARD_MAIL_FROM", address).or_else(|| {
        r.text("EMAIL_HOST_USER")
            .filter(|user| address(user).is_ok())
    });
    if from.is_none() && smtp_url.is_some() && !r.has("JOBBOARD_MAIL_FROM") {
        r.refuse("JOBBOARD_MAIL_FROM", "is needed when mail is really sent");
    }
    Mail {
        outbox_dir: outbox_dir.filter(|_| smtp_url.is_none()),
        smtp_url: smtp_url.map(|url| SecretString::from(String::from(url))),
        from: from.unwrap_or_else(|| variables::default_of("JOBBOARD_MAIL_FROM").to_owned()),
        report_secret: secret_of(r, "JOBBOARD_MAIL_REPORT_SECRET"),
        templates_dir: r.text("JOBBOARD_MAIL_TEMPLATES").map(PathBuf::from),
        answer_within: or_default(
            r,
            "JOBBOARD_SMTP_TIMEOUT",
            values::duration(Duration::from_secs(1), Duration::from_secs(600)),
        ),
    }
}

fn smtp_url_of(text: &str) -> Result<Url, String> {
    let url = values::url_of(&["smtp", "smtps"])(text)?;
    if !url.username().is_empty() && url.password().is_none() {
        return Err("names a user and no password".to_owned());
    }
    let known = |(name, value): (Cow<'_, str>, Cow<'_, str>)| {
        name == "tls" && matches!(&*value, "required" | "opportunistic" | "none")
    };
    if url.query_pairs().all(known) {
        Ok(url)
    } else {
        Err("can carry ?tls= with required, opportunistic or none alone".to_owned())
    }
}

fn smtp_of_parts(
    r: &mut Reader,
    host: &str,
    port: Option<u16>,
    starttls: Option<bool>,
) -> Option<Url> {
    let mut url = Url::parse("smtp://localhost").ok()?;
    if url.set_host(Some(host)).is_err() {
        r.refuse("EMAIL_HOST", "must be a host name or address");
        return None;
    }
    url.set_port(Some(port.unwrap_or(if starttls == Some(true) {
        587
    } else {
        25
    })))
    .ok()?;
    if let Some(user) = r.text("EMAIL_HOST_USER") {
        let Some(password) = r.text("EMAIL_HOST_PASSWORD") else {
            r.refuse("EMAIL_HOST_PASSWORD", "is needed beside EMAIL_HOST_USER");
            return None;
        };
        url.set_username(&user).ok()?;
        url.set_password(Some(&password)).ok()?;
    }
    // Absent: encrypted where the server can, and in any case with a password.
    if let Some(starttls) = starttls {
        url.set_query(Some(if starttls { "tls=required" } else { "tls=none" }));
    }
    Some(url)
}
