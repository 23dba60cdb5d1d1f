//! Turns the board into rows.

mod events;

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use jobboard_shared::slug::slug;
use serde_json::json;
use uuid::{Builder, Uuid};

use super::super::{
    accounts::AccountIds,
    ads::{Ad, Salary},
    companies::{Company, location},
    history::{Board, History},
    people::Person,
    professions::skill_category,
    random::Random,
    texts::Texts,
};
use super::{
    CompanyRow, Education, EmployerProfile, FreelancerProfile, Job, JobSkill, Rows, SkillRow, User,
    UserSkill, WorkExperience,
};

struct Writer<'a> {
    board: &'a Board<'a>,
    password_hash: &'a str,
    random: Random,
    employer_users: Vec<Uuid>,
    freelancer_users: Vec<Uuid>,
    rows: Rows,
}

impl Rows {
    pub(in crate::sample_data) fn of(
        board: &Board<'_>,
        history: &History,
        accounts: AccountIds,
        password_hash: &str,
    ) -> Self {
        let mut writer = Writer {
            board,
            password_hash,
            random: Random::of("rows"),
            employer_users: Vec::new(),
            freelancer_users: Vec::new(),
            rows: Self::default(),
        };
        writer.employers(accounts);
        writer.companies();
        writer.jobs(history);
        writer.freelancers(accounts);
        writer.history(history);
        writer.rows
    }
}

