//! Which requests are limited together, and what their answers say about it.

use jobboard_shared::{
    limits::{Class, Holder, Taken},
    users::Email,
};
use percent_encoding::percent_decode_str;
use poem::{
    Request,
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header},
};
use uuid::Uuid;

use crate::{App, auth, client_address::ClientAddress, mail_reports, pages, problem::Problem};

const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

/// A request that counted.
pub(crate) struct Counted {
    class: Class,
    taken: Taken,
}

/// Counts a request; `None` where its kind is not limited.
pub(crate) async fn count(app: &App, request: &Request, client: ClientAddress) -> Option<Counted> {
    let path = percent_decode_str(request.uri().path()).decode_utf8_lossy();
    let address = Holder::Address(client.own_network());
    let reads = matches!(
        *request.method(),
        Method::GET | Method::HEAD | Method::OPTIONS
    );
    let (class, holder) = match (kind_of(&path), reads) {
        (Kind::Free, _) => return None,
        // One provider tells of all mails.
        (Kind::MailReports, _) if mail_reports::has_secret(app, request) => return None,
        // Mail providers stop mails for all their people, from few addresses.
        (Kind::Unsubscribe, false) => {
            let whose = pages::whose_mails(app, request);
            (Class::Writes, whose.map_or(address, Holder::Link))
        }
        (Kind::SignIn, false) => (Class::Auth, address),
        (_, _) => match (user_of(app, request), reads) {
            (Some(user_id), true) => (Class::SignedIn, Holder::User(user_id)),
            (Some(user_id), false) => (Class::Writes, Holder::User(user_id)),
            (None, true) => (Class::Anonymous, address),
            (None, false) => (Class::Writes, address),
        },
    };
    let taken = app.limiter.take(class, holder).await?;
    Some(Counted { class, taken })
}

/// Counts an attempt at an account, existing or not: signing in, asking for a new
/// password. Refuses with 429 when there were too many.
pub(crate) async fn count_attempt(
    app: &App,
    account: &Email,
    client: ClientAddress,
) -> Result<(), Problem> {
    let here = Holder::AccountAt(account, client.own_network());
    take(app, Class::Account, here).await?;
    take(app, Class::AccountTotal, Holder::Account(account)).await
}

/// Counts an attempt of somebody who is signed in to say the account's password: a
/// stolen token must not try passwords for as long as it lives.
pub(crate) async fn count_proof(app: &App, user_id: Uuid) -> Result<(), Problem> {
    take(app, Class::Account, Holder::User(user_id)).await
}

async fn take(app: &App, class: Class, holder: Holder<'_>) -> Result<(), Problem> {
    match app.limiter.take(class, holder).await {
        Some(taken) if !taken.allowed => Err(too_many(taken)),
        _ => Ok(()),
    }
}

impl Counted {
    pub(crate) fn refusal(&self) -> Option<Problem> {
        (!self.taken.allowed).then(|| too_many(self.taken))
    }

    /// As the IETF's draft "RateLimit header fields for HTTP" has it.
    pub(crate) fn tell(&self, headers: &mut HeaderMap) {
        let (name, taken) = (self.class.name(), &self.taken);
        let quota = taken.quota;
        let limit = format!(
            "\"{name}\";r={};t={}",
            taken.remaining(),
            taken.full_after()
        );
        let policy = format!(
            "\"{name}\";q={};w={}",
            quota.amount(),
            quota.per().as_secs()
        );
        for (header, value) in [(RATE_LIMIT, limit), (RATE_LIMIT_POLICY, policy)] {
            if let Ok(value) = HeaderValue::from_str(&value) {
                headers.insert(header, value);
            }
        }
    }
}

fn too_many(taken: Taken) -> Problem {
    let seconds = taken.retry_after();
    Problem::new(
        StatusCode::TOO_MANY_REQUESTS,
        "rate_limited",
        format!("too many requests: try again in {seconds} seconds"),
    )
    .with_header(header::RETRY_AFTER, HeaderValue::from(seconds))
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// Asked by machines, or by administrators with a session.
    Free,
    SignIn,
    MailReports,
    Unsubscribe,
    Other,
}

fn kind_of(path: &str) -> Kind {
    let mut segments = path.split('/').filter(|segment| !segment.is_empty());
    match (segments.next(), segments.next()) {
        (Some("health"), _) => Kind::Free,
        (Some("admin"), Some("login")) | (Some("api"), Some("auth")) => Kind::SignIn,
        (Some("admin"), _) => Kind::Free,
        (Some("unsubscribe"), None) => Kind::Unsubscribe,
        (Some("api"), Some("mail")) => Kind::MailReports,
        _ => Kind::Other,
    }
}

/// Whom a good token names. Whether the session still lives is not asked: that
/// would be a query for each request that is refused.
fn user_of(app: &App, request: &Request) -> Option<Uuid> {
    let token = auth::bearer_token(request)?.ok()?;
    let claims = app.tokens.verify(token, app.clock.now()).ok()?;
    Some(claims.sub)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_told_by_the_path_however_it_is_spelled() {
        for (path, kind) in [
            ("/health", Kind::Free),
            ("//health//db", Kind::Free),
            ("/admin/tasks/", Kind::Free),
            ("/admin/login", Kind::SignIn),
            ("/api/auth/login/", Kind::SignIn),
            ("//api//auth/login", Kind::SignIn),
            ("/unsubscribe/", Kind::Unsubscribe),
            ("/api/mail/reports/", Kind::MailReports),
            ("/api/jobs/", Kind::Other),
            ("/api/health/", Kind::Other),
            ("/", Kind::Other),
        ] {
            assert_eq!(kind_of(path), kind, "{path}");
        }
    }
}
