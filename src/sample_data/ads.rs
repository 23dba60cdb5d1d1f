//! The jobs of the sample board.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};

use super::{
    companies::{Company, location},
    levels::{LEVELS, Level},
    professions::Profession,
    random::Random,
    texts::{Texts, fill},
};

pub(super) struct Ad {
    pub(super) company: usize,
    pub(super) profession: usize,
    pub(super) level: Level,
    pub(super) title: String,
    pub(super) description: String,
    pub(super) requirements: String,
    pub(super) responsibilities: String,
    pub(super) benefits: String,
    pub(super) location: String,
    pub(super) is_remote: bool,
    pub(super) job_type: &'static str,
    pub(super) salary: Option<Salary>,
    /// The required ones first.
    pub(super) skills: Vec<&'static str>,
    pub(super) status: &'static str,
    pub(super) created_at: DateTime<Utc>,
    pub(super) published_at: Option<DateTime<Utc>>,
    pub(super) expires_at: Option<DateTime<Utc>>,
    pub(super) closed_at: Option<DateTime<Utc>>,
    /// How much attention it draws, 0 to 1.
    pub(super) appeal: f64,
}

impl Ad {
    /// When it could be seen.
    pub(super) fn shown(&self, now: DateTime<Utc>) -> Option<(DateTime<Utc>, DateTime<Utc>)> {
        let end = self
            .closed_at
            .or(self.expires_at)
            .map_or(now, |end| end.min(now));
        self.published_at
            .filter(|start| *start < end)
            .map(|start| (start, end))
    }

    pub(super) fn is_live(&self, now: DateTime<Utc>) -> bool {
        self.status == "published" && self.expires_at.is_none_or(|end| end > now)
    }
}

pub(super) struct Salary {
    pub(super) min: f64,
    pub(super) max: f64,
    pub(super) currency: &'static str,
    pub(super) period: &'static str,
}

pub(super) struct AdWriter<'a> {
    random: Random,
    english: Texts,
    german: Texts,
    german_skills: HashMap<&'static str, &'static str>,
    companies: &'a [Company],
    professions: &'a [Profession],
    now: DateTime<Utc>,
}

impl<'a> AdWriter<'a> {
    pub(super) fn new(
        companies: &'a [Company],
        professions: &'a [Profession],
        now: DateTime<Utc>,
    ) -> Self {
        Self {
            random: Random::of("ads"),
            english: Texts::english(),
            german: Texts::german(),
            german_skills: Texts::german_skills(),
            companies,
            professions,
            now,
        }
    }

    /// Each company has at least a few, the first one (the demonstration employer's)
    /// more.
    pub(super) fn write(&mut self, count: usize) -> Vec<Ad> {
        (0..count)
            .map(|number| {
                let company = match number {
                    0..24 => 0,
                    _ if number / 4 < self.companies.len() => number / 4,
                    _ => self.random.below(self.companies.len()),
                };
                self.ad(company)
            })
            .collect()
    }

