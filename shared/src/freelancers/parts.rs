//! The lists of a profile: projects, work, education, certificates. All are kept
//! alike; what differs is said by [`Part`].

use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use serde::{
    Deserialize, Deserializer, Serialize,
    de::{DeserializeOwned, Error as _},
};
use serde_json::Number;
use sqlx::PgConnection;
use uuid::Uuid;

use super::db::{self, parts};
use crate::{Error, Result, recommendations, rules::Rules, settings};

/// One kind of entry. Its fields are named like the columns of its table.
pub trait Part: Serialize + DeserializeOwned + Send + Sync + Unpin + 'static {
    const TABLE: &'static str;
    /// All that the fields fill.
    const COLUMNS: &'static str;
    /// The day that orders the list, latest first; SQL over the table as `t`.
    const DAY: &'static str;
    /// "project"
    const NAME: &'static str;

    /// `today` is the latest day that has begun anywhere.
    fn check(&self, rules: &mut Rules, today: NaiveDate);
}

/// An entry as it is kept.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Entry<T> {
    pub id: Uuid,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    #[serde(flatten)]
    pub details: T,
}

/// A place in the list of a [`Part`].
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct DayCursor {
    pub day: NaiveDate,
    pub id: Uuid,
}

/// Something the freelancer has made.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Project {
    pub title: String,
    pub description: String,
    pub project_url: Option<String>,
    pub thumbnail_url: Option<String>,
    pub images: Vec<String>,
    pub technologies_used: Vec<String>,
    pub project_date: Option<NaiveDate>,
    pub client_name: Option<String>,
    pub project_type: Option<String>,
    pub is_featured: bool,
}

impl Part for Project {
    const TABLE: &'static str = "portfolios";
    const COLUMNS: &'static str = "title, description, project_url, thumbnail_url, images, \
        technologies_used, project_date, client_name, project_type, is_featured";
    const DAY: &'static str = "coalesce(t.project_date, t.created_at::date)";
    const NAME: &'static str = "project";

    fn check(&self, rules: &mut Rules, _today: NaiveDate) {
        rules.required_line("title", &self.title, 200);
        rules.text("description", &self.description, 20_000);
        rules.url("project_url", self.project_url.as_deref());
        rules.url("thumbnail_url", self.thumbnail_url.as_deref());
        rules.count("images", self.images.len(), 20);
        for (i, image) in self.images.iter().enumerate() {
            rules.url(&format!("images.{i}"), Some(image));
        }
        rules.texts("technologies_used", &self.technologies_used, 50, 100);
        rules.day("project_date", self.project_date);
        rules.optional_line("client_name", self.client_name.as_deref(), 200);
        rules.optional_line("project_type", self.project_type.as_deref(), 100);
    }
}

/// A job that the freelancer has or had.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WorkExperience {
    pub company_name: String,
    pub job_title: String,
    pub description: String,
    pub responsibilities: String,
    pub location: Option<String>,
    pub start_date: NaiveDate,
    /// Absent exactly where it is current.
    pub end_date: Option<NaiveDate>,
    pub is_current: bool,
}

impl Part for WorkExperience {
    const TABLE: &'static str = "work_experiences";
    const COLUMNS: &'static str = "company_name, job_title, description, responsibilities, \
        location, start_date, end_date, is_current";
    const DAY: &'static str = "t.start_date";
    const NAME: &'static str = "work experience";

    fn check(&self, rules: &mut Rules, today: NaiveDate) {
        rules.required_line("company_name", &self.company_name, 200);
        rules.required_line("job_title", &self.job_title, 200);
        rules.text("description", &self.description, 20_000);
        rules.text("responsibilities", &self.responsibilities, 20_000);
        rules.optional_line("location", self.location.as_deref(), 300);
        rules.past_day("start_date", Some(self.start_date), today);
        rules.past_day("end_date", self.end_date, today);
        rules.days(("start_date", self.start_date), ("end_date", self.end_date));
        match (self.is_current, self.end_date) {
            (true, Some(_)) => {
                rules.refuse("end_date", "conflicting", "what is current has no end");
            }
            (false, None) => {
                rules.refuse("end_date", "required", "is required unless is_current");
            }
            _ => {}
        }
    }
}

/// A degree or a course.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Education {
    pub institution: String,
    pub degree: String,
    pub field_of_study: Option<String>,
    pub description: String,
    pub start_date: NaiveDate,
    /// May lie ahead: when it is expected.
    pub end_date: Option<NaiveDate>,
    pub is_current: bool,
    #[serde(deserialize_with = "decimal_of_number")]
    pub gpa: Option<Decimal>,
}

