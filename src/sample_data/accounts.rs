//! The accounts to try the board with.

use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

use super::{Error, db};

/// Who can sign in after a load. Everybody on the sample board has the one password.
#[derive(Clone, Debug)]
pub struct Accounts {
    pub admin: String,
    pub employer: String,
    pub freelancer: String,
    /// As `shared::auth` makes it. Hashing is slow on purpose, hence once for all.
    pub password_hash: String,
}

impl Accounts {
    pub fn new(password_hash: String) -> Self {
        Self {
            admin: "admin@example.invalid".to_owned(),
            employer: "employer@example.invalid".to_owned(),
            freelancer: "freelancer@example.invalid".to_owned(),
            password_hash,
        }
    }
}

#[derive(Clone, Copy, Debug)]
pub struct AccountIds {
    pub employer_user: Uuid,
    pub employer_profile: Uuid,
    pub freelancer_user: Uuid,
    pub freelancer_profile: Uuid,
}

/// The three accounts alone, for a board that begins without sample data.
pub async fn create_logins(pool: &PgPool, accounts: &Accounts) -> Result<(), Error> {
    let mut tx = pool.begin().await?;
    db::record_first_start(&mut tx).await?;
    ensure_accounts(&mut tx, accounts).await?;
    tx.commit().await?;
    Ok(())
}

/// Creates the three accounts and their profiles where they are missing; those
/// that exist keep their passwords.
pub async fn ensure_accounts(
    conn: &mut PgConnection,
    accounts: &Accounts,
) -> Result<AccountIds, Error> {
    let hash = &accounts.password_hash;
    account(conn, &accounts.admin, hash, "admin").await?;
    let employer_user = account(conn, &accounts.employer, hash, "employer").await?;
    let freelancer_user = account(conn, &accounts.freelancer, hash, "freelancer").await?;
    Ok(AccountIds {
        employer_user,
        employer_profile: db::ensure_employer_profile(conn, employer_user).await?,
        freelancer_user,
        freelancer_profile: db::ensure_freelancer_profile(conn, freelancer_user).await?,
    })
}

async fn account(
    conn: &mut PgConnection,
    email: &str,
    hash: &str,
    role: &str,
) -> Result<Uuid, Error> {
    db::ensure_user(conn, email, hash, role)
        .await?
        .ok_or_else(|| Error::Account(email.to_owned()))
}
