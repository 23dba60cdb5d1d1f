//! SQL of verification.

use sqlx::PgConnection;
use uuid::Uuid;

use super::{Change, CompanyCandidate, EmployerCandidate, Subject};
use crate::{
    Error, Result,
    employers::{Scope, VerificationStatus},
    pagination::{Paging, Slice},
};

/// More moves than anybody reads.
const MOST_CHANGES: i64 = 100;

/// Its status, which stays until the transaction ends; none, if it is missing or
/// not in the scope.
pub(super) async fn lock(
    conn: &mut PgConnection,
    subject: Subject,
    scope: Scope,
) -> Result<Option<VerificationStatus>> {
    let owner = scope.employer_id();
    let status = match subject {
        Subject::Employer(id) => {
            sqlx::query_scalar!(
                r#"select verification_status as "status: VerificationStatus"
                   from employer_profiles
                   where id = $1 and ($2::uuid is null or id = $2)
                   for no key update"#,
                id,
                owner,
            )
            .fetch_optional(conn)
            .await?
        }
        Subject::Company(id) => sqlx::query_scalar!(
            r#"select verification_of_company(is_verified, verification_requested_at)
                          as "status: VerificationStatus"
                   from companies
                   where id = $1 and ($2::uuid is null or employer_id = $2)
                   for no key update"#,
            id,
            owner,
        )
        .fetch_optional(conn)
        .await?
        .flatten(),
    };
    Ok(status)
}

/// The account of a verified employer is a verified one.
pub(super) async fn set(
    conn: &mut PgConnection,
    subject: Subject,
    status: VerificationStatus,
) -> Result<()> {
    match subject {
        Subject::Employer(id) => {
            sqlx::query!(
                "with profile as (
                     update employer_profiles set verification_status = $2::verification_status,
                         verified_at = case when $2::verification_status = 'verified' then app_now() end
                     where id = $1
                     returning user_id)
                 update users set is_verified = ($2::verification_status = 'verified')
                 from profile where users.id = profile.user_id",
                id,
                status as VerificationStatus,
            )
            .execute(conn)
            .await?;
        }
        Subject::Company(id) => {
            sqlx::query!(
                "update companies set
                     is_verified = ($2::verification_status = 'verified'),
                     verified_at = case when $2::verification_status = 'verified' then app_now() end,
                     verification_requested_at = case when $2::verification_status = 'pending' then app_now() end
                 where id = $1",
                id,
                status as VerificationStatus,
            )
            .execute(conn)
            .await?;
        }
    }
    Ok(())
}

/// Gives the change's id.
pub(super) async fn record(
    conn: &mut PgConnection,
    subject: Subject,
    from: VerificationStatus,
    to: VerificationStatus,
    reason: Option<&str>,
    by: Uuid,
) -> Result<Uuid> {
    let (employer_id, company_id) = ids(subject);
    let id = sqlx::query_scalar!(
        "insert into verification_changes
             (employer_id, company_id, from_status, to_status, reason, changed_by)
         values ($1, $2, $3, $4, $5, $6)
         returning id",
        employer_id,
        company_id,
        from as VerificationStatus,
        to as VerificationStatus,
        reason,
        by,
    )
    .fetch_one(conn)
    .await?;
    Ok(id)
}

/// The account of the employer whose it is.
pub(super) async fn owner(conn: &mut PgConnection, subject: Subject) -> Result<Option<Uuid>> {
    let (employer_id, company_id) = ids(subject);
    let user_id = sqlx::query_scalar!(
        "select user_id from employer_profiles
         where id = coalesce($1, (select employer_id from companies where id = $2))",
        employer_id,
        company_id,
    )
    .fetch_optional(conn)
    .await?;
    Ok(user_id)
}

