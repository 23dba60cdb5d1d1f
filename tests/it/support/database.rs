//! One database per test, cloned from a migrated template.

use std::{
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use sqlx::{
    AssertSqlSafe, ConnectOptions, Connection, Executor, PgConnection, PgPool,
    postgres::{PgConnectOptions, PgPoolOptions},
};
use tokio::sync::OnceCell;

const VARIABLE: &str = "JOBBOARD_TEST_DATABASE_URL";

/// Held while the template is made: tests may run as many processes.
const TEMPLATE_LOCK: i64 = 0x6a6f_6262_6f61_7264;

fn server() -> PgConnectOptions {
    let url = std::env::var(VARIABLE).unwrap_or_else(|_| {
        panic!(
            "set {VARIABLE} to a Postgres where databases may be created, or run tests/run, \
             which starts one"
        )
    });
    url.parse().unwrap_or_else(|e| panic!("{VARIABLE}: {e}"))
}

pub(super) fn template_name() -> String {
    // Named after the migrations, so that a changed schema gets a new template.
    let checksum = jobboard_shared::database::MIGRATOR
        .iter()
        .flat_map(|m| m.checksum.iter())
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
        });
    format!("jobboard_template_{checksum:016x}")
}

async fn template() -> &'static str {
    static TEMPLATE: OnceCell<String> = OnceCell::const_new();
    TEMPLATE
        .get_or_init(|| async {
            let name = template_name();
            let mut admin = PgConnection::connect_with(&server())
                .await
                .expect("test server");
            sqlx::query("select pg_advisory_lock($1)")
                .bind(TEMPLATE_LOCK)
                .execute(&mut admin)
                .await
                .expect("lock");
            let exists: bool =
                sqlx::query_scalar("select exists (select from pg_database where datname = $1)")
                    .bind(&name)
                    .fetch_one(&mut admin)
                    .await
                    .expect("look for the template");
            if !exists {
                make_template(&mut admin, &name).await;
            }
            admin.close().await.expect("close");
            name
        })
        .await
}

async fn make_template(admin: &mut PgConnection, name: &str) {
    // Built under another name: a killed run must not leave half a template.
    let draft = format!("{name}_draft");
    run(
        admin,
        format!("drop database if exists {draft} with (force)"),
    )
    .await;
    run(admin, format!("create database {draft}")).await;
    let pool = PgPoolOptions::new()
        .max_connections(1)
        .connect_with(server().database(&draft))
        .await
        .expect("connect to the template");
    jobboard_shared::database::migrate(&pool)
        .await
        .expect("migrate the template");
    pool.close().await;
    run(admin, format!("alter database {draft} rename to {name}")).await;
}

async fn run(connection: &mut PgConnection, statement: String) {
    connection
        .execute(AssertSqlSafe(statement.clone()))
        .await
        .unwrap_or_else(|e| {
            panic!("{statement}: {e}");
        });
}

/// A database of one test; dropped with it.
pub(crate) struct TestDatabase {
    pub(crate) pool: PgPool,
    pub(crate) url: String,
    name: String,
}

impl TestDatabase {
    pub(crate) async fn create() -> Self {
        Self::create_from(template().await).await
    }

    /// Without a schema.
    pub(crate) async fn create_empty() -> Self {
        Self::create_from("template0").await
    }

    async fn create_from(template: &str) -> Self {
        static COUNTER: AtomicU32 = AtomicU32::new(0);
        let name = format!(
            "jobboard_test_{}_{}",
            std::process::id(),
            COUNTER.fetch_add(1, Ordering::Relaxed)
        );
        let mut admin = PgConnection::connect_with(&server())
            .await
            .expect("test server");
        run(
            &mut admin,
            format!("drop database if exists {name} with (force)"),
        )
        .await;
        run(
            &mut admin,
            format!("create database {name} template {template}"),
        )
        .await;
        admin.close().await.expect("close");
        let options = server().database(&name);
        let url = options.to_url_lossy().to_string();
        let pool = PgPoolOptions::new()
            .max_connections(12)
            .acquire_timeout(Duration::from_secs(30))
            .connect_with(options)
            .await
            .expect("connect to the test database");
        Self { pool, url, name }
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        let name = self.name.clone();
        // Its own thread and runtime: the test's runtime may be ending.
        let dropped = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .expect("runtime");
            runtime.block_on(async {
                let mut admin = PgConnection::connect_with(&server())
                    .await
                    .expect("test server");
                run(
                    &mut admin,
                    format!("drop database if exists {name} with (force)"),
                )
                .await;
            });
        })
        .join();
        if dropped.is_err() && !std::thread::panicking() {
            panic!("the test database was not dropped");
        }
    }
}
