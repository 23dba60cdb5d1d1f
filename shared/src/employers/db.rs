//! SQL of employer profiles.

use sqlx::PgConnection;
use uuid::Uuid;

use super::{EmployerDetails, EmployerProfile, Standing, VerificationStatus};
use crate::{Error, Result};

pub async fn get(conn: &mut PgConnection, employer_id: Uuid) -> Result<EmployerProfile> {
    sqlx::query!(
        r#"
        select id, user_id, first_name, last_name, phone, position_title, bio, profile_picture_url,
            linkedin_url, primary_company_id, can_post_jobs, jobs_posted_count, active_jobs_count,
            verification_status as "verification_status: VerificationStatus", verified_at,
            created_at, updated_at
        from employer_profiles
        where id = $1
        "#,
        employer_id
    )
    .fetch_optional(conn)
    .await?
    .map(|row| EmployerProfile {
        id: row.id,
        user_id: row.user_id,
        details: EmployerDetails {
            first_name: row.first_name,
            last_name: row.last_name,
            phone: row.phone,
            position_title: row.position_title,
            bio: row.bio,
            profile_picture_url: row.profile_picture_url,
            linkedin_url: row.linkedin_url,
            primary_company_id: row.primary_company_id,
        },
        can_post_jobs: row.can_post_jobs,
        jobs_posted_count: row.jobs_posted_count,
        active_jobs_count: row.active_jobs_count,
        verification_status: row.verification_status,
        verified_at: row.verified_at,
        created_at: row.created_at,
        updated_at: row.updated_at,
    })
    .ok_or(Error::NotFound("employer profile"))
}

pub async fn update_details(
    conn: &mut PgConnection,
    employer_id: Uuid,
    details: &EmployerDetails,
) -> Result<()> {
    let done = sqlx::query!(
        r#"
        update employer_profiles set first_name = $2, last_name = $3, phone = $4, position_title = $5,
            bio = $6, profile_picture_url = $7, linkedin_url = $8, primary_company_id = $9
        where id = $1
        "#,
        employer_id,
        details.first_name,
        details.last_name,
        details.phone,
        details.position_title,
        details.bio,
        details.profile_picture_url,
        details.linkedin_url,
        details.primary_company_id,
    )
    .execute(conn)
    .await?;
    if done.rows_affected() == 0 {
        return Err(Error::NotFound("employer profile"));
    }
    Ok(())
}

/// None for a profile that is gone.
pub(super) async fn standing(
    conn: &mut PgConnection,
    employer_id: Uuid,
) -> Result<Option<Standing>> {
    let standing = sqlx::query_as!(
        Standing,
        r#"select p.can_post_jobs, p.verification_status = 'verified' as "is_verified!",
               u.is_email_verified
           from employer_profiles p join users u on u.id = p.user_id
           where p.id = $1"#,
        employer_id
    )
    .fetch_optional(conn)
    .await?;
    Ok(standing)
}

/// Published jobs of an employer, whose count stands still until the end of the
/// transaction; 0 for a profile that is gone.
pub async fn lock_active_jobs(conn: &mut PgConnection, employer_id: Uuid) -> Result<i64> {
    let active = sqlx::query_scalar!(
        "select active_jobs_count from employer_profiles where id = $1 for no key update",
        employer_id
    )
    .fetch_optional(conn)
    .await?;
    Ok(active.map_or(0, i64::from))
}

/// Makes a company the primary one of an employer who has none.
pub async fn set_first_primary_company(
    conn: &mut PgConnection,
    employer_id: Uuid,
    company_id: Uuid,
) -> Result<()> {
    sqlx::query!(
        "update employer_profiles set primary_company_id = $2 where id = $1 and primary_company_id is null",
        employer_id,
        company_id
    )
    .execute(conn)
    .await?;
    Ok(())
}
