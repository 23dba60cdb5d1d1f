//! Connections and migrations.

use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use sqlx::{
    ConnectOptions, PgPool,
    migrate::{MigrateError, Migrator},
    postgres::{PgConnectOptions, PgPoolOptions},
};

/// Every migration, compiled in.
pub static MIGRATOR: Migrator = sqlx::migrate!("../migrations");

/// Opens a pool. Connections are made when first needed, except one that proves
/// the address right.
pub async fn connect(url: &SecretString, max_connections: u32) -> Result<PgPool, sqlx::Error> {
    let options: PgConnectOptions = url.expose_secret().parse()?;
    let options = options.application_name("jobboard");
    let opened = PgPoolOptions::new()
        .max_connections(max_connections)
        .acquire_timeout(Duration::from_secs(10))
        .connect_with(options.clone())
        .await;
    match opened {
        // The pool tries again until its time is up and forgets why.
        Err(sqlx::Error::PoolTimedOut) => match options.connect().await {
            Err(reason) => Err(reason),
            Ok(_) => Err(sqlx::Error::PoolTimedOut),
        },
        opened => opened,
    }
}

/// Brings the schema up to date, under an advisory lock: of several starts at
/// once one migrates and the others wait.
pub async fn migrate(db: &PgPool) -> Result<(), MigrateError> {
    MIGRATOR.run(db).await
}

/// Whether the database answers.
pub async fn ping(db: &PgPool) -> Result<(), sqlx::Error> {
    sqlx::query!("select 1 as one").fetch_one(db).await?;
    Ok(())
}

/// Whether Postgres refused the values or the statement itself, so that the same
/// again would fail again: bad data, a broken constraint, a wrong name, a limit
/// passed (SQLSTATE classes 22, 23, 42, 54). Everything else, a shutdown or a
/// deadlock say, passes.
pub fn is_refusal(error: &sqlx::Error) -> bool {
    error
        .as_database_error()
        .and_then(|error| error.code())
        .is_some_and(|code| matches!(code.get(..2), Some("22" | "23" | "42" | "54")))
}
