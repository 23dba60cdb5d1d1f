//! Companies, matched by normalised name.

pub mod db;
pub mod members;

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::{
    Error, Result,
    employers::{self, Actor, CompanyRole, Scope},
    rules::Rules,
    search,
    slug::slug,
    verification::{self, Subject},
};

#[derive(Clone, Debug)]
pub struct Company {
    pub id: Uuid,
    /// Null: created by an import and not claimed yet.
    pub employer_id: Option<Uuid>,
    pub slug: String,
    pub details: CompanyDetails,
    pub is_verified: bool,
    pub verified_at: Option<DateTime<Utc>>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

/// What its employer says of a company.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CompanyDetails {
    /// Unique by its normalised form: "Acme, Inc." is "ACME".
    pub name: String,
    pub description: String,
    pub logo_url: Option<String>,
    pub cover_image_url: Option<String>,
    pub website: Option<String>,
    pub email: Option<String>,
    pub phone: Option<String>,
    pub industry: Option<String>,
    pub size: Option<String>,
    pub headquarters_location: Option<String>,
    pub office_locations: Vec<String>,
    pub founded_date: Option<NaiveDate>,
    pub employee_count: Option<i32>,
    pub culture_description: Option<String>,
    pub benefits: Vec<String>,
    /// Name of the network -> address.
    pub social_media_links: BTreeMap<String, String>,
    /// Whom mails on its behalf name as their sender; none: its name.
    pub mail_sender_name: Option<String>,
}

/// The place in a list ordered by name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NameCursor {
    pub name: String,
}

#[derive(Clone, Debug, Default)]
pub struct CompanyFilter {
    /// The beginning of the name, spelled in any way that normalises alike.
    pub name_prefix: Option<String>,
    pub is_verified: Option<bool>,
    /// Owned by this employer, or with them at work.
    pub employer_id: Option<Uuid>,
}

/// As much of a company as deciding about it takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CompanyKey {
    pub id: Uuid,
    pub employer_id: Option<Uuid>,
    /// True for the caller that made it.
    pub created: bool,
}

impl CompanyDetails {
    pub fn named(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            ..Self::default()
        }
    }

    fn check(&self) -> Rules {
        let mut rules = Rules::new();
        rules.required_line("name", &self.name, 200);
        if slug(&self.name).is_empty() && !self.name.trim().is_empty() {
            rules.refuse("name", "invalid_name", "must contain a letter or a digit");
        }
        rules.text("description", &self.description, 50_000);
        rules.url("logo_url", self.logo_url.as_deref());
        rules.url("cover_image_url", self.cover_image_url.as_deref());
        rules.url("website", self.website.as_deref());
        rules.email("email", self.email.as_deref());
        rules.optional_line("phone", self.phone.as_deref(), 40);
        rules.optional_line("industry", self.industry.as_deref(), 200);
        rules.optional_line("size", self.size.as_deref(), 50);
        rules.optional_line(
            "headquarters_location",
            self.headquarters_location.as_deref(),
            300,
        );
        rules.texts("office_locations", &self.office_locations, 100, 300);
        if self.employee_count.is_some_and(|count| count < 0) {
            rules.refuse("employee_count", "negative", "must not be negative");
        }
        rules.optional_text(
            "culture_description",
            self.culture_description.as_deref(),
            50_000,
        );
        rules.texts("benefits", &self.benefits, 100, 500);
        rules.count("social_media_links", self.social_media_links.len(), 30);
        for (network, url) in &self.social_media_links {
            let field = format!("social_media_links.{network}");
            rules.required_line(&field, network, 50);
            rules.url(&field, Some(url));
        }
        if let Some(name) = &self.mail_sender_name {
            rules.required_line("mail_sender_name", name, 100);
        }
        rules
    }
}

/// Creates a company under an employer (or, by an administrator, under
/// nobody). The employer's first one becomes their primary company.
pub async fn create(
    conn: &mut PgConnection,
    scope: Scope,
    details: &CompanyDetails,
) -> Result<Company> {
    check(conn, details).await?;
    let id = insert(conn, scope.employer_id(), details)
        .await?
        .ok_or_else(name_taken)?;
    if let Scope::Own(employer_id) = scope {
        employers::db::set_first_primary_company(conn, employer_id, id).await?;
    }
    db::get(conn, id).await
}

async fn check(conn: &mut PgConnection, details: &CompanyDetails) -> Result<()> {
    let mut rules = details.check();
    if let Some(date) = details.founded_date
        && db::is_future(conn, date).await?
    {
        rules.refuse("founded_date", "in_the_future", "must not be in the future");
    }
    rules.finish()
}