    fn ad(&mut self, number: usize) -> Ad {
        let company = &self.companies[number];
        let at = self.profession(company);
        let profession = &self.professions[at];
        let level = if profession.has_levels() {
            self.random.weighted(LEVELS)
        } else {
            self.random.weighted(&LEVELS[..3])
        };
        let speaks_german = matches!(company.place.country, "DE" | "AT" | "CH");
        let is_german = speaks_german && self.random.percent(55);
        let title = self.title(profession, level, is_german);
        let is_remote = self.random.percent(profession.remote);
        let place = location(&company.place);
        let location = match is_remote && self.random.percent(40) {
            true if speaks_german => "Remote (EU)".to_owned(),
            true => format!(
                "Remote, {}",
                if company.place.country == "US" {
                    "US"
                } else {
                    "Worldwide"
                }
            ),
            false => place,
        };
        let (core, extra) = profession.skills.split_at(profession.skills.len().min(3));
        let more = self.random.within(1..=3) as usize;
        let skills = [core.to_vec(), self.random.some(extra, more)].concat();
        let text = self.text(company, profession, level, &title, &skills, is_german);
        let job_type = self.random.weighted(&[
            ("full_time", 74),
            ("part_time", 11),
            ("contract", 8),
            ("freelance", if profession.remote > 20 { 5 } else { 0 }),
            ("internship", if level == Level::Entry { 12 } else { 0 }),
        ]);
        let salary = self.salary(company, profession, level, job_type);
        let mut ad = Ad {
            company: number,
            profession: at,
            level,
            title,
            description: text.description,
            requirements: text.requirements,
            responsibilities: text.responsibilities,
            benefits: text.benefits,
            location,
            is_remote,
            job_type,
            salary,
            skills,
            status: "draft",
            created_at: self.now,
            published_at: None,
            expires_at: None,
            closed_at: None,
            appeal: self.random.fraction() * self.random.fraction(),
        };
        self.date(&mut ad);
        ad
    }

    fn profession(&mut self, company: &Company) -> usize {
        let category = self.random.weighted(company.industry.hires);
        let fitting: Vec<usize> = (0..self.professions.len())
            .filter(|at| self.professions[*at].category == category)
            .collect();
        fitting
            .get(self.random.below(fitting.len()))
            .copied()
            .unwrap_or(0)
    }

    fn title(&mut self, profession: &Profession, level: Level, is_german: bool) -> String {
        if is_german {
            let title = format!("{} (m/w/d)", profession.german_title);
            return match level {
                Level::Entry if profession.has_levels() => format!("Junior {title}"),
                Level::Senior if profession.has_levels() => format!("Senior {title}"),
                Level::Lead | Level::Executive => format!("{title} – Teamleitung"),
                _ => title,
            };
        }
        let title = if !profession.other_titles.is_empty() && self.random.percent(22) {
            self.random.pick_one(&profession.other_titles).clone()
        } else {
            profession.title.to_owned()
        };
        if !profession.has_levels() || title.starts_with("Senior") || title.starts_with("Chief") {
            return title;
        }
        match level {
            Level::Entry => format!("Junior {title}"),
            Level::Intermediate => title,
            Level::Senior => format!("Senior {title}"),
            Level::Lead => format!("Lead {title}"),
            Level::Executive => format!("Principal {title}"),
        }
    }

    fn text(
        &mut self,
        company: &Company,
        profession: &Profession,
        level: Level,
        title: &str,
        skills: &[&str],
        is_german: bool,
    ) -> Text {
        let (random, texts) = (
            &mut self.random,
            if is_german {
                &self.german
            } else {
                &self.english
            },
        );
        let tools = random.some(&profession.tools, 2);
        let tool = |at: usize| tools.get(at).map_or("Microsoft Office", String::as_str);
        let said: Vec<&str> = skills
            .iter()
            .map(|skill| match self.german_skills.get(skill) {
                Some(german) if is_german => *german,
                _ => *skill,
            })
            .collect();
        let skill = |at: usize| said.get(at).copied().unwrap_or(said[0]);
        let all = said.join(", ");
        let years = match (is_german, level.years().max(1)) {
            (false, 1) => "One year".to_owned(),
            (false, years) => format!("{years} years"),
            (true, 1) => "Ein Jahr".to_owned(),
            (true, years) => format!("{years} Jahre"),
        };
        let team = random.within(3..=14).to_string();
        let (size, founded) = (company.employees.to_string(), company.founded.to_string());
        let title = title.split(" (m/w/d)").next().unwrap_or(title);
        let values = [
            ("company", company.name.as_str()),
            ("city", company.place.name),
            ("industry", company.industry.name),
            ("title", title),
            ("about", &profession.about),
            ("size", &size),
            ("founded", &founded),
            ("team", &team),
            ("years", &years),
            ("skills", &all),
            ("skill1", skill(0)),
            ("skill2", skill(1)),
            ("skill3", skill(2)),
            ("tool1", tool(0)),
            ("tool2", tool(1)),
        ];
        let mut lines = |section: &str, count: usize| -> Vec<String> {
            let chosen = random.some(texts.section(section), count);
            chosen.iter().map(|line| fill(line, &values)).collect()
        };
        let description = ["intro", "role", "skills", "closing"]
            .map(|section| lines(section, 1).concat())
            .join(
                "

",
            );
        let tasks = lines(&format!("{}.tasks", profession.kind()), 5);
        let needs = match level {
            Level::Entry => [lines("needs.entry", 2), lines("needs", 2)].concat(),
            _ => [lines("needs.first", 2), lines("needs", 3)].concat(),
        };
        Text {
            description,
            responsibilities: bullets(&tasks),
            requirements: bullets(&needs),
            benefits: bullets(&lines("benefits", 4)),
        }
    }

