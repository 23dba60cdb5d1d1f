//! What administrators decide while the system runs.
//!
//! A further setting is a field of [`Settings`] with its default, a line of
//! [`BOUNDS`] where it is a number or of [`TEXTS`] where it is a text, and a field in
//! the two objects of `api/src/admin/settings/dto.rs`.

pub mod db;

use std::ops::RangeInclusive;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sqlx::PgConnection;
use tracing::{info, warn};
use uuid::Uuid;

use crate::{Error, FieldError, Result, rules::Rules};

/// All settings, those that nobody has changed with their defaults.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// Published jobs that one employer may have at a time.
    pub max_active_jobs_per_employer: u32,
    /// Applications that one freelancer may send in 24 hours.
    pub max_applications_per_day: u32,
    /// Jobs that one account may have saved.
    pub max_saved_jobs: u32,
    /// Entries of each part of a freelancer's profile: projects, jobs, degrees, ...
    pub max_profile_items: u32,
    /// Screening questions of one job.
    pub max_questions_per_job: u32,
    /// Job alerts that one account may have.
    pub max_alerts: u32,
    /// Mails about job alerts that one account gets in 24 hours.
    pub max_alert_mails_per_day: u32,
    /// Messages that one account may write in 24 hours.
    pub max_messages_per_day: u32,
    /// Minutes after which somebody is mailed about a message that they have not read.
    pub message_mail_minutes: u32,
    /// Days after its publication that a job without an expiry of its own expires.
    pub default_job_days: u32,
    /// Whether people may create accounts.
    pub registration_open: bool,
    /// Whether employers post only once an administrator has verified them.
    pub require_verified_employer: bool,
    /// Whether employers post only once they have confirmed their email address.
    pub require_verified_email: bool,
    /// What the board calls itself in mails; empty: its host.
    pub brand_name: String,
    /// Of buttons and links in mails.
    pub brand_color: String,
    /// Around the words of a mail.
    pub brand_background: String,
    /// Of a picture above the words of a mail; empty: none.
    pub brand_logo: String,
    /// Who runs the board, and where, below the words of a mail; may be empty.
    pub brand_footer: String,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            max_active_jobs_per_employer: 1_000,
            max_applications_per_day: 100,
            max_saved_jobs: 1_000,
            max_profile_items: 100,
            max_questions_per_job: 20,
            max_alerts: 50,
            max_alert_mails_per_day: 10,
            max_messages_per_day: 200,
            message_mail_minutes: 10,
            default_job_days: 60,
            registration_open: true,
            require_verified_employer: false,
            require_verified_email: false,
            brand_name: String::new(),
            brand_color: "#1f5f8b".into(),
            brand_background: "#f3f4f6".into(),
            brand_logo: String::new(),
            brand_footer: String::new(),
        }
    }
}

/// What each number may be.
pub const BOUNDS: &[(&str, RangeInclusive<u32>)] = &[
    ("max_active_jobs_per_employer", 1..=1_000_000),
    ("max_applications_per_day", 1..=10_000),
    ("max_saved_jobs", 1..=100_000),
    ("max_profile_items", 1..=1_000),
    ("max_questions_per_job", 0..=100),
    ("max_alerts", 1..=1_000),
    ("max_alert_mails_per_day", 1..=1_000),
    ("max_messages_per_day", 1..=10_000),
    ("message_mail_minutes", 1..=1_440),
    ("default_job_days", 1..=3_650),
];

/// What a text may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Text {
    /// At most so many characters, on one line.
    Line(usize),
    /// At most so many characters.
    Lines(usize),
    /// `#rrggbb`
    Color,
    /// The address of something on the web, or nothing.
    Url,
}

/// What each text may be.
pub const TEXTS: &[(&str, Text)] = &[
    ("brand_name", Text::Line(100)),
    ("brand_color", Text::Color),
    ("brand_background", Text::Color),
    ("brand_logo", Text::Url),
    ("brand_footer", Text::Lines(500)),
];

/// `#rrggbb`
pub fn is_color(text: &str) -> bool {
    text.strip_prefix('#')
        .is_some_and(|digits| digits.len() == 6 && digits.bytes().all(|b| b.is_ascii_hexdigit()))
}

/// One change of one setting.
#[derive(Clone, Debug)]
pub struct Change {
    pub id: Uuid,
    pub key: String,
    /// What held before, be it the default.
    pub old_value: Value,
    pub new_value: Value,
    pub changed_at: DateTime<Utc>,
    /// None when the account is gone.
    pub changed_by: Option<Uuid>,
}

/// The settings as they are now. One small query.
pub async fn load(conn: &mut PgConnection) -> Result<Settings> {
    let mut settings = Settings::default();
    for (key, value) in db::stored(conn).await? {
        // Another version of the code may have stored what this one cannot read.
        match settings.with(&key, value) {
            Some(changed) => settings = changed,
            None => warn!(%key, "a stored setting is not readable: its default holds"),
        }
    }
    Ok(settings)
}

