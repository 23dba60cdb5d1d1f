//! Every statement about accounts.

use sqlx::PgConnection;
use uuid::Uuid;

use super::{Account, AccountChange, AccountFilter, AccountType, Email, NewAccount, Role};
use crate::{
    Error, Result,
    database::escape_like,
    mail::Language,
    pagination::{Paging, Slice, Start, TimeCursor},
};

/// Creates an account and the profile of its kind. Belongs in a transaction.
pub async fn insert(conn: &mut PgConnection, new: &NewAccount) -> Result<Account> {
    let id = sqlx::query_scalar!(
        "insert into users (email, password_hash, role, account_type, language)
         values ($1, $2, $3, $4, $5)
         returning id",
        new.email.as_str(),
        new.password_hash,
        Role::from(new.account_type) as Role,
        new.account_type as AccountType,
        new.language.map(Language::name),
    )
    .fetch_one(&mut *conn)
    .await?;
    match new.account_type {
        AccountType::Employer => {
            sqlx::query!(
                "insert into employer_profiles (user_id, first_name, last_name) values ($1, $2, $3)",
                id,
                new.first_name,
                new.last_name,
            )
            .execute(&mut *conn)
            .await?;
        }
        AccountType::Freelancer => {
            sqlx::query!(
                "insert into freelancer_profiles (user_id, first_name, last_name) values ($1, $2, $3)",
                id,
                new.first_name,
                new.last_name,
            )
            .execute(&mut *conn)
            .await?;
        }
    }
    get(conn, id).await
}

/// Creates an admin, who has no profile.
pub async fn insert_admin(
    conn: &mut PgConnection,
    email: &Email,
    password_hash: &str,
) -> Result<Uuid> {
    let id = sqlx::query_scalar!(
        "insert into users (email, password_hash, role, is_verified, is_email_verified)
         values ($1, $2, 'admin', true, true)
         returning id",
        email.as_str(),
        password_hash,
    )
    .fetch_one(conn)
    .await?;
    Ok(id)
}

pub async fn get(conn: &mut PgConnection, user_id: Uuid) -> Result<Account> {
    sqlx::query_as!(
        Account,
        r#"select
             u.id, u.email,
             u.role as "role: Role",
             u.account_type as "account_type: AccountType",
             coalesce(e.first_name, f.first_name, '') as "first_name!",
             coalesce(e.last_name, f.last_name, '') as "last_name!",
             u.is_active, u.is_verified, u.is_email_verified,
             u.language as "language: Language",
             u.last_login, u.created_at, u.updated_at
           from users u
           left join employer_profiles e on e.user_id = u.id
           left join freelancer_profiles f on f.user_id = u.id
           where u.id = $1"#,
        user_id,
    )
    .fetch_optional(conn)
    .await?
    .ok_or(Error::NotFound("account"))
}

/// Changes the names that are given, in the account's own profile; false, if it
/// has none.
pub async fn rename(
    conn: &mut PgConnection,
    user_id: Uuid,
    first_name: Option<&str>,
    last_name: Option<&str>,
) -> Result<bool> {
    let changed = sqlx::query_scalar!(
        r#"with
             e as (update employer_profiles
                   set first_name = coalesce($2, first_name), last_name = coalesce($3, last_name)
                   where user_id = $1 returning 1),
             f as (update freelancer_profiles
                   set first_name = coalesce($2, first_name), last_name = coalesce($3, last_name)
                   where user_id = $1 returning 1),
             -- The name is shown with the account, whose version this is.
             u as (update users set updated_at = app_now() where id = $1)
           select exists (select from e union all select from f) as "changed!""#,
        user_id,
        first_name,
        last_name,
    )
    .fetch_one(conn)
    .await?;
    Ok(changed)
}