    fn salary(
        &mut self,
        company: &Company,
        profession: &Profession,
        level: Level,
        job_type: &str,
    ) -> Option<Salary> {
        if self.random.percent(28) {
            return None;
        }
        let (percent, currency) = match company.place.country {
            "US" => (100, "USD"),
            "CA" => (105, "CAD"),
            "GB" => (64, "GBP"),
            "CH" => (105, "CHF"),
            "PL" => (190, "PLN"),
            "IN" => (2200, "INR"),
            "AU" => (125, "AUD"),
            _ => (68, "EUR"),
        };
        let yearly = (profession.pay * 1000 * level.pay_percent() / 100 * percent / 100) as f64;
        let yearly = yearly * (0.9 + 0.2 * self.random.fraction());
        let (period, divisor, step) = match job_type {
            "freelance" | "contract" if self.random.percent(50) => ("daily", 230.0, 10.0),
            "freelance" | "contract" => ("hourly", 1800.0, 1.0),
            "internship" => ("monthly", 24.0, 50.0),
            _ if profession.pay < 50 && currency == "USD" => ("hourly", 2080.0, 0.5),
            _ if self.random.percent(12) => ("monthly", 12.0, 50.0),
            _ => ("yearly", 1.0, 1000.0),
        };
        let round = |amount: f64| (amount / divisor / step).round() * step;
        Some(Salary {
            min: round(yearly * 0.9),
            max: round(yearly * 1.12),
            currency,
            period,
        })
    }

    /// Published in the last 60 days, the newer the more, and what became of it.
    fn date(&mut self, ad: &mut Ad) {
        let minutes = (60.0 * 24.0 * 60.0 * self.random.fraction().powf(1.3)) as i64 + 5;
        let published = self.now - TimeDelta::minutes(minutes);
        ad.created_at = published - TimeDelta::minutes(self.random.within(10..=3 * 24 * 60));
        ad.status = self.random.weighted(&[
            ("published", 88),
            ("draft", 4),
            ("closed", 6),
            ("archived", 2),
        ]);
        if ad.status == "draft" {
            return;
        }
        ad.published_at = Some(published);
        ad.expires_at = Some(published + TimeDelta::days(90));
        match ad.status {
            "published" if minutes > 32 * 24 * 60 && self.random.percent(10) => {
                ad.expires_at = Some(published + TimeDelta::days(30));
            }
            "closed" | "archived" => {
                ad.closed_at = Some(
                    self.now
                        - TimeDelta::minutes(
                            (minutes as f64 * self.random.fraction() * 0.7) as i64,
                        ),
                );
            }
            _ => {}
        }
    }
}

struct Text {
    description: String,
    requirements: String,
    responsibilities: String,
    benefits: String,
}

fn bullets(lines: &[String]) -> String {
    let lines: Vec<String> = lines.iter().map(|line| format!("- {line}")).collect();
    lines.join("\n")
}
