//! The logins that the all-in-one creates for trying things out.

use jobboard_shared::{
    auth::{self, Password, Passwords},
    data_dir::{DataDir, random_text},
    startup::StartError,
    users::{self, AccountType, Email, NewAccount},
};
use serde::{Deserialize, Serialize};
use sqlx::{PgConnection, PgPool};

use crate::terminal::say;

const FILE: &str = "credentials.json";

/// What they may do, and under which address.
const LOGINS: &[(&str, &str)] = &[
    ("admin", "admin@example.invalid"),
    ("employer", "employer@example.invalid"),
    ("freelancer", "freelancer@example.invalid"),
];

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Login {
    pub(crate) role: String,
    pub(crate) email: String,
    /// As created; who changes it in the board changes nothing here.
    pub(crate) password: String,
}

/// The logins of this data folder, if it has any yet.
pub(crate) fn kept(data_dir: &DataDir) -> Result<Option<Vec<Login>>, StartError> {
    let Some(text) = data_dir.read(FILE)? else {
        return Ok(None);
    };
    serde_json::from_str(&text)
        .map(Some)
        .map_err(|error| StartError::Other(format!("{FILE} of the data folder: {error}")))
}

/// Creates what is missing; the passwords are written down first.
pub(crate) async fn ensure(data_dir: &DataDir, db: &PgPool) -> Result<Vec<Login>, StartError> {
    let logins = match kept(data_dir)? {
        Some(logins) => logins,
        None => {
            let logins: Vec<_> = LOGINS
                .iter()
                .map(|(role, email)| Login {
                    role: (*role).to_owned(),
                    email: (*email).to_owned(),
                    password: random_text(16),
                })
                .collect();
            let text = serde_json::to_string_pretty(&logins)
                .map_err(|error| StartError::Other(error.to_string()))?;
            data_dir.write_private(FILE, &text)?;
            logins
        }
    };
    let mut tx = db.begin().await?;
    for login in &logins {
        create_if_missing(&mut tx, login).await?;
    }
    tx.commit().await?;
    Ok(logins)
}

async fn create_if_missing(conn: &mut PgConnection, login: &Login) -> Result<(), StartError> {
    let email = Email::parse(&login.email).map_err(|error| StartError::Other(error.message))?;
    if auth::db::credentials(&mut *conn, &email)
        .await
        .map_err(failed)?
        .is_some()
    {
        return Ok(());
    }
    let hash = hash(&login.password, &email).await?;
    let account_type = match login.role.as_str() {
        "employer" => AccountType::Employer,
        "freelancer" => AccountType::Freelancer,
        _ => {
            users::db::insert_admin(conn, &email, &hash)
                .await
                .map_err(failed)?;
            return Ok(());
        }
    };
    let new = NewAccount {
        email,
        password_hash: hash,
        account_type,
        first_name: "Sam".to_owned(),
        last_name: "Sample".to_owned(),
    };
    users::db::insert(conn, &new).await.map_err(failed)?;
    Ok(())
}

/// Checks the password by the rules that everybody's follows.
pub(crate) async fn hash(password: &str, email: &Email) -> Result<String, StartError> {
    let password = Password::choose(password, Some(email))
        .map_err(|error| StartError::Other(format!("the password {}", error.message)))?;
    Passwords::new(1)
        .hash(&password)
        .await
        .map_err(|error| StartError::Other(error.to_string()))
}

pub(crate) fn failed(error: jobboard_shared::Error) -> StartError {
    StartError::Other(error.to_string())
}

pub(crate) fn show(logins: &[Login]) {
    for login in logins {
        say(format_args!(
            "    {:<11} {:<28} {}",
            login.role, login.email, login.password
        ));
    }
}
