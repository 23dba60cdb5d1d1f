//! The outbox folder as a page. It shows every mail to anybody who can open it,
//! password resets too: hence to this machine alone, and to who has the key.

use std::{io, path::PathBuf};

use jobboard_shared::config::Config;
use mail_parser::{Address, MessageParser};
use minijinja::{context, value::Serde};
use poem::{
    Request, Response, handler,
    http::{HeaderValue, StatusCode, header},
    web::{Data, Path},
};
use secrecy::ExposeSecret;
use serde::Serialize;
use sha2::{Digest, Sha256};
use tokio::fs;
use uuid::Uuid;

use super::page;
use crate::{
    App,
    problem::{Problem, Result},
};

const MOST_SHOWN: usize = 100;
const LARGEST_BYTES: u64 = 4 << 20;

#[derive(Debug, Default, Serialize)]
struct Mail {
    name: String,
    from: String,
    to: String,
    date: String,
    subject: String,
    text: String,
}

/// Holds the key, for as long as the browser runs.
const COOKIE: &str = "jobboard_outbox";

enum Door {
    /// With the folder of the mails.
    Open(PathBuf),
    /// The key came in the address, from which it should go.
    Unlocked(HeaderValue),
    Locked,
}

/// Not found, unless the page is there at all and the request comes straight
/// from this machine as far as one can tell. A forwarded request counts as
/// foreign; so does another host name, which a page elsewhere could have pointed
/// here. A proxy that hides both makes everybody look local: hence the key.
fn door(config: &Config, request: &Request) -> Result<Door> {
    let headers = request.headers();
    let forwarded = ["forwarded", "x-forwarded-for", "x-forwarded-host", "via"]
        .into_iter()
        .any(|name| headers.contains_key(name));
    let host = headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok())
        .unwrap_or_default();
    let local_name = ["localhost", "127.0.0.1", "[::1]"].into_iter().any(|name| {
        host.strip_prefix(name)
            .is_some_and(|port| port.is_empty() || port.starts_with(':'))
    });
    let (folder, key) = config
        .outbox_page()
        .filter(|_| local_name && !forwarded)
        .ok_or_else(|| Problem::not_found("what this address names"))?;
    // Digests, so that the time of comparing tells nothing about the key.
    let right = |given: &str| Sha256::digest(given) == Sha256::digest(key.expose_secret());
    let in_cookie = headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|cookies| cookies.to_str().ok())
        .flat_map(|cookies| cookies.split(';'))
        .filter_map(|cookie| cookie.trim().split_once('='))
        .any(|(name, value)| name == COOKIE && right(value));
    let in_address = request
        .uri()
        .query()
        .and_then(|query| query.strip_prefix("key="))
        .filter(|given| right(given));
    match in_address {
        Some(key) => {
            let cookie = format!("{COOKIE}={key}; Path=/; HttpOnly; SameSite=Strict");
            let cookie = HeaderValue::from_str(&cookie).map_err(Problem::internal)?;
            Ok(Door::Unlocked(cookie))
        }
        None if in_cookie => Ok(Door::Open(folder.to_owned())),
        None => Ok(Door::Locked),
    }
}

pub(super) fn is_open(config: &Config, request: &Request) -> bool {
    matches!(door(config, request), Ok(Door::Open(_)))
}

/// The folder, or the answer to who may not look into it yet.
fn enter(config: &Config, request: &Request) -> Result<std::result::Result<PathBuf, Response>> {
    Ok(match door(config, request)? {
        Door::Open(folder) => Ok(folder),
        Door::Unlocked(cookie) => Err(Response::builder()
            .status(StatusCode::SEE_OTHER)
            .header(header::LOCATION, "/outbox/")
            .header(header::SET_COOKIE, cookie)
            .finish()),
        Door::Locked => {
            let mut closed = page("outbox_closed.html", context! {})?;
            closed.set_status(StatusCode::FORBIDDEN);
            Err(closed)
        }
    })
}

#[handler]
pub(super) async fn list(app: Data<&App>, request: &Request) -> Result<Response> {
    let folder = match enter(&app.config, request)? {
        Ok(folder) => folder,
        Err(answer) => return Ok(answer),
    };
    let mut ids = Vec::new();
    let mut entries = fs::read_dir(&folder).await.map_err(Problem::internal)?;
    while let Some(entry) = entries.next_entry().await.map_err(Problem::internal)? {
        let name = entry.file_name();
        ids.extend(
            name.to_str()
                .and_then(|name| name.strip_suffix(".eml"))
                .and_then(|id| Uuid::try_parse(id).ok()),
        );
    }
    // The ids carry their time.
    ids.sort_unstable_by(|a, b| b.cmp(a));
    let more = ids.len() > MOST_SHOWN;
    ids.truncate(MOST_SHOWN);
    let mut mails = Vec::with_capacity(ids.len());
    for id in ids {
        mails.extend(read(&folder, id).await?.map(|raw| parse(id, &raw)));
    }
    page("outbox.html", context! { mails => Serde(&mails), more })
}

#[handler]
pub(super) async fn show(
    app: Data<&App>,
    request: &Request,
    Path(name): Path<String>,
) -> Result<Response> {
    let folder = match enter(&app.config, request)? {
        Ok(folder) => folder,
        Err(answer) => return Ok(answer),
    };
    let missing = || Problem::not_found("mail");
    // Nothing but an id, so that no path leads out of the folder.
    let id = Uuid::try_parse(&name).map_err(|_| missing())?;
    let raw = read(&folder, id).await?.ok_or_else(missing)?;
    if request.uri().query() == Some("as=file") {
        let disposition = format!("attachment; filename=\"{id}.eml\"");
        return Ok(Response::builder()
            .content_type("message/rfc822")
            .header(header::CONTENT_DISPOSITION, disposition)
            .body(raw));
    }
    page("mail.html", context! { mail => Serde(parse(id, &raw)) })
}

