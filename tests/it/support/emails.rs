//! Emails as their recipients get them.

use std::path::Path;

use mail_parser::MessageParser;

/// One mail of the outbox folder.
#[derive(Clone, Debug)]
pub(crate) struct Email {
    pub(crate) to: String,
    pub(crate) subject: String,
    pub(crate) text: String,
    pub(crate) html: String,
    pub(crate) message_id: String,
    /// The mail as it goes over the wire.
    pub(crate) raw: String,
}

/// Every mail written so far, oldest first.
pub(crate) fn read(folder: &Path) -> Vec<Email> {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut files: Vec<_> = entries
        .map(|entry| entry.expect("outbox entry").path())
        .filter(|path| path.extension().is_some_and(|e| e == "eml"))
        .map(|path| {
            (
                path.metadata()
                    .and_then(|m| m.modified())
                    .expect("time of a mail"),
                path,
            )
        })
        .collect();
    files.sort();
    files
        .iter()
        .map(|(_, path)| parse(&std::fs::read(path).expect("mail")))
        .collect()
}

fn parse(bytes: &[u8]) -> Email {
    let message = MessageParser::default()
        .parse(bytes)
        .expect("a mail that parses");
    Email {
        to: message
            .to()
            .and_then(|to| to.first())
            .and_then(|to| to.address())
            .unwrap_or_default()
            .to_owned(),
        subject: message.subject().unwrap_or_default().to_owned(),
        text: message
            .body_text(0)
            .unwrap_or_default()
            .replace("\r\n", "\n"),
        html: message.body_html(0).unwrap_or_default().into_owned(),
        message_id: message.message_id().unwrap_or_default().to_owned(),
        raw: String::from_utf8_lossy(bytes).into_owned(),
    }
}
