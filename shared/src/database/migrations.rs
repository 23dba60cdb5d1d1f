//! Bringing the schema up to date while others use it.

use std::time::{Duration, Instant};

use sqlx::{
    AssertSqlSafe, ConnectOptions, Connection, PgConnection, PgPool,
    migrate::{AppliedMigration, Migrate, MigrateError, Migration, Migrator},
    postgres::PgConnectOptions,
};

use super::{LONGEST_IDLE_TRANSACTION, limit_session, waited_in_vain};

/// Every migration, compiled in.
pub static MIGRATOR: Migrator = sqlx::migrate!("../migrations");

/// Where it is written which migrations have been applied.
const TABLE: &str = "_sqlx_migrations";
/// One wait for who migrates at this moment. Shorter than Postgres takes to look
/// for deadlocks: an index that is built concurrently waits for all who wait.
const TURN_WAIT: Duration = Duration::from_millis(500);
const TURN_PAUSE: Duration = Duration::from_millis(200);
const TURN_REMINDER: Duration = Duration::from_secs(30);

/// Why the schema is not up to date.
#[derive(Debug, thiserror::Error)]
pub enum MigrationError {
    #[error("{0}")]
    Database(#[from] sqlx::Error),
    #[error(
        "migration {0} was changed after it had been applied to this database: start the release \
         that belongs to the database, or restore the file"
    )]
    Changed(i64),
    #[error(
        "this database has had migration {unknown}, which this program does not know although \
         it knows later ones (up to {newest}): it belongs to another program or branch"
    )]
    Unknown { unknown: i64, newest: i64 },
    #[error(
        "migration {version} did not get its locks in {attempts} attempts: another transaction \
         holds a table that it changes; end that one and start again"
    )]
    Locked { version: i64, attempts: u32 },
    #[error("{0}")]
    Other(#[source] MigrateError),
}

impl From<MigrateError> for MigrationError {
    fn from(error: MigrateError) -> Self {
        match error {
            MigrateError::Execute(error) => Self::Database(error),
            error => Self::Other(error),
        }
    }
}

/// How a migration waits for locks that other transactions hold.
///
/// Everything that wants the table meanwhile waits behind it, so each wait is
/// short, and others get their turn between two waits.
#[derive(Clone, Copy, Debug)]
pub struct LockPatience {
    pub wait: Duration,
    pub attempts: u32,
    /// After the first wait; doubled each time, up to ten times as long.
    pub pause: Duration,
}

impl Default for LockPatience {
    /// Gives up after about two minutes.
    fn default() -> Self {
        Self {
            wait: Duration::from_secs(2),
            attempts: 15,
            pause: Duration::from_secs(1),
        }
    }
}

/// Brings the schema up to date: of several starts at once one migrates and the
/// others wait.
///
/// Migrations that the database has had and that are newer than all of this
/// program's are let be: they only add to what this program needs, and so an
/// older release starts again beside a newer one.
pub async fn migrate(db: &PgPool) -> Result<(), MigrationError> {
    migrate_with(&db.connect_options(), &MIGRATOR, LockPatience::default()).await
}

/// [`migrate`] with migrations and patience of one's own.
pub async fn migrate_with(
    options: &PgConnectOptions,
    migrator: &Migrator,
    patience: LockPatience,
) -> Result<(), MigrationError> {
    // Not one of a pool: with it ends the lock, however this ends.
    let mut conn = options.connect().await?;
    limit_session(&mut conn, Duration::ZERO, LONGEST_IDLE_TRANSACTION).await?;
    let migrated = in_turn(&mut conn, migrator, patience).await;
    if let Err(error) = conn.close().await {
        tracing::debug!(%error, "the connection of the migration did not end well");
    }
    migrated
}

