//! SQL of company members. The main owner stands in `companies` and nowhere else;
//! the view that both make together is spelled out in [`list`] and [`get`].

use sqlx::{PgConnection, Postgres, QueryBuilder};
use uuid::Uuid;

use super::Member;
use crate::{
    Result,
    employers::CompanyRole,
    pagination::{Paging, Slice, Start, TimeCursor},
};

/// Adds the condition that a job `j` is one of an employer's or of the companies that
/// they work for. Lists by date read an index in its order where there are no such
/// companies; one statement for both would hide that from the planner.
pub async fn push_jobs_of(
    conn: &mut PgConnection,
    query: &mut QueryBuilder<Postgres>,
    employer_id: Uuid,
) -> Result<()> {
    let others = sqlx::query_scalar!(
        r#"select companies_worked_for($1) as "companies!""#,
        employer_id
    )
    .fetch_one(conn)
    .await?;
    if others.is_empty() {
        query.push("j.employer_id = ").push_bind(employer_id);
    } else {
        query.push("is_job_of(j, ").push_bind(employer_id);
        query.push(", ").push_bind(others).push(")");
    }
    Ok(())
}

pub async fn list(
    conn: &mut PgConnection,
    company_id: Uuid,
    paging: &Paging,
) -> Result<Slice<Member>> {
    let total = match paging.start {
        Start::Page(_) => {
            let owners = sqlx::query_scalar!(
                r#"select count(employer_id) as "count!" from companies where id = $1"#,
                company_id
            )
            .fetch_one(&mut *conn)
            .await?;
            Some(owners + count(conn, company_id).await?)
        }
        Start::After(_) => None,
    };
    let rows = sqlx::query_as!(
        Member,
        r#"select e.user_id, e.id as employer_id, e.first_name, e.last_name, u.email,
                  t.role as "role!: CompanyRole", t.is_main_owner as "is_main_owner!",
                  t.added_at as "added_at!", t.updated_at as "updated_at!"
           from (
               select employer_id, 'owner'::company_role as role, true as is_main_owner,
                   created_at as added_at, created_at as updated_at
               from companies where id = $1
               union all
               select m.employer_id, m.role, false, m.created_at, m.updated_at
               from company_members m join companies c on c.id = m.company_id
               where m.company_id = $1 and m.employer_id is distinct from c.employer_id
           ) t
           join employer_profiles e on e.id = t.employer_id
           join users u on u.id = e.user_id
           where $2::timestamptz is null or (t.added_at, e.user_id) < ($2, $3)
           order by t.added_at desc, e.user_id desc
           limit $4 offset $5"#,
        company_id,
        paging.cursor().map(|cursor| cursor.at),
        paging.cursor().map(|cursor| cursor.id),
        paging.limit(),
        paging.offset(),
    )
    .fetch_all(conn)
    .await?;
    Ok(Slice::cut(rows, paging.size, total, |row: &Member| {
        TimeCursor {
            at: row.added_at,
            id: row.user_id,
        }
    }))
}

pub async fn get(
    conn: &mut PgConnection,
    company_id: Uuid,
    user_id: Uuid,
) -> Result<Option<Member>> {
    let member = sqlx::query_as!(
        Member,
        r#"select e.user_id, e.id as employer_id, e.first_name, e.last_name, u.email,
                  role_in_company(c.id, c.employer_id, e.id) as "role!: CompanyRole",
                  c.employer_id is not distinct from e.id as "is_main_owner!",
                  coalesce(m.created_at, c.created_at) as "added_at!",
                  coalesce(m.updated_at, c.created_at) as "updated_at!"
           from companies c
           join employer_profiles e on e.user_id = $2
           join users u on u.id = e.user_id
           left join company_members m on m.company_id = c.id and m.employer_id = e.id
           where c.id = $1 and role_in_company(c.id, c.employer_id, e.id) is not null"#,
        company_id,
        user_id,
    )
    .fetch_optional(conn)
    .await?;
    Ok(member)
}

/// The account and the profile of an employer who can sign in.
pub async fn employer_of_email(
    conn: &mut PgConnection,
    email: &str,
) -> Result<Option<(Uuid, Uuid)>> {
    let row = sqlx::query!(
        "select u.id as user_id, e.id as employer_id
         from users u join employer_profiles e on e.user_id = u.id
         where u.email = $1 and u.is_active and u.role = 'employer'",
        email
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.map(|row| (row.user_id, row.employer_id)))
}

/// Without the main owner.
pub async fn count(conn: &mut PgConnection, company_id: Uuid) -> Result<i64> {
    let count = sqlx::query_scalar!(
        r#"select count(*) as "count!"
           from company_members m join companies c on c.id = m.company_id
           where m.company_id = $1 and m.employer_id is distinct from c.employer_id"#,
        company_id
    )
    .fetch_one(conn)
    .await?;
    Ok(count)
}

pub async fn insert(
    conn: &mut PgConnection,
    company_id: Uuid,
    employer_id: Uuid,
    role: CompanyRole,
    added_by: Uuid,
) -> Result<()> {
    sqlx::query!(
        "insert into company_members (company_id, employer_id, role, added_by)
         values ($1, $2, $3, $4)",
        company_id,
        employer_id,
        role as CompanyRole,
        added_by,
    )
    .execute(conn)
    .await?;
    Ok(())
}

pub async fn set_role(
    conn: &mut PgConnection,
    company_id: Uuid,
    employer_id: Uuid,
    role: CompanyRole,
) -> Result<()> {
    sqlx::query!(
        "update company_members set role = $3 where company_id = $1 and employer_id = $2",
        company_id,
        employer_id,
        role as CompanyRole,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// A company that was the employer's primary one is so no longer.
pub async fn delete(conn: &mut PgConnection, company_id: Uuid, employer_id: Uuid) -> Result<()> {
    sqlx::query!(
        "delete from company_members where company_id = $1 and employer_id = $2",
        company_id,
        employer_id,
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!(
        "update employer_profiles set primary_company_id = null
         where id = $2 and primary_company_id = $1",
        company_id,
        employer_id,
    )
    .execute(conn)
    .await?;
    Ok(())
}

pub async fn remove_all(conn: &mut PgConnection, company_id: Uuid) -> Result<()> {
    sqlx::query!(
        "delete from company_members where company_id = $1",
        company_id
    )
    .execute(conn)
    .await?;
    Ok(())
}