/// Has mails written in this language; none: in the board's own.
pub async fn set_language(
    conn: &mut PgConnection,
    user_id: Uuid,
    language: Option<Language>,
) -> Result<()> {
    sqlx::query!(
        "update users set language = $2 where id = $1 and language is distinct from $2",
        user_id,
        language.map(Language::name),
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Keeps all others from changing the account until the transaction ends; false,
/// if it is gone or switched off.
pub async fn lock_active(conn: &mut PgConnection, user_id: Uuid) -> Result<bool> {
    let is_active = sqlx::query_scalar!(
        "select is_active from users where id = $1 for no key update",
        user_id,
    )
    .fetch_optional(conn)
    .await?;
    Ok(is_active == Some(true))
}

pub async fn confirm_email(conn: &mut PgConnection, user_id: Uuid) -> Result<()> {
    sqlx::query!(
        "update users set is_email_verified = true where id = $1 and not is_email_verified",
        user_id,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Sets an address, which nobody has confirmed yet.
pub async fn set_email(conn: &mut PgConnection, user_id: Uuid, email: &Email) -> Result<()> {
    sqlx::query!(
        "update users set email = $2, is_email_verified = false where id = $1",
        user_id,
        email.as_str(),
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Newest first. The total is counted for page numbers only.
pub async fn list(
    conn: &mut PgConnection,
    filter: &AccountFilter,
    paging: &Paging,
) -> Result<Slice<Account>> {
    let part = filter
        .email_part
        .as_deref()
        .map(|part| format!("%{}%", escape_like(&part.trim().to_lowercase())));
    let cursor = paging.cursor();
    let rows = sqlx::query_as!(
        Account,
        r#"select
             u.id, u.email,
             u.role as "role: Role",
             u.account_type as "account_type: AccountType",
             coalesce(e.first_name, f.first_name, '') as "first_name!",
             coalesce(e.last_name, f.last_name, '') as "last_name!",
             u.is_active, u.is_verified, u.is_email_verified,
             u.language as "language: Language",
             u.last_login, u.created_at, u.updated_at
           from users u
           left join employer_profiles e on e.user_id = u.id
           left join freelancer_profiles f on f.user_id = u.id
           where ($1::user_role is null or u.role = $1)
             and ($2::boolean is null or u.is_active = $2)
             and ($3::text is null or u.email like $3)
             and ($4::timestamptz is null or (u.created_at, u.id) < ($4, $5))
           order by u.created_at desc, u.id desc
           limit $6 offset $7"#,
        filter.role as Option<Role>,
        filter.is_active,
        part,
        cursor.map(|cursor| cursor.at),
        cursor.map(|cursor| cursor.id),
        paging.limit(),
        paging.offset(),
    )
    .fetch_all(&mut *conn)
    .await?;
    let total = match paging.start {
        Start::Page(_) => {
            sqlx::query_scalar!(
                r#"select count(*) from users
               where ($1::user_role is null or role = $1)
                 and ($2::boolean is null or is_active = $2)
                 and ($3::text is null or email like $3)"#,
                filter.role as Option<Role>,
                filter.is_active,
                part,
            )
            .fetch_one(conn)
            .await?
        }
        Start::After(_) => None,
    };
    Ok(Slice::cut(rows, paging.size, total, |account| TimeCursor {
        at: account.created_at,
        id: account.id,
    }))
}

/// The active administrators, none of whom can cease to be one until the
/// transaction ends.
pub async fn lock_admins(conn: &mut PgConnection) -> Result<Vec<Uuid>> {
    Ok(sqlx::query_scalar!(
        "select id from users where role = 'admin' and is_active order by id for update",
    )
    .fetch_all(conn)
    .await?)
}

/// Changes what is given.
pub async fn update(conn: &mut PgConnection, user_id: Uuid, change: &AccountChange) -> Result<()> {
    let done = sqlx::query!(
        "update users set role = coalesce($2, role), is_active = coalesce($3, is_active),
             is_verified = coalesce($4, is_verified)
         where id = $1",
        user_id,
        change.role as Option<Role>,
        change.is_active,
        change.is_verified,
    )
    .execute(conn)
    .await?;
    if done.rows_affected() == 0 {
        return Err(Error::NotFound("account"));
    }
    Ok(())
}

/// Deletes an account with its profile, its applications and whatever else is
/// its own alone. Companies and jobs stay, and belong to nobody.
pub async fn delete(conn: &mut PgConnection, user_id: Uuid) -> Result<()> {
    let done = sqlx::query!("delete from users where id = $1", user_id)
        .execute(conn)
        .await?;
    if done.rows_affected() == 0 {
        return Err(Error::NotFound("account"));
    }
    Ok(())
}