/// Postgres writes a numeric into JSON as a number; decimals are read from text.
fn decimal_of_number<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Decimal>, D::Error> {
    let number = Option::<Number>::deserialize(from)?;
    number
        .map(|number| number.to_string().parse())
        .transpose()
        .map_err(D::Error::custom)
}

impl Part for Education {
    const TABLE: &'static str = "educations";
    const COLUMNS: &'static str = "institution, degree, field_of_study, description, start_date, \
        end_date, is_current, gpa";
    const DAY: &'static str = "t.start_date";
    const NAME: &'static str = "education";

    fn check(&self, rules: &mut Rules, today: NaiveDate) {
        rules.required_line("institution", &self.institution, 200);
        rules.required_line("degree", &self.degree, 200);
        rules.optional_line("field_of_study", self.field_of_study.as_deref(), 200);
        rules.text("description", &self.description, 20_000);
        rules.past_day("start_date", Some(self.start_date), today);
        rules.day("end_date", self.end_date);
        rules.days(("start_date", self.start_date), ("end_date", self.end_date));
        if self.is_current && self.end_date.is_some() {
            rules.refuse("end_date", "conflicting", "what is current has no end");
        }
        rules.money("gpa", self.gpa, 2);
    }
}

/// A certificate.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Certification {
    pub name: String,
    pub issuing_organization: String,
    pub credential_id: Option<String>,
    pub credential_url: Option<String>,
    pub issue_date: NaiveDate,
    pub expiry_date: Option<NaiveDate>,
    pub does_not_expire: bool,
}

impl Part for Certification {
    const TABLE: &'static str = "certifications";
    const COLUMNS: &'static str = "name, issuing_organization, credential_id, credential_url, \
        issue_date, expiry_date, does_not_expire";
    const DAY: &'static str = "t.issue_date";
    const NAME: &'static str = "certification";

    fn check(&self, rules: &mut Rules, today: NaiveDate) {
        rules.required_line("name", &self.name, 200);
        rules.required_line("issuing_organization", &self.issuing_organization, 200);
        rules.optional_line("credential_id", self.credential_id.as_deref(), 200);
        rules.url("credential_url", self.credential_url.as_deref());
        rules.past_day("issue_date", Some(self.issue_date), today);
        rules.day("expiry_date", self.expiry_date);
        rules.days(
            ("issue_date", self.issue_date),
            ("expiry_date", self.expiry_date),
        );
        if self.does_not_expire && self.expiry_date.is_some() {
            rules.refuse("expiry_date", "conflicting", "it does not expire");
        }
    }
}

pub use super::db::parts::{get, list};

async fn check<T: Part>(conn: &mut PgConnection, details: &T) -> Result<()> {
    let today = db::latest_today(conn).await?;
    let mut rules = Rules::new();
    details.check(&mut rules, today);
    rules.finish()
}

/// Adds an entry, while the profile has room for it.
pub async fn add<T: Part>(
    conn: &mut PgConnection,
    profile_id: Uuid,
    details: &T,
) -> Result<Entry<T>> {
    check(conn, details).await?;
    // Locked, so that parallel additions cannot pass the limit together.
    let user_id = db::lock(conn, profile_id).await?;
    let count = parts::count::<T>(conn, profile_id).await?;
    check_room(conn, count).await?;
    let entry = parts::insert(conn, profile_id, details).await?;
    recommendations::tasks::enqueue_refresh(conn, user_id).await?;
    Ok(entry)
}

/// Refuses a further entry of a part that has `count` already.
pub(super) async fn check_room(conn: &mut PgConnection, count: i64) -> Result<()> {
    let max = settings::load(conn).await?.max_profile_items;
    if count >= i64::from(max) {
        return Err(Error::conflict(
            "too_many_items",
            format!("this part of a profile has at most {max} entries"),
        ));
    }
    Ok(())
}

pub async fn replace<T: Part>(
    conn: &mut PgConnection,
    profile_id: Uuid,
    id: Uuid,
    details: &T,
) -> Result<Entry<T>> {
    check(conn, details).await?;
    let user_id = db::lock(conn, profile_id).await?;
    let entry = parts::update(conn, profile_id, id, details).await?;
    recommendations::tasks::enqueue_refresh(conn, user_id).await?;
    Ok(entry)
}

pub async fn remove<T: Part>(conn: &mut PgConnection, profile_id: Uuid, id: Uuid) -> Result<()> {
    let user_id = db::lock(conn, profile_id).await?;
    parts::delete::<T>(conn, profile_id, id).await?;
    recommendations::tasks::enqueue_refresh(conn, user_id).await?;
    Ok(())
}
