//! From what a row says to a job ad: lenient in spelling, strict in meaning.

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use rust_decimal::Decimal;
use serde::Serialize;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::{
    mapping::{Field, Mapping},
    reader::Columns,
    spelling::{self, clean},
};
use crate::{
    FieldError,
    jobs::{DEFAULT_CURRENCY, ExperienceLevel, JobType, SalaryPeriod, Workplace},
};

/// At most so many skills are kept of an ad.
const MAX_SKILLS: usize = 30;

/// A job ad as a file gives it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ImportedJob {
    pub source: String,
    pub external_id: Option<String>,
    pub title: String,
    pub company: String,
    pub description: String,
    pub requirements: String,
    pub responsibilities: String,
    pub benefits: String,
    pub location: String,
    pub is_remote: bool,
    /// Left out where it is false: the fingerprints of ads that are not hybrid stay
    /// those that were stored before there was this field.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub is_hybrid: bool,
    pub job_type: JobType,
    pub experience_level: Option<ExperienceLevel>,
    pub salary_min: Option<Decimal>,
    pub salary_max: Option<Decimal>,
    pub salary_currency: String,
    pub salary_period: SalaryPeriod,
    /// A category's id, slug or name; one that the board does not have is left out.
    pub category: Option<String>,
    pub skills: Vec<String>,
    /// `None`: the time of the import.
    pub posted_at: Option<DateTime<Utc>>,
    pub expires_at: Option<DateTime<Utc>>,
    pub url: Option<String>,
}

impl ImportedJob {
    /// Reads a row, naming everything that is wrong with it.
    ///
    /// # Errors
    /// One error per field that is missing or breaks a rule.
    pub fn parse(
        columns: &Columns,
        mapping: &Mapping,
        default_source: &str,
        now: DateTime<Utc>,
    ) -> Result<Self, Vec<FieldError>> {
        let mut row = Row {
            columns,
            mapping,
            errors: Vec::new(),
        };
        let (salary_min, salary_max) = (row.money(Field::SalaryMin), row.money(Field::SalaryMax));
        if let (Some(min), Some(max)) = (salary_min, salary_max)
            && min > max
        {
            row.fault(
                Field::SalaryMax,
                "below_minimum",
                format!("{max} is below the minimum {min}"),
            );
        }
        let posted_at = row.time(Field::PostedAt);
        if posted_at.is_some_and(|at| at > now) {
            row.fault(
                Field::PostedAt,
                "in_future",
                "the ad is not posted yet".to_owned(),
            );
        }
        let expires_at = row.time(Field::ExpiresAt);
        if expires_at.is_some_and(|at| at <= posted_at.unwrap_or(now)) {
            row.fault(
                Field::ExpiresAt,
                "before_publication",
                "the ad expires before it is posted".to_owned(),
            );
        }
        let workplace = row.choice(Field::IsRemote, spelling::workplace);
        let job = Self {
            source: row
                .text(Field::Source, 100)
                .unwrap_or_else(|| default_source.to_owned()),
            external_id: row.text(Field::ExternalId, 300),
            title: row.required(Field::Title, 300),
            company: row.required(Field::Company, 200),
            description: row.text(Field::Description, 100_000).unwrap_or_default(),
            requirements: row.text(Field::Requirements, 50_000).unwrap_or_default(),
            responsibilities: row
                .text(Field::Responsibilities, 50_000)
                .unwrap_or_default(),
            benefits: row.text(Field::Benefits, 50_000).unwrap_or_default(),
            location: row.text(Field::Location, 300).unwrap_or_default(),
            is_remote: workplace == Some(Workplace::Remote),
            is_hybrid: workplace == Some(Workplace::Hybrid),
            job_type: row
                .choice(Field::JobType, spelling::job_type)
                .unwrap_or(JobType::FullTime),
            experience_level: row.choice(Field::ExperienceLevel, spelling::experience_level),
            salary_min,
            salary_max,
            salary_currency: row
                .choice(Field::SalaryCurrency, spelling::currency)
                .unwrap_or_else(|| DEFAULT_CURRENCY.to_owned()),
            salary_period: row
                .choice(Field::SalaryPeriod, spelling::salary_period)
                .unwrap_or(SalaryPeriod::Yearly),
            category: row.text(Field::Category, 1000),
            skills: row.skills(),
            posted_at,
            expires_at,
            url: row.url(Field::Url),
        };
        if row.errors.is_empty() {
            Ok(job)
        } else {
            Err(row.errors)
        }
    }

    /// What makes two rows the same ad: source and id, or the whole content.
    pub fn identity(&self) -> [u8; 32] {
        match &self.external_id {
            Some(id) => {
                let mut hash = Sha256::new();
                hash.update(b"id\0");
                hash.update((self.source.len() as u64).to_be_bytes());
                hash.update(&self.source);
                hash.update(id);
                hash.finalize().into()
            }
            None => self.fingerprint(),
        }
    }

    /// Equal for equal ads alone.
    #[expect(clippy::expect_used, reason = "plain data always serializes")]
    pub fn fingerprint(&self) -> [u8; 32] {
        let content = serde_json::to_vec(self).expect("plain data");
        Sha256::digest(content).into()
    }
}

struct Row<'a> {
    columns: &'a Columns,
    mapping: &'a Mapping,
    errors: Vec<FieldError>,
}

