//! From a template and its facts to subject, text and HTML.

use std::sync::LazyLock;

use minijinja::{
    AutoEscape, Environment, UndefinedBehavior, context,
    syntax::SyntaxConfig,
    value::{Serde, Value},
};
use serde::Serialize;
use url::Url;

use super::Template;

/// A mail's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rendered {
    /// One line.
    pub subject: String,
    pub text: String,
    pub html: String,
}

/// Whom the mail greets.
#[derive(Clone, Debug, Serialize)]
pub struct Recipient {
    /// May be empty.
    pub first_name: String,
    /// Where mails of this type can be stopped, if they can.
    pub unsubscribe_url: Option<String>,
}

#[derive(Debug, thiserror::Error)]
#[error("a mail template failed: {0}")]
pub struct RenderError(#[from] minijinja::Error);

/// Longer subjects are cut: mail programs show less than this anyway.
const MAX_SUBJECT: usize = 150;

const SOURCES: &[(&str, &str)] = &[
    ("layout.txt", include_str!("templates/layout.txt")),
    ("layout.html", include_str!("templates/layout.html")),
    (
        "application_confirmation.txt",
        include_str!("templates/application_confirmation.txt"),
    ),
    (
        "application_confirmation.html",
        include_str!("templates/application_confirmation.html"),
    ),
    (
        "application_received.txt",
        include_str!("templates/application_received.txt"),
    ),
    (
        "application_received.html",
        include_str!("templates/application_received.html"),
    ),
    (
        "application_status_changed.txt",
        include_str!("templates/application_status_changed.txt"),
    ),
    (
        "application_status_changed.html",
        include_str!("templates/application_status_changed.html"),
    ),
    (
        "application_withdrawn.txt",
        include_str!("templates/application_withdrawn.txt"),
    ),
    (
        "application_withdrawn.html",
        include_str!("templates/application_withdrawn.html"),
    ),
    (
        "offer_accepted.txt",
        include_str!("templates/offer_accepted.txt"),
    ),
    (
        "offer_accepted.html",
        include_str!("templates/offer_accepted.html"),
    ),
    ("job_expired.txt", include_str!("templates/job_expired.txt")),
    (
        "job_expired.html",
        include_str!("templates/job_expired.html"),
    ),
    (
        "import_finished.txt",
        include_str!("templates/import_finished.txt"),
    ),
    (
        "import_finished.html",
        include_str!("templates/import_finished.html"),
    ),
    ("job_lines.txt", include_str!("templates/job_lines.txt")),
    ("job_lines.html", include_str!("templates/job_lines.html")),
    ("job_alert.txt", include_str!("templates/job_alert.txt")),
    ("job_alert.html", include_str!("templates/job_alert.html")),
    ("job_digest.txt", include_str!("templates/job_digest.txt")),
    ("job_digest.html", include_str!("templates/job_digest.html")),
    (
        "employer_summary.txt",
        include_str!("templates/employer_summary.txt"),
    ),
    (
        "employer_summary.html",
        include_str!("templates/employer_summary.html"),
    ),
    ("dead_tasks.txt", include_str!("templates/dead_tasks.txt")),
    ("dead_tasks.html", include_str!("templates/dead_tasks.html")),
    (
        "password_reset.txt",
        include_str!("templates/password_reset.txt"),
    ),
    (
        "password_reset.html",
        include_str!("templates/password_reset.html"),
    ),
    (
        "password_changed.txt",
        include_str!("templates/password_changed.txt"),
    ),
    (
        "password_changed.html",
        include_str!("templates/password_changed.html"),
    ),
    (
        "email_verification.txt",
        include_str!("templates/email_verification.txt"),
    ),
    (
        "email_verification.html",
        include_str!("templates/email_verification.html"),
    ),
    (
        "email_changed.txt",
        include_str!("templates/email_changed.txt"),
    ),
    (
        "email_changed.html",
        include_str!("templates/email_changed.html"),
    ),
    (
        "account_created.txt",
        include_str!("templates/account_created.txt"),
    ),
    (
        "account_created.html",
        include_str!("templates/account_created.html"),
    ),
    (
        "verification_decided.txt",
        include_str!("templates/verification_decided.txt"),
    ),
    (
        "verification_decided.html",
        include_str!("templates/verification_decided.html"),
    ),
];

static TEMPLATES: LazyLock<Result<Environment<'static>, minijinja::Error>> = LazyLock::new(|| {
    let mut environment = Environment::new();
    // A missing fact is an error, not a gap in somebody's mail.
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_syntax(
        SyntaxConfig::builder()
            .trim_blocks(true)
            .lstrip_blocks(true)
            .keep_trailing_newline(true)
            .build()?,
    );
    environment.set_auto_escape_callback(|name| {
        if name.ends_with(".html") {
            AutoEscape::Html
        } else {
            AutoEscape::None
        }
    });
    environment.add_filter("one_line", |text: &str| one_line(text, usize::MAX));
    for (name, source) in SOURCES {
        environment.add_template(name, source)?;
    }
    Ok(environment)
});

/// `facts` are what the template's variables name; `site` is where links lead.
pub fn render(
    template: Template,
    site: &Url,
    recipient: &Recipient,
    facts: &impl Serialize,
) -> Result<Rendered, RenderError> {
    let templates = TEMPLATES.as_ref().map_err(|error| {
        minijinja::Error::new(error.kind(), "the mail templates do not parse")
            .with_source(std::io::Error::other(error.to_string()))
    })?;
    let facts = context! {
        site => context! {
            // A parsed address needs no escaping.
            url => Value::from_safe_string(site.as_str().trim_end_matches('/').to_owned()),
            host => site.host_str().unwrap_or("localhost"),
        },
        recipient => Value::from(Serde(recipient)),
        ..Value::from(Serde(facts))
    };
    let mut text = templates
        .get_template(&format!("{template}.txt"))?
        .render_captured(facts.clone())?;
    let subject = text.with_state_mut(|state| state.render_block("subject"))?;
    let html = templates
        .get_template(&format!("{template}.html"))?
        .render(facts)?;
    Ok(Rendered {
        subject: one_line(&subject, MAX_SUBJECT),
        text: text.into_output(),
        html,
    })
}

/// The text with each run of white space and control characters as one space,
/// cut to `max` characters. Nothing in it can begin a header or a paragraph.
fn one_line(text: &str, max: usize) -> String {
    let line = text
        .split(|c: char| c.is_whitespace() || c.is_control())
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ");
    match line.char_indices().nth(max) {
        None => line,
        Some(_) => {
            let kept: String = line.chars().take(max - 1).collect();
            format!("{}…", kept.trim_end())
        }
    }
}
