//! Reports of mails as the provider sends them.

use jobboard_shared::{
    notifications::{MailReport, Taken, Trouble},
    users,
};
use poem_openapi::{Enum, Object};
use uuid::Uuid;

#[derive(Clone, Copy, Debug, Enum)]
#[oai(rename_all = "snake_case")]
enum MailTrouble {
    /// It came back
    Bounced,
    /// Its reader has called it spam
    Complained,
}

/// What became of a mail
#[derive(Debug, Object)]
pub(super) struct MailReportInput {
    /// The provider's; a report that is sent again has the same
    #[oai(validator(min_length = 1, max_length = 200))]
    event_id: String,
    /// The mail's Message-ID
    #[oai(validator(min_length = 1, max_length = 998))]
    message_id: String,
    /// The address that the mail went to
    #[oai(validator(min_length = 1, max_length = 254))]
    recipient: String,
    trouble: MailTrouble,
    /// Of a bounce: whether there is no such mailbox, so that trying again is in vain
    #[oai(default)]
    is_permanent: bool,
    /// What the receiving server said
    #[oai(default, validator(max_length = 2000))]
    reply: String,
}

impl MailReportInput {
    /// `None`: of no mail of ours.
    pub(super) fn read(self) -> Option<MailReport> {
        let id = self.message_id.trim().trim_matches(['<', '>']);
        let (id, _) = id.split_once('@').unwrap_or((id, ""));
        Some(MailReport {
            event_id: self.event_id,
            email_id: Uuid::try_parse(id).ok()?,
            recipient: users::Email::parse(&self.recipient)
                .ok()?
                .as_str()
                .to_owned(),
            trouble: match self.trouble {
                MailTrouble::Bounced => Trouble::Bounced {
                    is_permanent: self.is_permanent,
                },
                MailTrouble::Complained => Trouble::Complained,
            },
            reply: without_addresses(&self.reply),
        })
    }
}

/// On one line.
fn without_addresses(reply: &str) -> String {
    let words = reply.split(|c: char| c.is_whitespace() || c.is_control());
    let words = words.filter(|word| !word.is_empty()).map(|word| {
        if word.contains('@') {
            "<address>"
        } else {
            word
        }
    });
    words.collect::<Vec<_>>().join(" ")
}

/// Reports of mails
#[derive(Debug, Object)]
pub(super) struct MailReportsInput {
    #[oai(validator(min_items = 1, max_items = 100))]
    pub(super) reports: Vec<MailReportInput>,
}

/// What became of the reports
#[derive(Debug, Default, Object)]
pub(super) struct MailReportsTaken {
    /// Addresses that get no more mail
    suppressed: u32,
    /// Accounts that get no more mails of the type
    unsubscribed: u32,
    /// Those that change nothing
    ignored: u32,
}

impl MailReportsTaken {
    pub(super) fn count(&mut self, taken: Taken) {
        match taken {
            Taken::Suppressed => self.suppressed += 1,
            Taken::Unsubscribed => self.unsubscribed += 1,
            Taken::Ignored => self.ignored += 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_servers_say_is_kept_without_addresses() {
        assert_eq!(
            without_addresses("550 5.1.1\r\n <ana@example.com>: no\u{0}such user"),
            "550 5.1.1 <address> no such user"
        );
    }
}
