//! SQL of freelancer profiles.

pub mod consent;
pub mod parts;
pub mod reviews;
pub mod skills;

use chrono::NaiveDate;
use sqlx::{PgConnection, types::Json};
use uuid::Uuid;

use super::{FreelancerDetails, FreelancerProfile, MOST_ITEMS};
use crate::{Error, Result};

/// A profile with its skills.
pub async fn get(conn: &mut PgConnection, profile_id: Uuid) -> Result<FreelancerProfile> {
    let row = sqlx::query!(
        r#"
        select id, user_id, first_name, last_name, phone, bio, title, location, profile_picture_url,
            resume_url, portfolio_url, linkedin_url, github_url,
            service_categories as "service_categories: Json<Vec<String>>",
            preferred_project_types as "preferred_project_types: Json<Vec<String>>",
            preferred_locations as "preferred_locations: Json<Vec<String>>",
            hourly_rate_min, hourly_rate_max, rate_currency, is_available, is_open_to_remote,
            (
                select count(*) from applications a
                where a.applicant_id = user_id and a.status = 'accepted'
            )::integer as "projects_completed!",
            average_rating, total_reviews,
            experience_years(id)::float8 as "total_experience_years!", availability_hours,
            time_zones as "time_zones: Json<Vec<String>>", payment_methods, created_at, updated_at
        from freelancer_profiles
        where id = $1
        "#,
        profile_id
    )
    .fetch_optional(&mut *conn)
    .await?
    .ok_or(Error::NotFound("freelancer profile"))?;
    Ok(FreelancerProfile {
        id: row.id,
        user_id: row.user_id,
        details: FreelancerDetails {
            first_name: row.first_name,
            last_name: row.last_name,
            phone: row.phone,
            bio: row.bio,
            title: row.title,
            location: row.location,
            profile_picture_url: row.profile_picture_url,
            resume_url: row.resume_url,
            portfolio_url: row.portfolio_url,
            linkedin_url: row.linkedin_url,
            github_url: row.github_url,
            service_categories: row.service_categories.0,
            preferred_project_types: row.preferred_project_types.0,
            preferred_locations: row.preferred_locations.0,
            hourly_rate_min: row.hourly_rate_min,
            hourly_rate_max: row.hourly_rate_max,
            rate_currency: row.rate_currency,
            is_available: row.is_available,
            is_open_to_remote: row.is_open_to_remote,
            availability_hours: row.availability_hours,
            time_zones: row.time_zones.0,
            payment_methods: row.payment_methods,
        },
        projects_completed: row.projects_completed,
        average_rating: row.average_rating,
        total_reviews: row.total_reviews,
        total_experience_years: row.total_experience_years,
        skills: skills::all(conn, profile_id, MOST_ITEMS).await?,
        created_at: row.created_at,
        updated_at: row.updated_at,
    })
}

pub async fn update_details(
    conn: &mut PgConnection,
    profile_id: Uuid,
    details: &FreelancerDetails,
) -> Result<()> {
    let done = sqlx::query!(
        r#"
        update freelancer_profiles set first_name = $2, last_name = $3, phone = $4, bio = $5, title = $6,
            location = $7, profile_picture_url = $8, resume_url = $9, portfolio_url = $10,
            linkedin_url = $11, github_url = $12, service_categories = $13,
            preferred_project_types = $14, preferred_locations = $15, hourly_rate_min = $16,
            hourly_rate_max = $17, rate_currency = $18, is_available = $19, is_open_to_remote = $20,
            availability_hours = $21, time_zones = $22, payment_methods = $23
        where id = $1
        "#,
        profile_id,
        details.first_name,
        details.last_name,
        details.phone,
        details.bio,
        details.title,
        details.location,
        details.profile_picture_url,
        details.resume_url,
        details.portfolio_url,
        details.linkedin_url,
        details.github_url,
        Json(&details.service_categories) as _,
        Json(&details.preferred_project_types) as _,
        Json(&details.preferred_locations) as _,
        details.hourly_rate_min,
        details.hourly_rate_max,
        details.rate_currency,
        details.is_available,
        details.is_open_to_remote,
        details.availability_hours,
        Json(&details.time_zones) as _,
        details.payment_methods,
    )
    .execute(conn)
    .await?;
    if done.rows_affected() == 0 {
        return Err(Error::NotFound("freelancer profile"));
    }
    Ok(())
}

/// Locks the profile until the end of the transaction; the id of its user.
pub async fn lock(conn: &mut PgConnection, profile_id: Uuid) -> Result<Uuid> {
    sqlx::query_scalar!(
        "select user_id from freelancer_profiles where id = $1 for no key update",
        profile_id
    )
    .fetch_optional(conn)
    .await?
    .ok_or(Error::NotFound("freelancer profile"))
}

pub async fn exists(conn: &mut PgConnection, profile_id: Uuid) -> Result<bool> {
    let exists = sqlx::query_scalar!(
        r#"select exists (select from freelancer_profiles where id = $1) as "exists!""#,
        profile_id
    )
    .fetch_one(conn)
    .await?;
    Ok(exists)
}

/// The latest day that has begun anywhere on earth.
pub async fn latest_today(conn: &mut PgConnection) -> Result<NaiveDate> {
    let today = sqlx::query_scalar!(
        r#"select (app_now() at time zone 'Pacific/Kiritimati')::date as "today!""#
    )
    .fetch_one(conn)
    .await?;
    Ok(today)
}
