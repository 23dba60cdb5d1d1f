//! Connections and migrations.

mod migrations;

use std::{io, time::Duration};

use secrecy::{ExposeSecret, SecretString};
use sqlx::{
    ConnectOptions, Connection, PgConnection, PgPool,
    postgres::{PgConnectOptions, PgPoolOptions},
};

pub use migrations::{LockPatience, MIGRATOR, MigrationError, migrate, migrate_with};

/// What a connection may take to say that it is there.
const PING_LIMIT: Duration = Duration::from_secs(1);
/// Of handlers and requests: they do nothing between two statements that takes
/// nearly as long.
const LONGEST_IDLE_TRANSACTION: Duration = Duration::from_secs(60);

/// Of each connection: the statements of an API process that has served everything,
/// searches of different shapes among them, are planned once.
const STATEMENTS_KEPT: usize = 400;

/// Opens a pool. Connections are made when first needed, except one that proves
/// the address right.
pub async fn connect(url: &SecretString, max_connections: u32) -> Result<PgPool, sqlx::Error> {
    let options: PgConnectOptions = url.expose_secret().parse()?;
    let options = options
        .application_name("jobboard")
        .statement_cache_capacity(STATEMENTS_KEPT);
    let opened = pool_options()
        .max_connections(max_connections)
        .after_connect(|conn, _| {
            Box::pin(limit_session(
                conn,
                Duration::ZERO,
                LONGEST_IDLE_TRANSACTION,
            ))
        })
        .after_release(|conn, _| Box::pin(answers(conn)))
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

/// Options of a pool that gives up on connections whose other end is gone without
/// a word.
fn pool_options() -> PgPoolOptions {
    PgPoolOptions::new()
        .acquire_timeout(Duration::from_secs(10))
        .test_before_acquire(false)
        .before_acquire(|conn, _| Box::pin(answers(conn)))
}

/// Fails where the connection does not answer. The pool's own test waits for ever.
async fn answers(conn: &mut PgConnection) -> Result<bool, sqlx::Error> {
    match tokio::time::timeout(PING_LIMIT, conn.ping()).await {
        Ok(answer) => answer.map(|()| true),
        Err(_) => Err(sqlx::Error::Io(io::ErrorKind::TimedOut.into())),
    }
}

/// Asks the server to end what a client that is gone without a word has left
/// behind, with the locks it holds: statements that take longer (0: no limit) and
/// transactions in which nothing happens for longer. What the administrator has
/// set stays, but for the isolation of transactions, on which what is written here
/// relies.
pub async fn limit_session(
    conn: &mut PgConnection,
    statement: Duration,
    idle_transaction: Duration,
) -> Result<(), sqlx::Error> {
    // What is read and then written under a lock must have been read under it.
    sqlx::raw_sql("set default_transaction_isolation = 'read committed'")
        .execute(&mut *conn)
        .await?;
    let millis = |limit: Duration| limit.as_millis().to_string();
    sqlx::query!(
        "select set_config(name, value, false) as setting
         from (values ('statement_timeout', $1),
                      ('idle_in_transaction_session_timeout', $2),
                      ('tcp_keepalives_idle', '30'),
                      ('tcp_keepalives_interval', '10'),
                      ('tcp_keepalives_count', '3')) as wanted(name, value)
         join pg_settings using (name)
         where source = 'default'",
        millis(statement),
        millis(idle_transaction),
    )
    .fetch_all(conn)
    .await?;
    Ok(())
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

/// Whether Postgres gave up waiting for a lock, because of a limit or a deadlock.
pub fn waited_in_vain(error: &sqlx::Error) -> bool {
    error
        .as_database_error()
        .is_some_and(|error| matches!(error.code().as_deref(), Some("55P03" | "40P01")))
}

/// The text as a part of a `like` pattern that stands for itself.
pub fn escape_like(text: &str) -> String {
    text.replace('\\', "\\\\")
        .replace('%', "\\%")
        .replace('_', "\\_")
}
