//! The logins that the all-in-one creates for trying things out.

use jobboard::sample_data::Accounts;
use jobboard_shared::{
    auth::{Password, Passwords},
    data_dir::{DataDir, random_text},
    startup::StartError,
    users::Email,
};
use serde::{Deserialize, Serialize};

use crate::terminal::say;

const FILE: &str = "credentials.json";

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

/// The sample board's accounts under the password of this data folder, which is
/// made and written down at the first call.
pub(crate) async fn of_sample_board(data_dir: &DataDir) -> Result<Accounts, StartError> {
    let mut accounts = Accounts::new(String::new());
    let password = match kept(data_dir)?.and_then(|mut logins| logins.pop()) {
        Some(login) => login.password,
        None => {
            let password = random_text(16);
            let logins = [
                ("admin", &accounts.admin),
                ("employer", &accounts.employer),
                ("freelancer", &accounts.freelancer),
            ]
            .map(|(role, email)| Login {
                role: role.to_owned(),
                email: email.clone(),
                password: password.clone(),
            });
            let text = serde_json::to_string_pretty(&logins)
                .map_err(|error| StartError::Other(error.to_string()))?;
            data_dir.write_private(FILE, &text)?;
            password
        }
    };
    accounts.password_hash = hash(&password, None).await?;
    Ok(accounts)
}

/// Checks the password by the rules that everybody's follows.
pub(crate) async fn hash(password: &str, email: Option<&Email>) -> Result<String, StartError> {
    let password = Password::choose(password, email)
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
