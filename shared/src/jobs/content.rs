//! What a job says, and the rules it obeys.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{rules::Rules, skills::ProficiencyLevel};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, sqlx::Type)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "job_type", rename_all = "snake_case")]
pub enum JobType {
    FullTime,
    PartTime,
    Contract,
    Freelance,
    Internship,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, sqlx::Type)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "experience_level", rename_all = "snake_case")]
pub enum ExperienceLevel {
    Entry,
    Intermediate,
    Senior,
    Lead,
    Executive,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, sqlx::Type)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "salary_period", rename_all = "snake_case")]
pub enum SalaryPeriod {
    Hourly,
    Daily,
    Weekly,
    Monthly,
    Yearly,
}

/// What an ad is written in, as ISO 639-1 spells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, sqlx::Type)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum AdLanguage {
    En,
    De,
    Fr,
    Es,
    Pt,
    It,
    Nl,
}

/// Where the work is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Workplace {
    OnSite,
    /// Partly on site.
    Hybrid,
    Remote,
}

impl Workplace {
    /// From the two flags of the table, which are not both set.
    pub fn of(is_remote: bool, is_hybrid: bool) -> Self {
        match (is_remote, is_hybrid) {
            (true, _) => Self::Remote,
            (false, true) => Self::Hybrid,
            (false, false) => Self::OnSite,
        }
    }

    /// What is meant by one who says this much of it, where it was `self` before.
    pub fn changed(self, is_remote: Option<bool>) -> Self {
        match is_remote {
            Some(true) => Self::Remote,
            Some(false) if self == Self::Remote => Self::OnSite,
            Some(false) | None => self,
        }
    }
}

/// The editable part of a job that is no reference.
#[derive(Clone, Debug, PartialEq)]
pub struct JobContent {
    pub title: String,
    pub description: String,
    pub requirements: String,
    pub responsibilities: String,
    pub benefits: String,
    pub location: String,
    /// Whether `workplace` is remote; [`JobContent::check`] holds them together.
    pub is_remote: bool,
    pub workplace: Workplace,
    pub job_type: JobType,
    pub experience_level: Option<ExperienceLevel>,
    pub salary_min: Option<Decimal>,
    pub salary_max: Option<Decimal>,
    pub salary_currency: String,
    pub salary_period: SalaryPeriod,
    pub expires_at: Option<DateTime<Utc>>,
    /// None where it is for search to find out.
    pub language: Option<AdLanguage>,
}

pub const DEFAULT_CURRENCY: &str = "USD";

impl Default for JobContent {
    fn default() -> Self {
        Self {
            title: String::new(),
            description: String::new(),
            requirements: String::new(),
            responsibilities: String::new(),
            benefits: String::new(),
            location: String::new(),
            is_remote: false,
            workplace: Workplace::OnSite,
            job_type: JobType::FullTime,
            experience_level: None,
            salary_min: None,
            salary_max: None,
            salary_currency: DEFAULT_CURRENCY.to_owned(),
            salary_period: SalaryPeriod::Yearly,
            expires_at: None,
            language: None,
        }
    }
}

impl JobContent {
    /// Everything that is wrong with it, by field.
    pub fn check(&self, rules: &mut Rules) {
        rules.required_line("title", &self.title, 300);
        rules.text("description", &self.description, 100_000);
        rules.text("requirements", &self.requirements, 50_000);
        rules.text("responsibilities", &self.responsibilities, 50_000);
        rules.text("benefits", &self.benefits, 50_000);
        rules.line("location", &self.location, 300);
        if self.is_remote != (self.workplace == Workplace::Remote) {
            rules.refuse(
                "workplace",
                "contradicts_is_remote",
                "`workplace` is `remote` where `is_remote` is true, and nowhere else",
            );
        }
        rules.money("salary_min", self.salary_min, 12);
        rules.money("salary_max", self.salary_max, 12);
        rules.order(
            ("salary_min", self.salary_min),
            ("salary_max", self.salary_max),
        );
        rules.currency("salary_currency", &self.salary_currency);
    }
}

/// A skill that a request gives to a job, by id or name.
#[derive(Clone, Debug, PartialEq)]
pub struct SkillWish {
    pub skill: String,
    pub proficiency_level: Option<ProficiencyLevel>,
    pub is_required: bool,
    pub years_required: Option<f64>,
}

impl SkillWish {
    pub fn required(skill: impl Into<String>) -> Self {
        Self {
            skill: skill.into(),
            proficiency_level: None,
            is_required: true,
            years_required: None,
        }
    }
}

/// A skill that a job asks for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct JobSkill {
    pub skill_id: Uuid,
    pub name: String,
    pub slug: String,
    pub proficiency_level: Option<ProficiencyLevel>,
    pub is_required: bool,
    pub years_required: Option<f64>,
}

/// A job asks for at most this many skills.
pub const MAX_SKILLS: usize = 50;

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong_fields(content: &JobContent) -> Vec<String> {
        let mut rules = Rules::new();
        content.check(&mut rules);
        rules.into_errors().into_iter().map(|e| e.field).collect()
    }

    #[test]
    fn every_broken_rule_is_named_at_once() {
        let content = JobContent {
            title: "  ".into(),
            location: "x".repeat(301),
            workplace: Workplace::Remote,
            description: "a\0b".into(),
            salary_min: Some(Decimal::new(-1, 0)),
            salary_max: Some(Decimal::new(10_001, 3)),
            salary_currency: "usd".into(),
            ..JobContent::default()
        };
        assert_eq!(
            wrong_fields(&content),
            [
                "title",
                "description",
                "location",
                "workplace",
                "salary_min",
                "salary_max",
                "salary_currency"
            ]
        );
    }

    #[test]
    fn a_salary_range_is_in_order() {
        let content = JobContent {
            title: "Cook".into(),
            salary_min: Some(Decimal::new(2, 0)),
            salary_max: Some(Decimal::new(1, 0)),
            ..JobContent::default()
        };
        assert_eq!(wrong_fields(&content), ["salary_max"]);
    }
}
