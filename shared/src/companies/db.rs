//! SQL of companies.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use sqlx::{PgConnection, types::Json};
use uuid::Uuid;

use super::{Company, CompanyDetails, CompanyFilter, CompanyKey, NameCursor};
use crate::{
    Error, Result,
    database::escape_like,
    employers::{CompanyRole, Scope},
    pagination::{Paging, Slice},
};

struct CompanyRow {
    id: Uuid,
    employer_id: Option<Uuid>,
    name: String,
    normalized_name: String,
    slug: String,
    description: String,
    logo_url: Option<String>,
    cover_image_url: Option<String>,
    website: Option<String>,
    email: Option<String>,
    phone: Option<String>,
    industry: Option<String>,
    size: Option<String>,
    headquarters_location: Option<String>,
    office_locations: Json<Vec<String>>,
    founded_date: Option<chrono::NaiveDate>,
    employee_count: Option<i32>,
    culture_description: Option<String>,
    benefits: Json<Vec<String>>,
    social_media_links: Json<BTreeMap<String, String>>,
    mail_sender_name: Option<String>,
    is_verified: bool,
    verified_at: Option<chrono::DateTime<chrono::Utc>>,
    created_at: chrono::DateTime<chrono::Utc>,
    updated_at: chrono::DateTime<chrono::Utc>,
}

