//! The rules that fields of several domains obey. Every broken one is reported,
//! not the first alone.

use chrono::{Datelike, NaiveDate};
use rust_decimal::Decimal;
use serde_json::Value;
use url::Url;

use crate::{Error, FieldError, Result, users::Email};

/// Collects what is wrong with the fields of one request.
#[derive(Debug, Default)]
pub struct Rules {
    errors: Vec<FieldError>,
}

/// The longest address accepted anywhere, in characters.
pub const MAX_URL: usize = 2000;

/// The value, or None where it is `Invalid`, with what is wrong beside the other wrong fields.
pub fn keep<T>(result: Result<T>, wrong: &mut Vec<FieldError>) -> Result<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(Error::Invalid(errors)) => {
            wrong.extend(errors);
            Ok(None)
        }
        Err(other) => Err(other),
    }
}

impl Rules {
    pub fn new() -> Self {
        Self::default()
    }

    pub fn refuse(&mut self, field: &str, code: &'static str, message: impl Into<String>) {
        self.errors.push(FieldError::new(field, code, message));
    }

    /// At most `max` characters, and none that the database cannot store.
    pub fn text(&mut self, field: &str, text: &str, max: usize) {
        if text.chars().count() > max {
            self.refuse(field, "too_long", format!("at most {max} characters"));
        }
        if text.contains('\0') {
            self.refuse(
                field,
                "invalid_character",
                "the character NUL is not allowed",
            );
        }
    }

    /// Like [`Rules::text`], and not blank.
    pub fn required_text(&mut self, field: &str, text: &str, max: usize) {
        if text.trim().is_empty() {
            self.refuse(field, "blank", "must not be blank");
        }
        self.text(field, text, max);
    }

    /// A name or a title: at most `max` characters on one line, none of them a
    /// control character.
    pub fn line(&mut self, field: &str, text: &str, max: usize) {
        if text.chars().count() > max {
            self.refuse(field, "too_long", format!("at most {max} characters"));
        }
        let breaks_lines = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}');
        if text.contains(breaks_lines) {
            self.refuse(
                field,
                "invalid_character",
                "line breaks and control characters are not allowed",
            );
        }
    }

    /// Like [`Rules::line`], and not blank.
    pub fn required_line(&mut self, field: &str, text: &str, max: usize) {
        if text.trim().is_empty() {
            self.refuse(field, "blank", "must not be blank");
        }
        self.line(field, text, max);
    }

    pub fn optional_line(&mut self, field: &str, text: Option<&str>, max: usize) {
        if let Some(text) = text {
            self.line(field, text, max);
        }
    }

    pub fn optional_text(&mut self, field: &str, text: Option<&str>, max: usize) {
        if let Some(text) = text {
            self.text(field, text, max);
        }
    }

    /// An absolute http or https address.
    pub fn url(&mut self, field: &str, url: Option<&str>) {
        let Some(url) = url else { return };
        self.line(field, url, MAX_URL);
        let valid = Url::parse(url)
            .is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
        if !valid {
            self.refuse(
                field,
                "invalid_url",
                "must be an address that starts with http:// or https://",
            );
        }
    }

    /// By the rule for the addresses of accounts.
    pub fn email(&mut self, field: &str, email: Option<&str>) {
        let Some(email) = email else { return };
        if let Err(error) = Email::parse(email) {
            self.errors.push(FieldError {
                field: field.to_owned(),
                ..error
            });
        }
    }

    /// Not negative, at most two decimals, below 10^`digits`.
    pub fn money(&mut self, field: &str, amount: Option<Decimal>, digits: u32) {
        let Some(amount) = amount else { return };
        if amount.is_sign_negative() && !amount.is_zero() {
            self.refuse(field, "negative", "must not be negative");
        }
        if amount.normalize().scale() > 2 {
            self.refuse(field, "too_precise", "at most two decimals");
        }
        if amount.abs() >= Decimal::from(10_u64.saturating_pow(digits)) {
            self.refuse(field, "too_large", format!("must be below 10^{digits}"));
        }
    }

    pub fn order(
        &mut self,
        (low_field, low): (&str, Option<Decimal>),
        (high_field, high): (&str, Option<Decimal>),
    ) {
        if let (Some(low), Some(high)) = (low, high)
            && low > high
        {
            self.refuse(
                high_field,
                "below_minimum",
                format!("{high_field} is below {low_field}"),
            );
        }
    }

    /// Three capital letters, as in ISO 4217.
    pub fn currency(&mut self, field: &str, code: &str) {
        if code.len() != 3 || !code.bytes().all(|b| b.is_ascii_uppercase()) {
            self.refuse(
                field,
                "invalid_currency",
                "must be a code of three capital letters, such as USD",
            );
        }
    }

    pub fn years(&mut self, field: &str, years: Option<f64>) {
        if years.is_some_and(|years| !(0.0..=80.0).contains(&years)) {
            self.refuse(field, "out_of_range", "must be between 0 and 80");
        }
    }

    /// 1 to 5.
    pub fn stars(&mut self, field: &str, rating: i16) {
        if !(1..=5).contains(&rating) {
            self.refuse(field, "out_of_range", "must be between 1 and 5");
        }
    }

    /// A day of this or the last century.
    pub fn day(&mut self, field: &str, day: Option<NaiveDate>) {
        if day.is_some_and(|day| !(1900..2200).contains(&day.year())) {
            self.refuse(field, "out_of_range", "must be between 1900 and 2199");
        }
    }

    /// Like [`Rules::day`], and not after `last`, the latest day that has begun
    /// anywhere.
    pub fn past_day(&mut self, field: &str, day: Option<NaiveDate>, last: NaiveDate) {
        if day.is_some_and(|day| day > last) {
            self.refuse(field, "in_the_future", "must not be in the future");
        } else {
            self.day(field, day);
        }
    }

    /// The second not before the first.
    pub fn days(
        &mut self,
        (first_field, first): (&str, NaiveDate),
        (second_field, second): (&str, Option<NaiveDate>),
    ) {
        if second.is_some_and(|second| second < first) {
            self.refuse(
                second_field,
                "before_start",
                format!("{second_field} is before {first_field}"),
            );
        }
    }

    /// A bounded list of short texts.
    pub fn texts(&mut self, field: &str, texts: &[String], max_items: usize, max: usize) {
        self.count(field, texts.len(), max_items);
        for (i, text) in texts.iter().enumerate() {
            self.required_line(&format!("{field}.{i}"), text, max);
        }
    }

    pub fn count(&mut self, field: &str, items: usize, max: usize) {
        if items > max {
            self.refuse(field, "too_many", format!("at most {max} items"));
        }
    }

    /// A free-form object of bounded size.
    pub fn object(&mut self, field: &str, object: &Value, max_bytes: usize) {
        if !object.is_object() {
            self.refuse(field, "invalid_type", "must be an object");
            return;
        }
        let text = object.to_string();
        if text.len() > max_bytes {
            self.refuse(field, "too_long", format!("at most {max_bytes} bytes"));
        }
        if text.contains("\\u0000") {
            self.refuse(
                field,
                "invalid_character",
                "the character NUL is not allowed",
            );
        }
    }

    /// All that was refused, as one error.
    pub fn finish(self) -> Result<()> {
        if self.errors.is_empty() {
            Ok(())
        } else {
            Err(Error::Invalid(self.errors))
        }
    }

    pub fn into_errors(self) -> Vec<FieldError> {
        self.errors
    }
}
