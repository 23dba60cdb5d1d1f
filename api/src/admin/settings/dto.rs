//! Settings as administrators see and change them.

use chrono::{DateTime, Utc};
use jobboard_shared::settings::{self, Settings};
use poem_openapi::{
    Object,
    types::{MaybeUndefined, ToJSON},
};
use serde_json::{Map, Value};
use uuid::Uuid;

/// What administrators decide while the system runs
#[derive(Debug, Object)]
pub(super) struct SystemSettings {
    /// Published jobs that one employer may have at a time
    max_active_jobs_per_employer: u32,
    /// Applications that one freelancer may send in 24 hours
    max_applications_per_day: u32,
    /// Jobs that one account may have saved
    max_saved_jobs: u32,
    /// Entries of each part of a freelancer's profile
    max_profile_items: u32,
    /// Screening questions of one job
    max_questions_per_job: u32,
    /// Job alerts that one account may have
    max_alerts: u32,
    /// Mails about job alerts that one account gets in 24 hours
    max_alert_mails_per_day: u32,
    /// Messages that one account may write in 24 hours
    max_messages_per_day: u32,
    /// Minutes after which somebody is mailed about a message that they have not read
    message_mail_minutes: u32,
    /// Days after its publication that a job without an expiry of its own expires
    default_job_days: u32,
    /// Whether people may create accounts
    registration_open: bool,
    /// Whether employers post only once an administrator has verified them
    require_verified_employer: bool,
    /// Whether employers post only once they have confirmed their email address
    require_verified_email: bool,
    /// What the board calls itself in mails; empty: its host
    brand_name: String,
    /// Of buttons and links in mails: `#rrggbb`
    brand_color: String,
    /// Around the words of a mail: `#rrggbb`
    brand_background: String,
    /// The address of a picture above the words of a mail; empty: none
    brand_logo: String,
    /// Who runs the board, and where, below the words of a mail; may be empty
    brand_footer: String,
}

impl From<Settings> for SystemSettings {
    fn from(settings: Settings) -> Self {
        Self {
            max_active_jobs_per_employer: settings.max_active_jobs_per_employer,
            max_applications_per_day: settings.max_applications_per_day,
            max_saved_jobs: settings.max_saved_jobs,
            max_profile_items: settings.max_profile_items,
            max_questions_per_job: settings.max_questions_per_job,
            max_alerts: settings.max_alerts,
            max_alert_mails_per_day: settings.max_alert_mails_per_day,
            max_messages_per_day: settings.max_messages_per_day,
            message_mail_minutes: settings.message_mail_minutes,
            default_job_days: settings.default_job_days,
            registration_open: settings.registration_open,
            require_verified_employer: settings.require_verified_employer,
            require_verified_email: settings.require_verified_email,
            brand_name: settings.brand_name,
            brand_color: settings.brand_color,
            brand_background: settings.brand_background,
            brand_logo: settings.brand_logo,
            brand_footer: settings.brand_footer,
        }
    }
}

/// Settings to change; null goes back to the default
#[derive(Debug, Object)]
pub(super) struct SystemSettingsPatch {
    #[oai(validator(minimum(value = "1"), maximum(value = "1000000")))]
    max_active_jobs_per_employer: MaybeUndefined<u32>,
    #[oai(validator(minimum(value = "1"), maximum(value = "10000")))]
    max_applications_per_day: MaybeUndefined<u32>,
    #[oai(validator(minimum(value = "1"), maximum(value = "100000")))]
    max_saved_jobs: MaybeUndefined<u32>,
    #[oai(validator(minimum(value = "1"), maximum(value = "1000")))]
    max_profile_items: MaybeUndefined<u32>,
    #[oai(validator(minimum(value = "0"), maximum(value = "100")))]
    max_questions_per_job: MaybeUndefined<u32>,
    #[oai(validator(minimum(value = "1"), maximum(value = "1000")))]
    max_alerts: MaybeUndefined<u32>,
    #[oai(validator(minimum(value = "1"), maximum(value = "1000")))]
    max_alert_mails_per_day: MaybeUndefined<u32>,
    #[oai(validator(minimum(value = "1"), maximum(value = "10000")))]
    max_messages_per_day: MaybeUndefined<u32>,
    #[oai(validator(minimum(value = "1"), maximum(value = "1440")))]
    message_mail_minutes: MaybeUndefined<u32>,
    #[oai(validator(minimum(value = "1"), maximum(value = "3650")))]
    default_job_days: MaybeUndefined<u32>,
    registration_open: MaybeUndefined<bool>,
    require_verified_employer: MaybeUndefined<bool>,
    require_verified_email: MaybeUndefined<bool>,
    #[oai(validator(max_length = 100))]
    brand_name: MaybeUndefined<String>,
    #[oai(validator(pattern = "^#[0-9a-fA-F]{6}$"))]
    brand_color: MaybeUndefined<String>,
    #[oai(validator(pattern = "^#[0-9a-fA-F]{6}$"))]
    brand_background: MaybeUndefined<String>,
    #[oai(validator(max_length = 2000, pattern = "^$|^[Hh][Tt][Tt][Pp][Ss]?://[^/]"))]
    brand_logo: MaybeUndefined<String>,
    #[oai(validator(max_length = 500))]
    brand_footer: MaybeUndefined<String>,
}

impl SystemSettingsPatch {
    /// What is named, by its key.
    pub(super) fn into_wishes(self) -> Map<String, Value> {
        match self.to_json() {
            Some(Value::Object(wishes)) => wishes,
            _ => Map::new(),
        }
    }
}

/// A change of a setting
#[derive(Debug, Object)]
pub(super) struct SettingChange {
    id: Uuid,
    key: String,
    /// What held before, be it the default
    old_value: Value,
    new_value: Value,
    changed_at: DateTime<Utc>,
    /// Null, if the account is gone
    changed_by: Option<Uuid>,
}

impl From<settings::Change> for SettingChange {
    fn from(change: settings::Change) -> Self {
        Self {
            id: change.id,
            key: change.key,
            old_value: change.old_value,
            new_value: change.new_value,
            changed_at: change.changed_at,
            changed_by: change.changed_by,
        }
    }
}

#[cfg(test)]
mod tests {
    use poem_openapi::{registry::Registry, types::Type};

    use super::*;

    #[test]
    fn the_document_has_the_bounds_that_hold() {
        let mut registry = Registry::new();
        SystemSettingsPatch::register(&mut registry);
        let schema = &registry.schemas["SystemSettingsPatch"];
        for (key, bounds) in settings::BOUNDS {
            let (_, property) = schema
                .properties
                .iter()
                .find(|(name, _)| name == key)
                .unwrap();
            let property = property.unwrap_inline();
            assert_eq!(property.minimum, Some((*bounds.start()).into()), "{key}");
            assert_eq!(property.maximum, Some((*bounds.end()).into()), "{key}");
        }
        let all = serde_json::to_value(Settings::default()).unwrap();
        assert_eq!(schema.properties.len(), all.as_object().unwrap().len());
    }
}