impl From<CompanyRow> for Company {
    fn from(row: CompanyRow) -> Self {
        Self {
            id: row.id,
            employer_id: row.employer_id,
            slug: row.slug,
            details: CompanyDetails {
                name: row.name,
                description: row.description,
                logo_url: row.logo_url,
                cover_image_url: row.cover_image_url,
                website: row.website,
                email: row.email,
                phone: row.phone,
                industry: row.industry,
                size: row.size,
                headquarters_location: row.headquarters_location,
                office_locations: row.office_locations.0,
                founded_date: row.founded_date,
                employee_count: row.employee_count,
                culture_description: row.culture_description,
                benefits: row.benefits.0,
                social_media_links: row.social_media_links.0,
                mail_sender_name: row.mail_sender_name,
            },
            is_verified: row.is_verified,
            verified_at: row.verified_at,
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}

pub async fn get(conn: &mut PgConnection, id: Uuid) -> Result<Company> {
    find_whole(conn, &id.to_string()).await
}

/// By id or slug.
pub async fn find_whole(conn: &mut PgConnection, id_or_slug: &str) -> Result<Company> {
    sqlx::query_as!(
        CompanyRow,
        r#"
        select id, employer_id, name, normalized_name as "normalized_name!", slug, description, logo_url,
            cover_image_url, website, email, phone, industry, size, headquarters_location,
            office_locations as "office_locations: Json<Vec<String>>", founded_date, employee_count,
            culture_description, benefits as "benefits: Json<Vec<String>>",
            social_media_links as "social_media_links: Json<BTreeMap<String, String>>",
            mail_sender_name, is_verified, verified_at, created_at, updated_at
        from companies
        where id = $1 or slug = $2
        order by id is not distinct from $1 desc
        limit 1
        "#,
        Uuid::parse_str(id_or_slug).ok(),
        id_or_slug
    )
    .fetch_optional(conn)
    .await?
    .map(Company::from)
    .ok_or(Error::NotFound("company"))
}

/// By id, slug or normalised name.
pub async fn find(conn: &mut PgConnection, reference: &str) -> Result<Option<CompanyKey>> {
    let row = sqlx::query!(
        r#"
        select id, employer_id from companies
        where id = $1 or slug = $2 or normalized_name = normalize_company_name($2)
        order by id is not distinct from $1 desc, slug = $2 desc
        limit 1
        "#,
        Uuid::parse_str(reference).ok(),
        reference
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.map(|row| CompanyKey {
        id: row.id,
        employer_id: row.employer_id,
        created: false,
    }))
}

/// What an employer may do for a company; none for strangers.
pub async fn role(
    conn: &mut PgConnection,
    company_id: Uuid,
    employer_id: Uuid,
) -> Result<Option<CompanyRole>> {
    let role = sqlx::query_scalar!(
        r#"select role_in_company(id, employer_id, $2) as "role: CompanyRole"
           from companies where id = $1"#,
        company_id,
        employer_id
    )
    .fetch_optional(conn)
    .await?;
    Ok(role.flatten())
}

/// By name. The total is counted for page numbers only.
pub async fn list(
    conn: &mut PgConnection,
    filter: &CompanyFilter,
    paging: &Paging<NameCursor>,
) -> Result<Slice<Company, NameCursor>> {
    let prefix = match filter.name_prefix.as_deref().map(str::trim) {
        Some(prefix) if !prefix.is_empty() => Some(like_prefix(conn, prefix).await?),
        _ => None,
    };
    let mut rows = sqlx::query_as!(
        CompanyRow,
        r#"
        select id, employer_id, name, normalized_name as "normalized_name!", slug, description, logo_url,
            cover_image_url, website, email, phone, industry, size, headquarters_location,
            office_locations as "office_locations: Json<Vec<String>>", founded_date, employee_count,
            culture_description, benefits as "benefits: Json<Vec<String>>",
            social_media_links as "social_media_links: Json<BTreeMap<String, String>>",
            mail_sender_name, is_verified, verified_at, created_at, updated_at
        from companies
        where ($1::text is null or normalized_name collate "C" like $1)
            and ($2::boolean is null or is_verified = $2)
            and ($3::uuid is null or employer_id = $3
                or id = any((select companies_worked_for($3))::uuid[]))
            and ($4::text is null or normalized_name collate "C" > $4)
        order by normalized_name collate "C"
        limit $5 offset $6
        "#,
        prefix,
        filter.is_verified,
        filter.employer_id,
        paging.cursor().map(|cursor| cursor.name.clone()),
        paging.limit(),
        paging.offset()
    )
    .fetch_all(&mut *conn)
    .await?;
    let total = match paging.start {
        crate::pagination::Start::Page(_) => Some(count(conn, filter, prefix).await?),
        crate::pagination::Start::After(_) => None,
    };
    let size = paging.size as usize;
    let next = (rows.len() > size)
        .then(|| rows.get(size.saturating_sub(1)))
        .flatten()
        .map(|row| NameCursor {
            name: row.normalized_name.clone(),
        });
    rows.truncate(size);
    Ok(Slice {
        rows: rows.into_iter().map(Company::from).collect(),
        next,
        total,
    })
}

async fn count(
    conn: &mut PgConnection,
    filter: &CompanyFilter,
    prefix: Option<String>,
) -> Result<i64> {
    let count = sqlx::query_scalar!(
        r#"
        select count(*) as "count!" from companies
        where ($1::text is null or normalized_name collate "C" like $1)
            and ($2::boolean is null or is_verified = $2)
            and ($3::uuid is null or employer_id = $3
                or id = any((select companies_worked_for($3))::uuid[]))
        "#,
        prefix,
        filter.is_verified,
        filter.employer_id
    )
    .fetch_one(conn)
    .await?;
    Ok(count)
}

/// The pattern of names that begin alike, in their normalised form.
async fn like_prefix(conn: &mut PgConnection, prefix: &str) -> Result<String> {
    let normalized = sqlx::query_scalar!(r#"select normalize_company_name($1) as "name!""#, prefix)
        .fetch_one(conn)
        .await?;
    Ok(format!("{}%", escape_like(&normalized)))
}

/// None where a company of this name, or of this slug, exists.
pub async fn insert(
    conn: &mut PgConnection,
    employer_id: Option<Uuid>,
    slug: &str,
    details: &CompanyDetails,
) -> Result<Option<Uuid>> {
    let id = sqlx::query_scalar!(
        r#"
        insert into companies (employer_id, slug, name, description, logo_url, cover_image_url, website,
            email, phone, industry, size, headquarters_location, office_locations, founded_date,
            employee_count, culture_description, benefits, social_media_links,
            mail_sender_name)
        values ($1, $2, btrim($3), $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18,
            $19)
        on conflict do nothing
        returning id
        "#,
        employer_id,
        slug,
        details.name,
        details.description,
        details.logo_url,
        details.cover_image_url,
        details.website,
        details.email,
        details.phone,
        details.industry,
        details.size,
        details.headquarters_location,
        Json(&details.office_locations) as _,
        details.founded_date,
        details.employee_count,
        details.culture_description,
        Json(&details.benefits) as _,
        Json(&details.social_media_links) as _,
        details.mail_sender_name,
    )
    .fetch_optional(conn)
    .await?;
    Ok(id)
}

/// Locks a company until the end of the transaction; its name as it is, and what the
/// scope may do for it.
pub async fn lock(
    conn: &mut PgConnection,
    id: Uuid,
    scope: Scope,
) -> Result<(String, CompanyRole)> {
    sqlx::query!(
        r#"
        select name, case when $2 then 'owner' else role_in_company(id, employer_id, $3) end
            as "role!: CompanyRole"
        from companies
        where id = $1 and ($2 or role_in_company(id, employer_id, $3) is not null)
        for update
        "#,
        id,
        scope == Scope::Any,
        scope.employer_id()
    )
    .fetch_optional(conn)
    .await?
    .map(|row| (row.name, row.role))
    .ok_or(Error::NotFound("company"))
}

/// The slug stays: addresses outlive names.
pub async fn update(
    conn: &mut PgConnection,
    id: Uuid,
    scope: Scope,
    details: &CompanyDetails,
) -> Result<()> {
    sqlx::query!(
        r#"
        update companies set name = btrim($3), description = $4, logo_url = $5, cover_image_url = $6,
            website = $7, email = $8, phone = $9, industry = $10, size = $11, headquarters_location = $12,
            office_locations = $13, founded_date = $14, employee_count = $15, culture_description = $16,
            benefits = $17, social_media_links = $18, mail_sender_name = $19
        where id = $1 and ($2::uuid is null or role_in_company(id, employer_id, $2) = 'owner')
        "#,
        id,
        scope.employer_id(),
        details.name,
        details.description,
        details.logo_url,
        details.cover_image_url,
        details.website,
        details.email,
        details.phone,
        details.industry,
        details.size,
        details.headquarters_location,
        Json(&details.office_locations) as _,
        details.founded_date,
        details.employee_count,
        details.culture_description,
        Json(&details.benefits) as _,
        Json(&details.social_media_links) as _,
        details.mail_sender_name,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Whether this day is yet to begin, everywhere on earth.
pub async fn is_future(conn: &mut PgConnection, date: NaiveDate) -> Result<bool> {
    let future = sqlx::query_scalar!(
        r#"select $1 > (app_now() + interval '14 hours')::date as "future!""#,
        date
    )
    .fetch_one(conn)
    .await?;
    Ok(future)
}

/// Gives a company and all its jobs to an employer, or to nobody.
pub async fn assign(conn: &mut PgConnection, id: Uuid, employer_id: Option<Uuid>) -> Result<()> {
    sqlx::query!(
        "update companies set employer_id = $2 where id = $1",
        id,
        employer_id
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!(
        "update jobs set employer_id = $2 where company_id = $1 and employer_id is distinct from $2",
        id,
        employer_id
    )
    .execute(conn)
    .await?;
    Ok(())
}

pub async fn count_jobs(conn: &mut PgConnection, company_id: Uuid) -> Result<i64> {
    let count = sqlx::query_scalar!(
        r#"select count(*) as "count!" from jobs where company_id = $1"#,
        company_id
    )
    .fetch_one(conn)
    .await?;
    Ok(count)
}

pub async fn delete(conn: &mut PgConnection, id: Uuid) -> Result<()> {
    sqlx::query!("delete from companies where id = $1", id)
        .execute(conn)
        .await?;
    Ok(())
}