/// Changes what `wishes` names, all or nothing; null goes back to the default. Each
/// change is recorded, and logged by [`log`] once it is committed. Belongs in a
/// transaction.
pub async fn change(
    conn: &mut PgConnection,
    admin: Uuid,
    wishes: &Map<String, Value>,
) -> Result<Vec<Change>> {
    let defaults = object(&Settings::default());
    let mut errors = Vec::new();
    for (key, value) in wishes {
        errors.extend(refusal(&defaults, key, value));
    }
    if !errors.is_empty() {
        return Err(Error::Invalid(errors));
    }
    // Two changes at the same time record what each found.
    db::lock(conn).await?;
    let old = object(&load(conn).await?);
    let mut changes = Vec::new();
    for (key, wish) in wishes {
        let to_default = wish.is_null();
        let new = if to_default { &defaults[key] } else { wish };
        if to_default {
            db::remove(conn, key).await?;
        } else {
            db::put(conn, key, new, admin).await?;
        }
        if old[key] != *new {
            changes.push(db::record(conn, key, &old[key], new, admin).await?);
        }
    }
    Ok(changes)
}

/// Tells the log of changes that are committed.
pub fn log(changes: &[Change]) {
    for change in changes {
        let (key, by) = (&change.key, change.changed_by);
        info!(%key, old = %change.old_value, new = %change.new_value, ?by, "setting changed");
    }
}

impl Settings {
    /// With one of them changed; none where there is no such setting, or the value
    /// is not one of its kind or out of bounds.
    fn with(&self, key: &str, value: Value) -> Option<Self> {
        let mut all = object(self);
        if refusal(&all, key, &value).is_some() {
            return None;
        }
        all.insert(key.to_owned(), value);
        serde_json::from_value(Value::Object(all)).ok()
    }
}

fn refusal(known: &Map<String, Value>, key: &str, value: &Value) -> Option<FieldError> {
    let Some(present) = known.get(key) else {
        return Some(FieldError::new(key, "unknown_field", "is not a setting"));
    };
    if value.is_null() {
        return None;
    }
    if let Some((_, bounds)) = BOUNDS.iter().find(|(name, _)| *name == key) {
        let fits = value
            .as_u64()
            .is_some_and(|n| u32::try_from(n).is_ok_and(|n| bounds.contains(&n)));
        let (low, high) = (bounds.start(), bounds.end());
        let message = format!("must be a whole number between {low} and {high}");
        return (!fits).then(|| FieldError::new(key, "out_of_range", message));
    }
    if let Some((_, text)) = TEXTS.iter().find(|(name, _)| *name == key) {
        return match value.as_str() {
            Some(value) => text.refusal(key, value),
            None => Some(FieldError::new(key, "invalid_type", "must be a text")),
        };
    }
    (present.is_boolean() != value.is_boolean())
        .then(|| FieldError::new(key, "invalid_type", "must be true or false"))
}

impl Text {
    fn refusal(self, key: &str, value: &str) -> Option<FieldError> {
        let mut rules = Rules::new();
        match self {
            Self::Line(most) => rules.line(key, value, most),
            Self::Lines(most) => rules.text(key, value, most),
            Self::Color if is_color(value) => {}
            Self::Color => {
                rules.refuse(key, "invalid_color", "must be a colour such as #1f5f8b");
            }
            Self::Url => rules.url(key, Some(value).filter(|value| !value.is_empty())),
        }
        rules.into_errors().pop()
    }
}

fn object(settings: &Settings) -> Map<String, Value> {
    match serde_json::to_value(settings) {
        Ok(Value::Object(all)) => all,
        _ => Map::new(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_number_and_text_has_bounds_that_hold_its_default() {
        let all = object(&Settings::default());
        for (key, value) in all.clone() {
            let bounds = BOUNDS.iter().find(|(name, _)| *name == key);
            match value.as_u64() {
                Some(number) => {
                    let (_, bounds) = bounds.unwrap_or_else(|| panic!("{key} has no bounds"));
                    assert!(bounds.contains(&u32::try_from(number).unwrap()), "{key}");
                }
                None => assert!(bounds.is_none(), "{key}"),
            }
            let is_text = TEXTS.iter().any(|(name, _)| *name == key);
            assert_eq!(value.is_string(), is_text, "{key}");
            assert!(refusal(&all, &key, &value).is_none(), "{key}");
        }
    }

    #[test]
    fn what_is_stored_wrongly_changes_nothing() {
        let defaults = Settings::default();
        for (key, value) in [
            ("no_such_setting", json!(1)),
            ("max_saved_jobs", json!(0)),
            ("max_saved_jobs", json!(5_000_000_000_u64)),
            ("max_saved_jobs", json!(1.5)),
            ("max_saved_jobs", json!("7")),
            ("registration_open", json!(1)),
            ("brand_name", json!("Good\nJobs")),
            ("brand_name", json!(7)),
            ("brand_name", json!("x".repeat(101))),
            ("brand_color", json!("red")),
            ("brand_color", json!("#12345g")),
            ("brand_color", json!("")),
            ("brand_logo", json!("javascript:alert(1)")),
            ("brand_footer", json!("x".repeat(501))),
        ] {
            assert_eq!(defaults.with(key, value.clone()), None, "{key} {value}");
        }
        let changed = defaults.with("max_saved_jobs", json!(7)).unwrap();
        assert_eq!(changed.max_saved_jobs, 7);
    }
}
