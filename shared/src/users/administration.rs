//! What administrators do with accounts.

use sqlx::PgConnection;
use uuid::Uuid;

use super::{Account, AccountChange, AccountType, Email, NewAccount, Role, db};
use crate::{
    Error, Result,
    auth::{
        MailedTokenKey, Occasion,
        db::{mailed_tokens, revoke_all},
        recovery,
    },
};

/// An account that an administrator makes.
#[derive(Clone, Debug)]
pub struct MadeAccount {
    pub email: Email,
    pub password_hash: String,
    /// Whether the owner knows the password; if not, a mail lets them choose one.
    pub has_password: bool,
    pub role: Role,
    /// Empty for administrators, who have no profile.
    pub first_name: String,
    pub last_name: String,
}

pub async fn create(
    conn: &mut PgConnection,
    key: &MailedTokenKey,
    made: MadeAccount,
) -> Result<Account> {
    let account_type = match made.role {
        Role::Employer => Some(AccountType::Employer),
        Role::Freelancer => Some(AccountType::Freelancer),
        Role::Admin => None,
    };
    let account = match account_type {
        Some(account_type) => {
            super::check_names(Some(&made.first_name), Some(&made.last_name))?;
            let new = NewAccount {
                email: made.email,
                password_hash: made.password_hash,
                account_type,
                first_name: made.first_name,
                last_name: made.last_name,
                language: None,
            };
            db::insert(conn, &new).await?
        }
        None if made.first_name.is_empty() && made.last_name.is_empty() => {
            let id = db::insert_admin(conn, &made.email, &made.password_hash).await?;
            db::get(conn, id).await?
        }
        None => {
            return Err(Error::invalid(
                "first_name",
                "no_profile",
                "an administrator has no profile to hold a name",
            ));
        }
    };
    let occasion = match made.has_password {
        false => Occasion::AccountCreated,
        // Whoever runs the board answers for its administrators' addresses.
        true if account.is_email_verified => return Ok(account),
        true => Occasion::EmailVerification,
    };
    recovery::mail_token(conn, key, account.id, occasion).await?;
    Ok(account)
}

/// Changes an account. Switching it off ends its sessions and voids what was
/// mailed to it.
pub async fn change(
    conn: &mut PgConnection,
    user_id: Uuid,
    change: &AccountChange,
) -> Result<Account> {
    if change.is_active == Some(false) || change.role.is_some_and(|role| role != Role::Admin) {
        refuse_last_admin(conn, user_id).await?;
    }
    db::lock_active(conn, user_id).await?;
    let account = db::get(conn, user_id).await?;
    if let Some(role) = change.role
        && role != Role::Admin
        && account.account_type.map(Role::from) != Some(role)
    {
        return Err(Error::conflict(
            "role_not_possible",
            format!("this account has no profile of the role {}", role.as_str()),
        ));
    }
    db::update(conn, user_id, change).await?;
    if change.is_active == Some(false) {
        mailed_tokens::void(conn, user_id, None).await?;
        revoke_all(conn, user_id, None).await?;
    }
    db::get(conn, user_id).await
}

pub async fn delete(conn: &mut PgConnection, user_id: Uuid) -> Result<()> {
    refuse_last_admin(conn, user_id).await?;
    db::delete(conn, user_id).await
}

async fn refuse_last_admin(conn: &mut PgConnection, user_id: Uuid) -> Result<()> {
    if db::lock_admins(conn).await? == [user_id] {
        return Err(Error::conflict(
            "last_admin",
            "this is the only active administrator: make another one first",
        ));
    }
    Ok(())
}
