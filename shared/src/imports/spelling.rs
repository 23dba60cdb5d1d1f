//! The spellings that feeds have for what a job knows.
//!
//! Choices are read from a key: the text in lower case, its spaces and hyphens
//! turned to underscores.

use crate::{
    jobs::{ExperienceLevel, JobType, SalaryPeriod, Workplace},
    plain_text::decode_entities,
};

/// Without what no database keeps and no reader sees: control characters (line
/// ends and tabs stay) and surrounding space. Feeds write `&#x2F;` for a slash.
pub(super) fn clean(text: &str) -> String {
    let decoded = decode_entities(text);
    let kept: String = decoded
        .chars()
        .filter(|c| !c.is_control() || matches!(c, '\n' | '\t'))
        .collect();
    kept.trim().to_owned()
}

pub(super) fn workplace(key: &str) -> Option<Workplace> {
    match key {
        "true" | "yes" | "y" | "1" | "remote" | "fully_remote" | "telecommute" => {
            Some(Workplace::Remote)
        }
        "hybrid" | "partly_remote" => Some(Workplace::Hybrid),
        "false" | "no" | "n" | "0" | "onsite" | "on_site" | "office" => Some(Workplace::OnSite),
        _ => None,
    }
}

pub(super) fn job_type(key: &str) -> Option<JobType> {
    match key {
        "full_time" | "fulltime" | "f" | "permanent" => Some(JobType::FullTime),
        "part_time" | "parttime" | "p" => Some(JobType::PartTime),
        "contract" | "contractor" | "temporary" => Some(JobType::Contract),
        "freelance" | "freelancer" => Some(JobType::Freelance),
        "internship" | "intern" => Some(JobType::Internship),
        _ => None,
    }
}

pub(super) fn experience_level(key: &str) -> Option<ExperienceLevel> {
    match key {
        "entry" | "entry_level" | "junior" | "student" => Some(ExperienceLevel::Entry),
        "intermediate" | "mid" | "mid_level" | "experienced" | "experienced_(non_manager)" => {
            Some(ExperienceLevel::Intermediate)
        }
        "senior" => Some(ExperienceLevel::Senior),
        "lead" | "principal" | "staff" | "manager" => Some(ExperienceLevel::Lead),
        "executive" | "director" | "c_level" => Some(ExperienceLevel::Executive),
        _ => None,
    }
}

pub(super) fn salary_period(key: &str) -> Option<SalaryPeriod> {
    match key {
        "hourly" | "hour" => Some(SalaryPeriod::Hourly),
        "daily" | "day" => Some(SalaryPeriod::Daily),
        "weekly" | "week" => Some(SalaryPeriod::Weekly),
        "monthly" | "month" => Some(SalaryPeriod::Monthly),
        "yearly" | "year" | "annual" | "annually" => Some(SalaryPeriod::Yearly),
        _ => None,
    }
}

pub(super) fn currency(key: &str) -> Option<String> {
    let code = key.to_uppercase();
    (code.len() == 3 && code.chars().all(|c| c.is_ascii_uppercase())).then_some(code)
}