/// Replaces what is said of a company. A new name is searched for at once: its
/// jobs are refreshed, and nobody but an administrator takes a verification along to
/// it. `owner`, for administrators, gives the company to an employer or to nobody.
pub async fn update(
    conn: &mut PgConnection,
    actor: Actor,
    id: Uuid,
    details: &CompanyDetails,
    owner: Option<Option<Uuid>>,
) -> Result<Company> {
    check(conn, details).await?;
    let scope = actor.scope;
    let (old_name, role) = db::lock(conn, id, scope).await?;
    role.ensure(CompanyRole::Owner)?;
    db::update(conn, id, scope, details).await?;
    if let (Scope::Any, Some(owner)) = (scope, owner) {
        assign(conn, id, owner).await?;
    }
    if old_name != details.name.trim() {
        search::tasks::enqueue_scope(conn, search::tasks::Scope::Company(id)).await?;
    }
    let company = db::get(conn, id).await?;
    let is_another = old_name.to_lowercase() != company.details.name.to_lowercase();
    if is_another && company.is_verified && scope != Scope::Any {
        let subject = Subject::Company(id);
        verification::reject(conn, subject, actor.user_id, "The name was changed.").await?;
        return db::get(conn, id).await;
    }
    Ok(company)
}

/// Gives a company and all its jobs to an employer. Whoever gets it chooses who else
/// works for it.
async fn assign(conn: &mut PgConnection, id: Uuid, owner: Option<Uuid>) -> Result<()> {
    if let Some(employer_id) = owner {
        employers::db::get(conn, employer_id)
            .await
            .map_err(|error| match error {
                Error::NotFound(_) => Error::invalid(
                    "employer_id",
                    "unknown_employer",
                    "no employer has this profile id",
                ),
                other => other,
            })?;
    }
    members::db::remove_all(conn, id).await?;
    db::assign(conn, id, owner).await
}

/// Deletes a company that has no jobs.
pub async fn delete(conn: &mut PgConnection, id: Uuid) -> Result<()> {
    db::lock(conn, id, Scope::Any).await?;
    let jobs = db::count_jobs(conn, id).await?;
    if jobs > 0 {
        return Err(Error::conflict(
            "company_has_jobs",
            format!("the company has {jobs} jobs; delete them first"),
        ));
    }
    db::delete(conn, id).await
}

/// The company that a request names by id, slug or name.
pub async fn resolve(conn: &mut PgConnection, reference: &str) -> Result<Uuid> {
    match db::find(conn, reference.trim()).await? {
        Some(company) => Ok(company.id),
        None => Err(Error::invalid(
            "company",
            "unknown_company",
            "no company has this id, slug or name",
        )),
    }
}

/// The company that a job of `scope` names by id, slug or name. A name that no
/// company has becomes a company of the employer. A company of somebody else is
/// refused, and so is one that an import created and nobody owns: it is not
/// claimed silently. Administrators post for every company.
pub async fn resolve_for_posting(
    conn: &mut PgConnection,
    scope: Scope,
    reference: &str,
) -> Result<Uuid> {
    let company = resolve_or_create(conn, scope.employer_id(), reference).await?;
    let Scope::Own(employer_id) = scope else {
        return Ok(company.id);
    };
    if company.created {
        employers::db::set_first_primary_company(conn, employer_id, company.id).await?;
        return Ok(company.id);
    }
    match db::role(conn, company.id, employer_id).await? {
        Some(role) => {
            role.ensure(CompanyRole::Recruiter)?;
            Ok(company.id)
        }
        None if company.employer_id.is_some() => Err(Error::forbidden(
            "company_not_yours",
            "the company belongs to another employer",
        )),
        None => Err(Error::conflict(
            "company_unclaimed",
            "the company exists and belongs to nobody yet; an administrator can assign it to you",
        )),
    }
}

/// The company of this id, slug or name, whoever owns it. A name that no company
/// has becomes a company of `employer_id`, or of nobody.
pub async fn resolve_or_create(
    conn: &mut PgConnection,
    employer_id: Option<Uuid>,
    reference: &str,
) -> Result<CompanyKey> {
    let name = reference.split_whitespace().collect::<Vec<_>>().join(" ");
    if let Some(found) = db::find(conn, &name).await? {
        return Ok(found);
    }
    if Uuid::parse_str(&name).is_ok() {
        return Err(Error::invalid(
            "company",
            "unknown_company",
            "no company has this id",
        ));
    }
    let details = CompanyDetails::named(name);
    details.check().finish().map_err(|error| match error {
        Error::Invalid(mut errors) => {
            for error in &mut errors {
                "company".clone_into(&mut error.field);
            }
            Error::Invalid(errors)
        }
        other => other,
    })?;
    match insert(conn, employer_id, &details).await? {
        Some(id) => Ok(CompanyKey {
            id,
            employer_id,
            created: true,
        }),
        // Somebody else was faster.
        None => db::find(conn, &details.name).await?.ok_or_else(name_taken),
    }
}

/// None if a company of this name exists.
async fn insert(
    conn: &mut PgConnection,
    employer_id: Option<Uuid>,
    details: &CompanyDetails,
) -> Result<Option<Uuid>> {
    let slug = slug(&details.name);
    if let Some(id) = db::insert(conn, employer_id, &slug, details).await? {
        return Ok(Some(id));
    }
    // Names that differ may share a slug ("Acme", "Acmé"): a random end tells them apart.
    let tail = Uuid::new_v4().simple().to_string();
    db::insert(
        conn,
        employer_id,
        &format!("{slug}-{}", &tail[..8]),
        details,
    )
    .await
}

fn name_taken() -> Error {
    Error::conflict("company_name_taken", "a company of this name exists")
}