async fn in_turn(
    conn: &mut PgConnection,
    migrator: &Migrator,
    patience: LockPatience,
) -> Result<(), MigrationError> {
    wait_for_turn(conn).await?;
    limit_lock_waits(conn, patience.wait).await?;
    conn.ensure_migrations_table(TABLE).await?;
    if let Some(version) = conn.dirty_version(TABLE).await? {
        return Err(MigrateError::Dirty(version).into());
    }
    let applied = conn.list_applied_migrations(TABLE).await?;
    for migration in outstanding(migrator, &applied)? {
        apply(conn, migration, patience).await?;
    }
    conn.unlock().await?;
    Ok(())
}

/// Takes the lock that every release takes, for as long as the connection lives.
async fn wait_for_turn(conn: &mut PgConnection) -> Result<(), MigrationError> {
    limit_lock_waits(conn, TURN_WAIT).await?;
    let mut told = None::<Instant>;
    loop {
        match conn.lock().await {
            Err(MigrateError::Execute(error)) if waited_in_vain(&error) => {}
            locked => return Ok(locked?),
        }
        if told.is_none_or(|told| told.elapsed() >= TURN_REMINDER) {
            told = Some(Instant::now());
            tracing::info!("another program migrates the database, waiting for it");
        }
        tokio::time::sleep(TURN_PAUSE).await;
    }
}

async fn limit_lock_waits(conn: &mut PgConnection, limit: Duration) -> Result<(), sqlx::Error> {
    let statement = format!("set lock_timeout = {}", limit.as_millis());
    sqlx::raw_sql(AssertSqlSafe(statement))
        .execute(conn)
        .await?;
    Ok(())
}

/// Those that the database has not had, oldest first.
fn outstanding<'a>(
    migrator: &'a Migrator,
    applied: &[AppliedMigration],
) -> Result<Vec<&'a Migration>, MigrationError> {
    let newest = migrator.iter().map(|m| m.version).max().unwrap_or(0);
    for had in applied {
        match migrator.iter().find(|m| m.version == had.version) {
            Some(known) if known.checksum == had.checksum => {}
            Some(_) => return Err(MigrationError::Changed(had.version)),
            None if had.version > newest => {
                tracing::info!(
                    version = had.version,
                    "the schema is newer than this program"
                );
            }
            None => {
                let unknown = had.version;
                return Err(MigrationError::Unknown { unknown, newest });
            }
        }
    }
    let had = |version| applied.iter().any(|had| had.version == version);
    Ok(migrator.iter().filter(|m| !had(m.version)).collect())
}

async fn apply(
    conn: &mut PgConnection,
    migration: &Migration,
    patience: LockPatience,
) -> Result<(), MigrationError> {
    let version = migration.version;
    let mut pause = patience.pause;
    for attempt in 1..=patience.attempts {
        let error = match conn.apply(TABLE, migration).await {
            Ok(took) => {
                tracing::info!(
                    version,
                    description = &*migration.description,
                    ?took,
                    "migrated"
                );
                return Ok(());
            }
            Err(MigrateError::ExecuteMigration(error, _)) if waited_in_vain(&error) => error,
            Err(error) => return Err(error.into()),
        };
        let holder = oldest_transaction(conn).await?;
        tracing::warn!(
            version,
            attempt,
            of = patience.attempts,
            %error,
            oldest_transaction = holder,
            "the migration waits for a lock that another transaction holds"
        );
        if attempt < patience.attempts {
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(patience.pause * 10);
        }
    }
    let attempts = patience.attempts;
    Err(MigrationError::Locked { version, attempts })
}

/// Of those that others have open on this database, for who looks for the one to
/// end: who holds the lock is not known any more.
async fn oldest_transaction(conn: &mut PgConnection) -> Result<Option<String>, sqlx::Error> {
    sqlx::query_scalar(
        "select format('pid %s, open for %s s', pid,
                       round(extract(epoch from clock_timestamp() - xact_start)))
         from pg_stat_activity
         where datname = current_database() and pid <> pg_backend_pid()
           and xact_start is not null
         order by xact_start limit 1",
    )
    .fetch_optional(conn)
    .await
}
