//! Which column of a file holds which field of a job.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{Error, FieldError, Result};

/// A field of a job that a file can give.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Field {
    ExternalId,
    Source,
    Title,
    Company,
    Description,
    Requirements,
    Responsibilities,
    Benefits,
    Location,
    IsRemote,
    JobType,
    ExperienceLevel,
    SalaryMin,
    SalaryMax,
    SalaryCurrency,
    SalaryPeriod,
    Category,
    Skills,
    PostedAt,
    ExpiresAt,
    Url,
}

impl Field {
    /// Every field with its name and the other column names that are understood
    /// without a mapping.
    pub const ALL: &[(Self, &str, &[&str])] = &[
        (Self::ExternalId, "external_id", &["job_id", "reference"]),
        (Self::Source, "source", &["platform"]),
        (Self::Title, "title", &["job_title", "position"]),
        (
            Self::Company,
            "company",
            &["company_name", "employer", "organization"],
        ),
        (Self::Description, "description", &["job_description"]),
        (Self::Requirements, "requirements", &["qualifications"]),
        (Self::Responsibilities, "responsibilities", &[]),
        (Self::Benefits, "benefits", &[]),
        (Self::Location, "location", &["work_location", "city"]),
        (
            Self::IsRemote,
            "is_remote",
            &["remote", "remote_type", "workplace"],
        ),
        (
            Self::JobType,
            "job_type",
            &["contract_type", "employment_type"],
        ),
        (
            Self::ExperienceLevel,
            "experience_level",
            &["seniority", "level"],
        ),
        (Self::SalaryMin, "salary_min", &["salary_from"]),
        (Self::SalaryMax, "salary_max", &["salary_to"]),
        (Self::SalaryCurrency, "salary_currency", &["currency"]),
        (
            Self::SalaryPeriod,
            "salary_period",
            &["salary_type", "salary_frequency"],
        ),
        (Self::Category, "category", &["job_category"]),
        (Self::Skills, "skills", &["tech_stack"]),
        (
            Self::PostedAt,
            "posted_at",
            &["published_at", "posting_date", "date_posted"],
        ),
        (Self::ExpiresAt, "expires_at", &["valid_through"]),
        (Self::Url, "url", &["external_url", "link"]),
    ];

    pub fn name(self) -> &'static str {
        Self::ALL
            .iter()
            .find(|(field, ..)| *field == self)
            .map_or("", |(_, name, _)| name)
    }

    fn parse(name: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .find(|(_, known, _)| *known == name)
            .map(|(field, ..)| *field)
    }
}

/// Columns by field, best first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mapping(BTreeMap<Field, Vec<String>>);

impl Mapping {
    /// Reads pairs like `title=Business Title`. A field that no pair names keeps
    /// its own name and the usual other ones; a field may be named several times:
    /// the first column that is not empty counts.
    ///
    /// # Errors
    /// Every pair that is not one, or that names an unknown field, under `map`.
    pub fn parse<'a>(pairs: impl IntoIterator<Item = &'a str>) -> Result<Self> {
        let mut errors = Vec::new();
        let mut named: BTreeMap<Field, Vec<String>> = BTreeMap::new();
        for pair in pairs {
            match pair
                .split_once('=')
                .map(|(field, column)| (field.trim(), column.trim()))
            {
                Some((field, column)) if !column.is_empty() => match Field::parse(field) {
                    Some(field) => named.entry(field).or_default().push(column.to_owned()),
                    None => errors.push(unknown_field(field)),
                },
                _ => errors.push(FieldError::new(
                    "map",
                    "invalid_format",
                    format!("{pair:?} is not of the form field=column"),
                )),
            }
        }
        if !errors.is_empty() {
            return Err(Error::Invalid(errors));
        }
        for (field, name, others) in Field::ALL {
            named.entry(*field).or_insert_with(|| {
                std::iter::once(name)
                    .chain(others.iter())
                    .map(|c| (*c).to_owned())
                    .collect()
            });
        }
        Ok(Self(named))
    }

    /// Whether a file with these columns can give jobs at all.
    ///
    /// # Errors
    /// The fields that every job needs and no column holds, under `map`.
    pub fn check_header(&self, header: &[String]) -> Result<()> {
        let errors: Vec<FieldError> = [Field::Title, Field::Company]
            .into_iter()
            .filter(|field| {
                !self
                    .columns(*field)
                    .iter()
                    .any(|column| header.contains(column))
            })
            .map(|field| {
                FieldError::new(
                    "map",
                    "missing_column",
                    format!(
                        "no column holds the {0}: say map={0}=COLUMN with one of {1}",
                        field.name(),
                        shown(header)
                    ),
                )
            })
            .collect();
        if errors.is_empty() {
            Ok(())
        } else {
            Err(Error::Invalid(errors))
        }
    }

    pub fn columns(&self, field: Field) -> &[String] {
        self.0.get(&field).map_or(&[], Vec::as_slice)
    }
}

/// The columns that a person may have meant, not a file that is no table.
fn shown(header: &[String]) -> String {
    const COLUMNS: usize = 30;
    let names: Vec<String> = header
        .iter()
        .take(COLUMNS)
        .map(|name| name.chars().take(60).collect())
        .collect();
    let more = if header.len() > COLUMNS { ", ..." } else { "" };
    names.join(", ") + more
}

fn unknown_field(name: &str) -> FieldError {
    let nearest = Field::ALL
        .iter()
        .map(|(_, known, _)| (*known, strsim::jaro_winkler(known, name)))
        .max_by(|a, b| a.1.total_cmp(&b.1))
        .filter(|(_, likeness)| *likeness > 0.8);
    let hint = nearest.map_or_else(String::new, |(known, _)| {
        format!("; did you mean {known:?}?")
    });
    FieldError::new(
        "map",
        "unknown_field",
        format!("a job has no field {name:?}{hint}"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn named_columns_replace_the_usual_ones() {
        let mapping =
            Mapping::parse(["title=Business Title", "title=Civil Service Title"]).unwrap();
        assert_eq!(
            mapping.columns(Field::Title),
            ["Business Title", "Civil Service Title"]
        );
        assert_eq!(mapping.columns(Field::JobType)[0], "job_type");
    }

    #[test]
    fn a_header_without_the_needed_columns_is_refused_with_a_hint() {
        let header = ["Business Title".to_owned(), "Agency".to_owned()];
        let Err(Error::Invalid(errors)) = Mapping::parse([]).unwrap().check_header(&header) else {
            panic!("accepted");
        };
        assert_eq!(errors.len(), 2);
        assert!(errors[0].message.contains("Business Title, Agency"));
        let mapping = Mapping::parse(["title=Business Title", "company=Agency"]).unwrap();
        assert!(mapping.check_header(&header).is_ok());
    }

    #[test]
    fn every_wrong_pair_is_named() {
        let Err(Error::Invalid(errors)) = Mapping::parse(["titel=A", "title", "company=B"]) else {
            panic!("accepted");
        };
        let codes: Vec<_> = errors.iter().map(|e| e.code.as_ref()).collect();
        assert_eq!(codes, ["unknown_field", "invalid_format"]);
        assert!(
            errors[0].message.contains("\"title\""),
            "{}",
            errors[0].message
        );
    }
}