/// Its moves, the newest first, a hundred at most.
pub async fn changes(conn: &mut PgConnection, subject: Subject) -> Result<Vec<Change>> {
    let (employer_id, company_id) = ids(subject);
    let changes = sqlx::query_as!(
        Change,
        r#"select id, from_status as "from_status: VerificationStatus",
               to_status as "to_status: VerificationStatus", reason, changed_by, changed_at
           from verification_changes
           where employer_id = $1 or company_id = $2
           order by id desc
           limit $3"#,
        employer_id,
        company_id,
        MOST_CHANGES,
    )
    .fetch_all(conn)
    .await?;
    Ok(changes)
}

/// Employers of a status, the newest account first.
pub async fn employers(
    conn: &mut PgConnection,
    status: VerificationStatus,
    paging: &Paging<Uuid>,
) -> Result<Slice<EmployerCandidate, Uuid>> {
    let after = paging.cursor().copied();
    let rows = read_employers(conn, None, Some(status), after, paging.limit()).await?;
    Ok(Slice::cut(rows, paging.size, None, |row| row.id))
}

pub async fn employer(conn: &mut PgConnection, id: Uuid) -> Result<EmployerCandidate> {
    let found = read_employers(conn, Some(id), None, None, 1).await?;
    found.into_iter().next().ok_or(Error::NotFound("employer"))
}

async fn read_employers(
    conn: &mut PgConnection,
    id: Option<Uuid>,
    status: Option<VerificationStatus>,
    after: Option<Uuid>,
    limit: i64,
) -> Result<Vec<EmployerCandidate>> {
    let rows = sqlx::query_as!(
        EmployerCandidate,
        r#"select p.id, p.user_id, u.email, u.is_email_verified, p.first_name, p.last_name,
               p.position_title, p.linkedin_url, c.name as "primary_company?",
               p.jobs_posted_count, p.verification_status as "status: VerificationStatus",
               p.verified_at, p.created_at
           from employer_profiles p
           join users u on u.id = p.user_id
           left join companies c on c.id = p.primary_company_id
           where ($1::uuid is null or p.id = $1)
             and ($2::verification_status is null or p.verification_status = $2)
             and ($3::uuid is null or p.id < $3)
           order by p.id desc
           limit $4"#,
        id,
        status as Option<VerificationStatus>,
        after,
        limit,
    )
    .fetch_all(conn)
    .await?;
    Ok(rows)
}

/// Companies of a status, the newest first.
pub async fn companies(
    conn: &mut PgConnection,
    status: VerificationStatus,
    paging: &Paging<Uuid>,
) -> Result<Slice<CompanyCandidate, Uuid>> {
    let after = paging.cursor().copied();
    let rows = read_companies(conn, None, Some(status), after, paging.limit()).await?;
    Ok(Slice::cut(rows, paging.size, None, |row| row.id))
}

pub async fn company(conn: &mut PgConnection, id: Uuid) -> Result<CompanyCandidate> {
    let found = read_companies(conn, Some(id), None, None, 1).await?;
    found.into_iter().next().ok_or(Error::NotFound("company"))
}

async fn read_companies(
    conn: &mut PgConnection,
    id: Option<Uuid>,
    status: Option<VerificationStatus>,
    after: Option<Uuid>,
    limit: i64,
) -> Result<Vec<CompanyCandidate>> {
    let rows = sqlx::query_as!(
        CompanyCandidate,
        r#"select id, employer_id, name, slug, website, email,
               verification_of_company(is_verified, verification_requested_at)
                   as "status!: VerificationStatus",
               verification_requested_at as requested_at, verified_at, created_at
           from companies
           where ($1::uuid is null or id = $1)
             and ($2::verification_status is null
                  or verification_of_company(is_verified, verification_requested_at) = $2)
             and ($3::uuid is null or id < $3)
           order by id desc
           limit $4"#,
        id,
        status as Option<VerificationStatus>,
        after,
        limit,
    )
    .fetch_all(conn)
    .await?;
    Ok(rows)
}

fn ids(subject: Subject) -> (Option<Uuid>, Option<Uuid>) {
    match subject {
        Subject::Employer(id) => (Some(id), None),
        Subject::Company(id) => (None, Some(id)),
    }
}