impl Writer<'_> {
    /// A key of version 7, as the database makes them: in the order of time.
    fn id(&mut self, at: DateTime<Utc>) -> Uuid {
        let millis = u64::try_from(at.timestamp_millis()).unwrap_or_default();
        Builder::from_unix_timestamp_millis(millis, &self.random.bytes()).into_uuid()
    }

    fn user(&mut self, email: String, role: &'static str, created_at: DateTime<Utc>) -> Uuid {
        let id = self.id(created_at);
        let since = (self.board.now - created_at).num_seconds();
        self.rows.users.push(User {
            id,
            email,
            password_hash: self.password_hash.to_owned(),
            role,
            account_type: role,
            last_login: self.board.now - TimeDelta::seconds(self.random.within(0..=since / 8)),
            created_at,
        });
        id
    }

    fn employers(&mut self, accounts: AccountIds) {
        let names = Texts::names();
        let employers = self
            .board
            .companies
            .iter()
            .filter_map(|company| company.employer)
            .max();
        for number in 0..=employers.unwrap_or_default() {
            let created_at =
                self.board.now - TimeDelta::minutes(self.random.within(90_000..=600_000));
            let (user_id, id) = match number {
                0 => (accounts.employer_user, accounts.employer_profile),
                _ => (
                    self.user(
                        format!("employer{number:03}@example.invalid"),
                        "employer",
                        created_at,
                    ),
                    self.id(created_at),
                ),
            };
            self.employer_users.push(user_id);
            self.rows.employers.push(EmployerProfile {
                id,
                user_id,
                first_name: self.random.pick(names.section("given")),
                last_name: self.random.pick(names.section("family")),
                position_title: self.random.pick(&[
                    "Head of People",
                    "Recruiting Lead",
                    "Managing Director",
                    "HR Manager",
                ]),
                created_at,
            });
        }
    }

    fn companies(&mut self) {
        for company in self.board.companies {
            let created_at =
                self.board.now - TimeDelta::minutes(self.random.within(90_000..=400_000));
            let row = CompanyRow {
                id: self.id(created_at),
                employer_id: company
                    .employer
                    .map(|number| self.rows.employers[number].id),
                name: company.name.clone(),
                slug: slug(&company.name),
                description: about(company),
                industry: company.industry.name,
                size: company.size(),
                headquarters_location: location(&company.place),
                office_locations: json!([location(&company.place)]),
                founded_date: NaiveDate::from_ymd_opt(company.founded as i32, 1, 1),
                employee_count: company.employees,
                is_verified: company.is_verified,
                verified_at: company.is_verified.then_some(created_at),
                created_at,
            };
            self.rows.companies.push(row);
        }
    }

    fn jobs(&mut self, history: &History) {
        let count = |ads: &mut dyn Iterator<Item = usize>| {
            let mut counts = vec![0; self.board.ads.len()];
            ads.for_each(|ad| counts[ad] += 1);
            counts
        };
        let views = count(&mut history.views.iter().map(|view| view.ad));
        let applications = count(
            &mut history
                .applications
                .iter()
                .map(|application| application.ad),
        );
        let mut asked: HashMap<&'static str, usize> = HashMap::new();
        for (number, ad) in self.board.ads.iter().enumerate() {
            let id = self.id(ad.created_at);
            if ad.is_live(self.board.now) {
                self.rows.live_jobs.push(id);
            }
            for (place, skill) in ad.skills.iter().enumerate() {
                *asked.entry(skill).or_default() += 1;
                let row = JobSkill {
                    id: self.id(ad.created_at),
                    job_id: id,
                    skill: slug(skill),
                    is_required: place < 3,
                    years_required: if place < 2 { ad.level.years() } else { 0 },
                };
                self.rows.job_skills.push(row);
            }
            let job = self.job(id, ad, [views[number], applications[number]]);
            self.rows.jobs.push(job);
        }
        let of_people = self.board.people.iter().flat_map(|person| &person.skills);
        for skill in of_people {
            asked.entry(skill.name).or_default();
        }
        self.rows.skills = asked
            .into_iter()
            .map(|(name, popularity_score)| SkillRow {
                name,
                slug: slug(name),
                category: skill_category(name),
                popularity_score,
            })
            .collect();
        self.rows.skills.sort_by_key(|skill| skill.name);
    }

    fn job(&self, id: Uuid, ad: &Ad, [view_count, application_count]: [usize; 2]) -> Job {
        let company = &self.rows.companies[ad.company];
        let Salary {
            min,
            max,
            currency,
            period,
        } = ad.salary.as_ref().unwrap_or(&Salary {
            min: 0.0,
            max: 0.0,
            currency: "USD",
            period: "yearly",
        });
        Job {
            id,
            employer_id: company.employer_id,
            company_id: company.id,
            category: self.board.professions[ad.profession].category,
            title: ad.title.clone(),
            description: ad.description.clone(),
            requirements: ad.requirements.clone(),
            responsibilities: ad.responsibilities.clone(),
            benefits: ad.benefits.clone(),
            location: ad.location.clone(),
            is_remote: ad.is_remote,
            job_type: ad.job_type,
            experience_level: ad.level.name(),
            salary_min: ad.salary.as_ref().map(|_| *min),
            salary_max: ad.salary.as_ref().map(|_| *max),
            salary_currency: currency,
            salary_period: period,
            status: ad.status,
            view_count,
            application_count,
            published_at: ad.published_at,
            expires_at: ad.expires_at,
            closed_at: ad.closed_at,
            created_at: ad.created_at,
            updated_at: ad.closed_at.or(ad.published_at).unwrap_or(ad.created_at),
        }
    }

    fn freelancers(&mut self, accounts: AccountIds) {
        for (number, person) in self.board.people.iter().enumerate() {
            let (user_id, id) = match number {
                0 => (accounts.freelancer_user, accounts.freelancer_profile),
                _ => (
                    self.user(
                        format!("freelancer{number:04}@example.invalid"),
                        "freelancer",
                        person.joined_at,
                    ),
                    self.id(person.joined_at),
                ),
            };
            self.freelancer_users.push(user_id);
            let profile = self.profile(id, user_id, person);
            self.rows.freelancers.push(profile);
            self.curriculum(id, person);
        }
    }

    fn profile(&self, id: Uuid, user_id: Uuid, person: &Person) -> FreelancerProfile {
        let profession = &self.board.professions[person.profession];
        let skills: Vec<&str> = person.skills.iter().map(|skill| skill.name).collect();
        FreelancerProfile {
            id,
            user_id,
            first_name: person.first_name,
            last_name: person.last_name,
            bio: format!(
                "{} in {} with {} of experience. I work with {}.",
                profession.title,
                person.place.name,
                in_years(person.years),
                skills.join(", ")
            ),
            title: profession.title.to_owned(),
            location: person.location.clone(),
            service_categories: json!([profession.category]),
            preferred_locations: json!([person.location]),
            hourly_rate_min: person.rate,
            hourly_rate_max: person.rate * 5 / 4,
            rate_currency: if person.place.country == "US" {
                "USD"
            } else {
                "EUR"
            },
            is_available: person.is_available,
            is_open_to_remote: person.is_open_to_remote,
            time_zones: json!([person.place.timezone]),
            created_at: person.joined_at,
        }
    }

    fn curriculum(&mut self, profile: Uuid, person: &Person) {
        for skill in &person.skills {
            let row = UserSkill {
                id: self.id(person.joined_at),
                freelancer_profile_id: profile,
                skill: slug(skill.name),
                proficiency_level: skill.proficiency,
                years_of_experience: skill.years,
            };
            self.rows.user_skills.push(row);
        }
        for position in &person.experience {
            let row = WorkExperience {
                id: self.id(person.joined_at),
                freelancer_profile_id: profile,
                company_name: position.company.clone(),
                job_title: position.title.clone(),
                location: person.location.clone(),
                start_date: position.start,
                end_date: position.end,
                is_current: position.end.is_none(),
            };
            self.rows.experience.push(row);
        }
        if let Some(degree) = &person.degree {
            let row = Education {
                id: self.id(person.joined_at),
                freelancer_profile_id: profile,
                institution: degree.institution.clone(),
                degree: degree.name,
                field_of_study: self.board.professions[person.profession].title,
                start_date: degree.start,
                end_date: degree.end,
            };
            self.rows.education.push(row);
        }
    }
}

fn about(company: &Company) -> String {
    format!(
        "{} is a {} company from {}, founded in {}, with about {} people.",
        company.name, company.industry.name, company.place.name, company.founded, company.employees
    )
}

fn in_years(years: i64) -> String {
    match years {
        0 => "a few months".to_owned(),
        1 => "one year".to_owned(),
        years => format!("{years} years"),
    }
}