impl<'a> Row<'a> {
    /// The first value that is not empty, of the columns for this field.
    fn value(&self, field: Field) -> Option<&'a Value> {
        self.mapping.columns(field).iter().find_map(|column| {
            self.columns.get(column).filter(|value| match value {
                Value::Null => false,
                Value::String(text) => !text.trim().is_empty(),
                Value::Array(items) => !items.is_empty(),
                _ => true,
            })
        })
    }

    fn fault(&mut self, field: Field, code: &'static str, message: String) {
        self.errors
            .push(FieldError::new(field.name(), code, message));
    }

    fn text(&mut self, field: Field, max: usize) -> Option<String> {
        let text = match self.value(field)? {
            Value::String(text) => clean(text),
            Value::Number(number) => number.to_string(),
            Value::Bool(value) => value.to_string(),
            Value::Array(items) if items.iter().all(Value::is_string) => {
                let parts: Vec<_> = items.iter().filter_map(Value::as_str).map(clean).collect();
                parts.join(", ")
            }
            _ => {
                self.fault(field, "invalid_type", "the value is not a text".to_owned());
                return None;
            }
        };
        let length = text.chars().count();
        if length > max {
            self.fault(
                field,
                "too_long",
                format!("{length} characters; at most {max} are kept"),
            );
            return None;
        }
        Some(text).filter(|text| !text.is_empty())
    }

    fn required(&mut self, field: Field, max: usize) -> String {
        let before = self.errors.len();
        self.text(field, max).unwrap_or_else(|| {
            if self.errors.len() == before {
                self.fault(field, "required", format!("the {} is empty", field.name()));
            }
            String::new()
        })
    }

    fn choice<T>(&mut self, field: Field, read: fn(&str) -> Option<T>) -> Option<T> {
        let text = self.text(field, 200)?;
        let key: String = text
            .to_lowercase()
            .chars()
            .map(|c| if c == '-' || c == ' ' { '_' } else { c })
            .collect();
        let choice = read(&key);
        if choice.is_none() {
            let what = field.name();
            self.fault(
                field,
                "invalid_choice",
                format!("{text:?} is not a known {what}"),
            );
        }
        choice
    }

    /// An address of the web: what is served must not run.
    fn url(&mut self, field: Field) -> Option<String> {
        let text = self.text(field, 2000)?;
        let web = url::Url::parse(&text).is_ok_and(|url| matches!(url.scheme(), "http" | "https"));
        if !web {
            self.fault(
                field,
                "invalid_format",
                format!("{text:?} is not an http or https address"),
            );
        }
        web.then_some(text)
    }

    /// Zero means that the ad names no salary.
    fn money(&mut self, field: Field) -> Option<Decimal> {
        let text = self.text(field, 100)?;
        // "85,000" is read; "85,50" and "85.000,50" could mean two things.
        let grouped = text.split(',').skip(1).all(|group| {
            let digits = group.chars().take_while(char::is_ascii_digit).count();
            digits == 3
                && text
                    .find('.')
                    .is_none_or(|dot| text.rfind(',').is_none_or(|c| c < dot))
        });
        if !grouped {
            self.fault(
                field,
                "invalid_format",
                format!("{text:?} is not a number such as 85000 or 85,000.50"),
            );
            return None;
        }
        let plain: String = text
            .chars()
            .filter(|c| !matches!(c, ',' | ' ' | '\'' | '$' | '€' | '£'))
            .collect();
        let amount = plain
            .parse::<Decimal>()
            .or_else(|_| Decimal::from_scientific(&plain))
            .map(|amount| amount.round_dp(2));
        match amount {
            Ok(amount) if amount.is_zero() => None,
            Ok(amount)
                if amount.is_sign_positive() && amount < Decimal::from(1_000_000_000_000_i64) =>
            {
                Some(amount.normalize())
            }
            Ok(_) => {
                self.fault(field, "out_of_range", format!("{text:?} is not a salary"));
                None
            }
            Err(_) => {
                self.fault(field, "invalid_format", format!("{text:?} is not a number"));
                None
            }
        }
    }

    /// RFC 3339, or a date with or without a time, which then is UTC.
    fn time(&mut self, field: Field) -> Option<DateTime<Utc>> {
        let text = self.text(field, 100)?;
        let time = DateTime::parse_from_rfc3339(&text)
            .map(|time| time.to_utc())
            .or_else(|_| text.parse::<NaiveDateTime>().map(|time| time.and_utc()))
            .or_else(|_| {
                NaiveDateTime::parse_from_str(&text, "%Y-%m-%d %H:%M:%S").map(|t| t.and_utc())
            })
            .or_else(|_| {
                text.parse::<NaiveDate>()
                    .map(|date| date.and_time(chrono::NaiveTime::MIN).and_utc())
            })
            .ok()
            .filter(|time| (1970..2200).contains(&chrono::Datelike::year(time)));
        if time.is_none() {
            self.fault(
                field,
                "invalid_format",
                format!("{text:?} is not a date such as 2026-01-31 or 2026-01-31T09:00:00Z"),
            );
        }
        time
    }

    /// Skills of every column named for them; a text is a list parted by commas.
    fn skills(&mut self) -> Vec<String> {
        let mut skills: Vec<String> = Vec::new();
        for column in self.mapping.columns(Field::Skills) {
            let names: Vec<&str> = match self.columns.get(column) {
                Some(Value::Array(items)) => items.iter().filter_map(Value::as_str).collect(),
                Some(Value::String(text)) => text.split([',', ';', '|']).collect(),
                _ => Vec::new(),
            };
            for name in names.into_iter().map(clean) {
                let known = skills.iter().any(|skill| skill.eq_ignore_ascii_case(&name));
                if !name.is_empty() && name.chars().count() <= 100 && !known {
                    skills.push(name);
                }
            }
        }
        skills.truncate(MAX_SKILLS);
        skills
    }
}

#[cfg(test)]
mod tests;
