//! Who works for a company.

pub mod db;

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::{
    Error, Result,
    employers::{Actor, CompanyRole, Scope},
    pagination::{Paging, Slice},
};

#[derive(Clone, Debug)]
pub struct Member {
    pub user_id: Uuid,
    pub employer_id: Uuid,
    pub first_name: String,
    pub last_name: String,
    pub email: String,
    pub role: CompanyRole,
    /// Whether the company belongs to this account: its role is fixed.
    pub is_main_owner: bool,
    pub added_at: DateTime<Utc>,
    /// When the role was changed.
    pub updated_at: DateTime<Utc>,
}

/// The most that work for one company, beside its owner.
pub const MAX_MEMBERS: i64 = 100;

/// Newest first. For everybody who works there.
pub async fn list(
    conn: &mut PgConnection,
    scope: Scope,
    company_id: Uuid,
    paging: &Paging,
) -> Result<Slice<Member>> {
    role_of(conn, scope, company_id).await?;
    db::list(conn, company_id, paging).await
}

/// One of them. For everybody who works there.
pub async fn one(
    conn: &mut PgConnection,
    scope: Scope,
    company_id: Uuid,
    user_id: Uuid,
) -> Result<Member> {
    role_of(conn, scope, company_id).await?;
    get(conn, company_id, user_id).await
}

/// Lets the employer with this email address work for the company.
pub async fn add(
    conn: &mut PgConnection,
    actor: Actor,
    company_id: Uuid,
    email: &str,
    role: CompanyRole,
) -> Result<Member> {
    lock(conn, actor.scope, company_id).await?;
    let email = email.trim().to_lowercase();
    let Some((user_id, employer_id)) = db::employer_of_email(conn, &email).await? else {
        return Err(Error::invalid(
            "email",
            "unknown_employer",
            "no employer's account has this address",
        ));
    };
    if super::db::role(conn, company_id, employer_id)
        .await?
        .is_some()
    {
        return Err(Error::conflict(
            "already_member",
            "this account works for the company already",
        ));
    }
    if db::count(conn, company_id).await? >= MAX_MEMBERS {
        return Err(Error::conflict(
            "max_company_members",
            format!("{MAX_MEMBERS} people work for the company, which is the most"),
        ));
    }
    db::insert(conn, company_id, employer_id, role, actor.user_id).await?;
    get(conn, company_id, user_id).await
}

pub async fn change_role(
    conn: &mut PgConnection,
    scope: Scope,
    company_id: Uuid,
    user_id: Uuid,
    role: CompanyRole,
) -> Result<Member> {
    lock(conn, scope, company_id).await?;
    let member = get(conn, company_id, user_id).await?;
    refuse_main_owner(&member)?;
    db::set_role(conn, company_id, member.employer_id, role).await?;
    get(conn, company_id, user_id).await
}

/// By an owner, or by the members themselves, who leave.
pub async fn remove(
    conn: &mut PgConnection,
    actor: Actor,
    company_id: Uuid,
    user_id: Uuid,
) -> Result<()> {
    let (_, role) = super::db::lock(conn, company_id, actor.scope).await?;
    if user_id != actor.user_id {
        role.ensure(CompanyRole::Owner)?;
    }
    let member = get(conn, company_id, user_id).await?;
    refuse_main_owner(&member)?;
    db::delete(conn, company_id, member.employer_id).await
}

async fn get(conn: &mut PgConnection, company_id: Uuid, user_id: Uuid) -> Result<Member> {
    db::get(conn, company_id, user_id)
        .await?
        .ok_or(Error::NotFound("member"))
}

fn refuse_main_owner(member: &Member) -> Result<()> {
    if member.is_main_owner {
        return Err(Error::conflict(
            "company_owner",
            "the company belongs to this account; an administrator can give it to another",
        ));
    }
    Ok(())
}

/// One change of a company's members at a time, by its owners.
async fn lock(conn: &mut PgConnection, scope: Scope, company_id: Uuid) -> Result<()> {
    let (_, role) = super::db::lock(conn, company_id, scope).await?;
    role.ensure(CompanyRole::Owner)
}

/// Not found for those who do not work there.
async fn role_of(conn: &mut PgConnection, scope: Scope, company_id: Uuid) -> Result<CompanyRole> {
    match scope {
        Scope::Own(employer_id) => super::db::role(conn, company_id, employer_id)
            .await?
            .ok_or(Error::NotFound("company")),
        Scope::Any => super::db::get(conn, company_id)
            .await
            .map(|_| CompanyRole::Owner),
    }
}