/// `None`: gone, or too large for a mail of ours.
async fn read(folder: &std::path::Path, id: Uuid) -> Result<Option<Vec<u8>>> {
    let path = folder.join(format!("{id}.eml"));
    let raw = match fs::metadata(&path).await {
        Ok(metadata) if metadata.len() <= LARGEST_BYTES => fs::read(&path).await,
        Ok(_) => return Ok(None),
        Err(error) => Err(error),
    };
    match raw {
        Ok(raw) => Ok(Some(raw)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Problem::internal(error)),
    }
}

fn parse(id: Uuid, raw: &[u8]) -> Mail {
    let name = id.to_string();
    let Some(message) = MessageParser::default().parse(raw) else {
        return Mail {
            subject: "(not a mail)".to_owned(),
            name,
            ..Mail::default()
        };
    };
    Mail {
        name,
        from: addresses(message.from()),
        to: addresses(message.to()),
        date: message
            .date()
            .map(mail_parser::DateTime::to_rfc3339)
            .unwrap_or_default(),
        subject: message.subject().unwrap_or("(no subject)").to_owned(),
        text: message
            .body_text(0)
            .map(|text| text.into_owned())
            .unwrap_or_default(),
    }
}

fn addresses(addresses: Option<&Address<'_>>) -> String {
    let Some(addresses) = addresses else {
        return String::new();
    };
    let shown: Vec<String> = addresses
        .iter()
        .map(|mailbox| match (mailbox.name(), mailbox.address()) {
            (Some(name), Some(address)) => format!("{name} <{address}>"),
            (name, address) => address.or(name).unwrap_or_default().to_owned(),
        })
        .collect();
    shown.join(", ")
}

#[cfg(test)]
mod tests {
    use poem::http::Uri;

    use super::*;

    fn config() -> Config {
        let mut config = Config::for_tests("postgres://localhost/x");
        config.mail.outbox_dir = Some(PathBuf::from("/outbox"));
        config
    }

    fn request(headers: &[(&'static str, &str)]) -> Request {
        let mut builder = Request::builder().uri(Uri::from_static("/outbox"));
        for (name, value) in headers {
            builder = builder.header(*name, *value);
        }
        builder.finish()
    }

    #[test]
    fn mails_are_shown_to_this_machine_alone() {
        let key = ("cookie", "a=b; jobboard_outbox=outbox key of tests");
        let shown = |config: &Config, headers: &[(&'static str, &str)]| {
            let mut headers = headers.to_vec();
            headers.push(key);
            is_open(config, &request(&headers))
        };
        let local = config();
        assert!(shown(&local, &[("host", "127.0.0.1:8000")]));
        assert!(shown(&local, &[("host", "localhost")]));
        assert!(!shown(&local, &[("host", "localhost.evil.example")]));
        assert!(!shown(&local, &[]));
        assert!(!shown(
            &local,
            &[("host", "localhost"), ("x-forwarded-for", "192.0.2.1")]
        ));

        type Change = fn(&mut Config);
        let changes: [Change; 5] = [
            |config| config.http.addr = ([0, 0, 0, 0], 8000).into(),
            |config| config.http.public_url = "https://jobs.example.org/".parse().unwrap(),
            |config| config.mail.smtp_url = Some("smtp://mail".into()),
            |config| config.mail.outbox_dir = None,
            |config| config.outbox_key = None,
        ];
        for (number, change) in changes.into_iter().enumerate() {
            let mut changed = config();
            change(&mut changed);
            assert!(!shown(&changed, &[("host", "localhost")]), "{number}");
        }
    }

    #[test]
    fn mails_are_shown_to_who_has_the_key() {
        let local = config();
        for cookie in [
            "",
            "jobboard_outbox=",
            "jobboard_outbox=x",
            "other=outbox key of tests",
        ] {
            let request = request(&[("host", "localhost"), ("cookie", cookie)]);
            assert!(
                matches!(door(&local, &request), Ok(Door::Locked)),
                "{cookie}"
            );
        }
    }

    #[tokio::test]
    async fn what_a_mail_says_is_escaped() {
        let raw = b"From: =?utf-8?q?J=C3=B6?= <a@example.org>\r\nTo: b@example.org\r\n\
            Subject: <script>alert(1)</script>\r\nDate: Sun, 22 Nov 2026 18:00:00 +0000\r\n\r\n\
            </pre><script>alert(2)</script>\r\n";
        let mail = parse(Uuid::nil(), raw);
        assert_eq!(mail.from, "J\u{f6} <a@example.org>");
        assert_eq!(mail.to, "b@example.org");
        assert_eq!(mail.date, "2026-11-22T18:00:00Z");
        let response = page("mail.html", context! { mail => Serde(&mail) }).unwrap();
        let body = response.into_body().into_string().await.unwrap();
        assert!(body.contains("&lt;script&gt;alert(1)"), "{body}");
        assert!(!body.contains("<script"), "{body}");
    }

    #[test]
    fn every_page_renders() {
        page("home.html", context! { has_outbox => true }).unwrap();
        page("outbox_closed.html", context! {}).unwrap();
        page(
            "outbox.html",
            context! { mails => Serde([Mail::default()]), more => true },
        )
        .unwrap();
        page(
            "outbox.html",
            context! { mails => Serde(Vec::<Mail>::new()) },
        )
        .unwrap();
    }
}
