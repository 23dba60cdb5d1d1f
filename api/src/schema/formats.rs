//! Strings and numbers: formats, lengths, ranges.

use std::{
    collections::HashMap,
    sync::{Arc, LazyLock, RwLock},
};

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, NaiveTime};
use poem_openapi::{
    registry::MetaSchema,
    types::{Email, ParseFromJSON},
};
use regex::Regex;
use rust_decimal::Decimal;
use serde_json::Value;
use url::Url;
use uuid::Uuid;

use super::Walk;

impl Walk<'_> {
    pub(super) fn string(&mut self, schema: &MetaSchema, value: &Value, path: &str) {
        if schema.format == Some("decimal") && !value.is_null() {
            return self.decimal(schema, value, path);
        }
        let Value::String(text) = value else {
            return self.error(path, "invalid_type", "must be a string");
        };
        if text.contains('\0') {
            return self.error(path, "invalid_character", "contains the NUL character");
        }
        if !self.choice(schema, value, path) {
            return;
        }
        self.length(schema, text, path);
        if let Some(expected) = schema.format.and_then(|format| broken_format(format, text)) {
            self.error(path, "invalid_format", format!("must be {expected}"));
        }
        if schema
            .pattern
            .as_deref()
            .is_some_and(|pattern| !matches(pattern, text))
        {
            self.error(path, "invalid_format", "does not have the expected form");
        }
    }

    fn length(&mut self, schema: &MetaSchema, text: &str, path: &str) {
        if let Some(max) = schema.max_length
            && text.chars().nth(max).is_some()
        {
            self.error(
                path,
                "too_long",
                format!("must have at most {max} characters"),
            );
        }
        if let Some(min) = schema.min_length
            && min > 0
            && text.chars().nth(min - 1).is_none()
        {
            let message = match min {
                1 => "must not be empty".to_owned(),
                _ => format!("must have at least {min} characters"),
            };
            self.error(path, "too_short", message);
        }
    }

    /// Amounts may be given as a number or, to be exact, as a string.
    fn decimal(&mut self, schema: &MetaSchema, value: &Value, path: &str) {
        if !value.is_string() && !value.is_number() {
            return self.error(path, "invalid_type", "must be a number");
        }
        match Decimal::parse_from_json(Some(value.clone())) {
            Ok(decimal) => {
                if let Ok(number) = f64::try_from(decimal) {
                    self.range(schema, number, path);
                }
            }
            Err(_) if value.is_number() => self.error(path, "out_of_range", "is out of range"),
            Err(_) => self.error(path, "invalid_format", "must be a decimal number"),
        }
    }

    pub(super) fn number(&mut self, schema: &MetaSchema, value: &Value, path: &str) {
        let Value::Number(number) = value else {
            let expected = match schema.ty {
                "integer" => "must be a whole number",
                _ => "must be a number",
            };
            return self.error(path, "invalid_type", expected);
        };
        if schema.ty == "integer" {
            let exact = number
                .as_i64()
                .map(i128::from)
                .or_else(|| number.as_u64().map(i128::from));
            let Some(exact) = exact else {
                return self.error(path, "invalid_type", "must be a whole number");
            };
            let (low, high) = integer_range(schema.format);
            if !(low..=high).contains(&exact) {
                let (low, high) = narrowed(schema, low, high);
                return self.error(
                    path,
                    "out_of_range",
                    format!("must be between {low} and {high}"),
                );
            }
        }
        if let Some(number) = number.as_f64() {
            self.range(schema, number, path);
        }
        self.choice(schema, value, path);
    }

    fn range(&mut self, schema: &MetaSchema, number: f64, path: &str) {
        if let Some(max) = schema.maximum {
            let exclusive = schema.exclusive_maximum == Some(true);
            if number > max || (exclusive && number >= max) {
                let words = if exclusive { "less than" } else { "at most" };
                self.error(path, "out_of_range", format!("must be {words} {max}"));
            }
        }
        if let Some(min) = schema.minimum {
            let exclusive = schema.exclusive_minimum == Some(true);
            if number < min || (exclusive && number <= min) {
                let words = if exclusive { "more than" } else { "at least" };
                self.error(path, "out_of_range", format!("must be {words} {min}"));
            }
        }
        if let Some(step) = schema.multiple_of
            && number % step != 0.0
        {
            self.error(
                path,
                "out_of_range",
                format!("must be a multiple of {step}"),
            );
        }
    }
}

