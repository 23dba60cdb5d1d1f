//! Job alerts as clients send and see them.

use chrono::{DateTime, Utc};
use jobboard_shared::alerts;
use poem_openapi::{Enum, Object};
use uuid::Uuid;

use crate::search::Filters;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[oai(rename_all = "snake_case", remote = "alerts::Frequency")]
pub(super) enum AlertFrequency {
    /// Within minutes
    Instant,
    Daily,
    Weekly,
}

/// A search and when it tells of new jobs
#[derive(Debug, Object)]
pub(super) struct AlertInput {
    #[oai(validator(min_length = 1, max_length = 200))]
    name: String,
    #[oai(flatten)]
    filters: Filters,
    #[oai(default = "daily")]
    frequency: AlertFrequency,
    /// Of the IANA list, as `Europe/Berlin`
    #[oai(default = "utc", validator(min_length = 1, max_length = 100))]
    time_zone: String,
    /// Of daily and weekly ones: after which hour of the zone's time
    #[oai(
        default = "eight",
        validator(minimum(value = "0"), maximum(value = "23"))
    )]
    local_hour: i16,
    /// Of weekly ones; 1 is Monday
    #[oai(
        default = "monday",
        validator(minimum(value = "1"), maximum(value = "7"))
    )]
    weekday: i16,
    /// Jobs that come meanwhile are not told of
    #[oai(default)]
    is_paused: bool,
}

/// A job alert
#[derive(Debug, Object)]
pub(super) struct JobAlert {
    id: Uuid,
    #[oai(flatten)]
    content: AlertInput,
    /// When what has matched by now is told; null while nothing has
    next_delivery_at: Option<DateTime<Utc>>,
    created_at: DateTime<Utc>,
    /// When it was changed
    updated_at: DateTime<Utc>,
}

impl JobAlert {
    pub(super) fn address(&self) -> String {
        format!("/api/alerts/{}/", self.id)
    }
}

impl From<AlertInput> for alerts::AlertContent {
    fn from(input: AlertInput) -> Self {
        Self {
            name: input.name.trim().to_owned(),
            search: input.filters.into(),
            frequency: input.frequency.into(),
            time_zone: input.time_zone,
            local_hour: input.local_hour,
            weekday: input.weekday,
            is_paused: input.is_paused,
        }
    }
}

impl From<alerts::Alert> for JobAlert {
    fn from(alert: alerts::Alert) -> Self {
        let content = alert.content;
        Self {
            id: alert.id,
            content: AlertInput {
                name: content.name,
                filters: content.search.into(),
                frequency: content.frequency.into(),
                time_zone: content.time_zone,
                local_hour: content.local_hour,
                weekday: content.weekday,
                is_paused: content.is_paused,
            },
            next_delivery_at: alert.next_delivery_at,
            created_at: alert.created_at,
            updated_at: alert.updated_at,
        }
    }
}

fn daily() -> AlertFrequency {
    AlertFrequency::Daily
}

fn utc() -> String {
    "UTC".to_owned()
}

fn eight() -> i16 {
    8
}

fn monday() -> i16 {
    1
}
