//! Whom a refusal for good (5xx) is about: the mailbox, the mail, or us.

/// What a 5xx answer to `RCPT TO` speaks of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// There is no such mailbox, or it is closed: no mail will ever arrive.
    Mailbox,
    /// This mail or this moment; another mail may pass.
    Mail,
    /// Our name, our password, what we may do here: the operator's to mend, so
    /// the mail waits.
    Us,
}

/// By the enhanced status code (RFC 3463) where the answer begins with one, else
/// by the reply code.
pub(super) fn of_recipient(code: u16, text: &str) -> Refusal {
    if about_us(code) {
        return Refusal::Us;
    }
    match enhanced(text) {
        // The sender's address, which is ours.
        Some((1, 7 | 8)) => Refusal::Us,
        // 5.2.1: a mailbox that was closed.
        Some((1, _) | (2, 1)) => Refusal::Mailbox,
        // Protocol and policy. Who is on a list of bad senders would suppress all
        // recipients otherwise.
        Some((5 | 7, _)) => Refusal::Us,
        Some(_) => Refusal::Mail,
        None => match code {
            550 | 551 | 553 if speaks_of_relaying(text) => Refusal::Us,
            550 | 551 | 553 | 556 => Refusal::Mailbox,
            _ => Refusal::Mail,
        },
    }
}

/// Commands that the server does not know or want now, and passwords.
pub(super) fn about_us(code: u16) -> bool {
    matches!(code, 500 | 502..=504 | 523 | 530 | 534 | 535 | 538 | 555)
}

/// Servers of old say 550 to a client that they do not know.
fn speaks_of_relaying(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    ["relay", "authenticat", "blocked", "blacklist", "blocklist"]
        .iter()
        .any(|word| text.contains(word))
}

/// The subject and detail of a leading `5.subject.detail`.
fn enhanced(text: &str) -> Option<(u16, u16)> {
    let mut parts = text.split_whitespace().next()?.split('.');
    let (class, subject, detail) = (parts.next()?, parts.next()?, parts.next()?);
    if class != "5" || parts.next().is_some() {
        return None;
    }
    Some((subject.parse().ok()?, detail.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_about_the_mailbox_condemns_the_address() {
        for (code, text, about) in [
            (550, "5.1.1 no such user", Refusal::Mailbox),
            (550, "5.1.10 null MX", Refusal::Mailbox),
            (550, "5.2.1 mailbox disabled", Refusal::Mailbox),
            (550, "no such user", Refusal::Mailbox),
            (551, "user not local", Refusal::Mailbox),
            (553, "mailbox name not allowed", Refusal::Mailbox),
            (556, "domain takes no mail", Refusal::Mailbox),
            (552, "5.2.2 mailbox full", Refusal::Mail),
            (552, "too much", Refusal::Mail),
            (554, "transaction failed", Refusal::Mail),
            (550, "5.3.4 too big", Refusal::Mail),
            (550, "5.4.4 no route", Refusal::Mail),
            (501, "what", Refusal::Mail),
            (550, "5.7.1 relaying denied", Refusal::Us),
            (554, "5.7.1 client host blocked", Refusal::Us),
            (550, "5.1.8 bad sender", Refusal::Us),
            (550, "relaying denied", Refusal::Us),
            (550, "Authentication required", Refusal::Us),
            (530, "5.5.1 say who you are", Refusal::Us),
            (535, "5.7.8 bad credentials", Refusal::Us),
            (503, "bad sequence", Refusal::Us),
            (550, "5.1 odd", Refusal::Mailbox),
            (550, "", Refusal::Mailbox),
        ] {
            assert_eq!(of_recipient(code, text), about, "{code} {text}");
        }
    }
}