fn integer_range(format: Option<&str>) -> (i128, i128) {
    match format {
        Some("int8") => (i8::MIN.into(), i8::MAX.into()),
        Some("int16") => (i16::MIN.into(), i16::MAX.into()),
        Some("int32") => (i32::MIN.into(), i32::MAX.into()),
        Some("uint8") => (0, u8::MAX.into()),
        Some("uint16") => (0, u16::MAX.into()),
        Some("uint32") => (0, u32::MAX.into()),
        Some("uint64") => (0, u64::MAX.into()),
        _ => (i64::MIN.into(), i64::MAX.into()),
    }
}

/// The tighter of the type's range and the schema's, for the message.
#[expect(clippy::cast_possible_truncation, reason = "bounds are written by us")]
fn narrowed(schema: &MetaSchema, low: i128, high: i128) -> (i128, i128) {
    (
        schema
            .minimum
            .map_or(low, |min| low.max(min.ceil() as i128)),
        schema
            .maximum
            .map_or(high, |max| high.min(max.floor() as i128)),
    )
}

/// What the text should have been, if it is not.
fn broken_format(format: &str, text: &str) -> Option<&'static str> {
    let (fits, expected) = match format {
        "uuid" => (Uuid::parse_str(text).is_ok(), "a UUID"),
        "date-time" => (
            DateTime::parse_from_rfc3339(text).is_ok_and(|time| is_common_year(time.to_utc())),
            "a time with offset, like 2026-01-31T12:00:00Z",
        ),
        "date" | "naive-date" => (
            text.parse::<NaiveDate>().is_ok_and(is_common_year),
            "a date, like 2026-01-31",
        ),
        "naive-date-time" => (
            text.parse::<NaiveDateTime>()
                .is_ok_and(|time| is_common_year(time.date())),
            "a time without offset, like 2026-01-31T12:00:00",
        ),
        "naive-time" => (
            text.parse::<NaiveTime>().is_ok(),
            "a time of day, like 12:00:00",
        ),
        "email" => (
            Email::parse_from_json(Some(Value::from(text))).is_ok(),
            "an email address",
        ),
        "url" => (Url::parse(text).is_ok(), "an absolute URL"),
        // Links end up in pages: nothing but the web may stand in them.
        "uri" => (
            Url::parse(text)
                .is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host()),
            "an http or https URL",
        ),
        _ => (true, ""),
    };
    (!fits).then_some(expected)
}

/// Whether the year has the four digits that a date has in JSON. Other years can
/// be parsed, but the database stores not all of them.
fn is_common_year(date: impl Datelike) -> bool {
    (1..=9999).contains(&date.year())
}

/// Patterns are written in our code: a broken one matches everything here and
/// is refused where the type itself is parsed.
fn matches(pattern: &str, text: &str) -> bool {
    static PATTERNS: LazyLock<RwLock<HashMap<String, Option<Arc<Regex>>>>> =
        LazyLock::new(RwLock::default);
    let known = PATTERNS
        .read()
        .ok()
        .and_then(|all| all.get(pattern).cloned());
    let regex = known.unwrap_or_else(|| {
        let regex = Regex::new(pattern).ok().map(Arc::new);
        if let Ok(mut all) = PATTERNS.write() {
            all.insert(pattern.to_owned(), regex.clone());
        }
        regex
    });
    regex.is_none_or(|regex| regex.is_match(text))
}

/// Whether the NUL character, which Postgres cannot store, stands anywhere.
pub(super) fn contains_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(values) => values.iter().any(contains_nul),
        Value::Object(map) => map
            .iter()
            .any(|(key, value)| key.contains('\0') || contains_nul(value)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn years_have_four_digits() {
        for (format, good, bad) in [
            ("date", "0001-01-01", "0000-12-31"),
            ("date", "9999-12-31", "+10000-01-01"),
            ("date", "2026-01-31", "-9999-01-01"),
            (
                "naive-date-time",
                "2026-01-31T12:00:00",
                "-0001-01-31T12:00:00",
            ),
            (
                "date-time",
                "0001-01-01T00:00:00Z",
                "0001-01-01T00:00:00+01:00",
            ),
            (
                "date-time",
                "9999-12-31T23:59:59Z",
                "9999-12-31T23:59:59-01:00",
            ),
        ] {
            assert_eq!(broken_format(format, good), None, "{good}");
            assert!(broken_format(format, bad).is_some(), "{bad}");
        }
    }
}
