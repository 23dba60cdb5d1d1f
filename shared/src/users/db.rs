//! Every statement about accounts.

use sqlx::PgConnection;
use uuid::Uuid;

use super::{Account, AccountType, Email, NewAccount, Role};
use crate::{Error, Result};

/// Creates an account and the profile of its kind. Belongs in a transaction.
pub async fn insert(conn: &mut PgConnection, new: &NewAccount) -> Result<Account> {
    let id = sqlx::query_scalar!(
        "insert into users (email, password_hash, role, account_type)
         values ($1, $2, $3, $4)
         returning id",
        new.email.as_str(),
        new.password_hash,
        Role::from(new.account_type) as Role,
        new.account_type as AccountType,
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

/// Changes the name in the account's own profile; false, if it has none.
pub async fn rename(
    conn: &mut PgConnection,
    user_id: Uuid,
    first_name: &str,
    last_name: &str,
) -> Result<bool> {
    let changed = sqlx::query_scalar!(
        r#"with
             e as (update employer_profiles set first_name = $2, last_name = $3
                   where user_id = $1 returning 1),
             f as (update freelancer_profiles set first_name = $2, last_name = $3
                   where user_id = $1 returning 1)
           select exists (select from e union all select from f) as "changed!""#,
        user_id,
        first_name,
        last_name,
    )
    .fetch_one(conn)
    .await?;
    Ok(changed)
}
