//! The whole system on one database: the HTTP server, and the workers on demand.

use std::{
    net::Ipv4Addr,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use jobboard_shared::{
    Clock,
    config::Config,
    jobs::Looks,
    mail::Mailer,
    metrics::Metrics,
    queue::{self, Task},
    redis_connection::RedisConnection,
    search::tasks::BuildVocabulary,
};
use jobboard_worker::Context;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use sqlx::PgPool;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{Client, Email, database::TestDatabase, emails};

/// The password of every test account.
pub(crate) const PASSWORD: &str = "correct horse battery staple";

pub(crate) struct TestApp {
    pub(crate) db: PgPool,
    pub(crate) clock: Clock,
    pub(crate) config: Arc<Config>,
    /// What the API and the workers tell.
    pub(crate) metrics: Metrics,
    /// Runs handlers as a worker does.
    pub(crate) worker: Context,
    /// `http://127.0.0.1:port`
    pub(crate) base: String,
    http: reqwest::Client,
    outbox: TempDir,
    shutdown: CancellationToken,
    looks: Looks,
    tasks_may_stay: bool,
    // Last: the database goes after everything that uses it.
    database: TestDatabase,
}

impl TestApp {
    pub(crate) async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    /// Starts with a configuration of its own.
    pub(crate) async fn start_with(change: impl FnOnce(&mut Config)) -> Self {
        // For the HTTP client; a second installation is refused, which is fine.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let database = TestDatabase::create().await;
        let outbox = tempfile::tempdir().expect("outbox folder");
        let mut config = Config::for_tests(&database.url);
        config.mail.outbox_dir = Some(outbox.path().to_owned());
        change(&mut config);
        let config = Arc::new(config);
        let db = database.pool.clone();
        let clock = Clock::synchronized(&db).await.expect("clock");
        let mailer = Mailer::new(&config.mail).expect("mailer");
        let mails = Arc::clone(mailer.templates());
        let metrics = Metrics::default();
        let worker = Context {
            db: db.clone(),
            clock: clock.clone(),
            mailer,
            redis: RedisConnection::configured(&config).map(Arc::new),
            config: Arc::clone(&config),
            metrics: metrics.clone(),
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let base = format!("http://{}", listener.local_addr().expect("address"));
        let shutdown = CancellationToken::new();
        let app = jobboard_api::App::new(
            db.clone(),
            clock.clone(),
            Arc::clone(&config),
            mails,
            &metrics,
        );
        let looks = app.looks.clone();
        tokio::spawn(jobboard_api::serve(listener, app, shutdown.clone()));
        Self {
            db,
            clock,
            config,
            metrics,
            worker,
            base,
            http: reqwest::Client::new(),
            outbox,
            shutdown,
            looks,
            tasks_may_stay: false,
            database,
        }
    }

    pub(crate) fn anonymous(&self) -> Client {
        Client {
            base: self.base.clone(),
            http: self.http.clone(),
            token: None,
            refresh_token: None,
            user_id: Uuid::nil(),
            email: String::new(),
            address: None,
        }
    }

    /// Somebody without an account whom nobody has seen before.
    pub(crate) fn visitor(&self) -> Client {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        Client {
            address: Some(Ipv4Addr::from_bits(0x6440_0000 + number).into()),
            ..self.anonymous()
        }
    }

    /// A new employer, signed in.
    pub(crate) async fn employer(&self) -> Client {
        self.register("employer").await
    }

    /// A new freelancer, signed in.
    pub(crate) async fn freelancer(&self) -> Client {
        self.register("freelancer").await
    }

    /// A new admin, signed in.
    pub(crate) async fn admin(&self) -> Client {
        let account = self.register("employer").await;
        sqlx::query("update users set role = 'admin' where id = $1")
            .bind(account.user_id)
            .execute(&self.db)
            .await
            .expect("make an admin");
        account
    }

    async fn register(&self, role: &str) -> Client {
        let email = format!("{role}-{}@example.invalid", Uuid::new_v4().simple());
        let answer = self
            .anonymous()
            .post(
                "/api/auth/register/",
                json!({"email": email, "password": PASSWORD, "role": role,
                       "first_name": "Robin", "last_name": "Example"}),
            )
            .await
            .expect(201);
        let client = self.signed_in(&answer.json["tokens"], &answer.json["user"], email);
        self.drop_first_mail(&client).await;
        client
    }

    /// Takes away the mail that asks a new account to confirm its address: tests see
    /// the mails of what they do.
    async fn drop_first_mail(&self, account: &Client) {
        sqlx::query(
            "with mails as (delete from email_outbox where user_id = $1 returning task_id),
                  tokens as (delete from mailed_tokens where user_id = $1)
             delete from tasks where id in (select task_id from mails)",
        )
        .bind(account.user_id)
        .execute(&self.db)
        .await
        .expect("take a mail away");
    }

    /// A further session of an account.
    pub(crate) async fn login(&self, email: &str) -> Client {
        let tokens = self
            .anonymous()
            .post(
                "/api/auth/login/",
                json!({"email": email, "password": PASSWORD}),
            )
            .await
            .expect(200);
        let mut client = self.signed_in(&tokens.json, &Value::Null, email.to_owned());
        let profile = client.get("/api/users/profile/").await.expect(200);
        client.user_id = profile.id();
        client
    }

    fn signed_in(&self, tokens: &Value, user: &Value, email: String) -> Client {
        let token = |name: &str| tokens[name].as_str().map(str::to_owned);
        let user_id = user["id"].as_str().and_then(|id| id.parse().ok());
        Client {
            token: token("access"),
            refresh_token: token("refresh"),
            user_id: user_id.unwrap_or_default(),
            email,
            ..self.anonymous()
        }
    }

    /// Has suggestions and corrections know the jobs that are live, as the schedule
    /// does.
    pub(crate) async fn build_vocabulary(&self) {
        let mut conn = self.db.acquire().await.expect("a connection");
        queue::enqueue(&mut conn, &BuildVocabulary::default())
            .await
            .expect("enqueue");
        drop(conn);
        let drained = self.drain_tasks().await;
        assert!(drained.failures.is_empty(), "{:?}", drained.failures);
    }

    /// Writes the looks at jobs that wait for others.
    pub(crate) async fn write_looks(&self) {
        self.looks.write().await;
    }

    /// Runs every due task, and those they enqueue, until none is due; looks made before
    /// are counted.
    pub(crate) async fn drain_tasks(&self) -> jobboard_worker::DrainReport {
        self.write_looks().await;
        jobboard_worker::drain(&self.worker)
            .await
            .expect("drain the queue")
    }

    pub(crate) async fn enqueue<T: Task>(&self, task: &T) {
        let mut conn = self.db.acquire().await.expect("a connection");
        queue::enqueue(&mut conn, task).await.expect("enqueue");
    }

    /// The arguments of the pending tasks of this kind, oldest first.
    pub(crate) async fn pending_tasks<T: Task + DeserializeOwned>(&self) -> Vec<T> {
        let args: Vec<Value> =
            sqlx::query_scalar("select args from tasks where kind = $1 order by id")
                .bind(T::KIND)
                .fetch_all(&self.db)
                .await
                .expect("read the queue");
        args.into_iter()
            .map(|args| serde_json::from_value(args).expect("arguments"))
            .collect()
    }

    /// Fails unless a task like this is pending.
    #[track_caller]
    pub(crate) fn assert_enqueued<T: Task + DeserializeOwned>(
        &self,
        like: impl Fn(&T) -> bool,
    ) -> impl Future<Output = ()> {
        let caller = std::panic::Location::caller();
        async move {
            let found = self.pending_tasks::<T>().await.iter().any(like);
            assert!(found, "{caller}: no such {} task is pending", T::KIND);
        }
    }

    /// The test ends with tasks pending on purpose.
    pub(crate) fn leave_tasks(&mut self) {
        self.tasks_may_stay = true;
    }

    /// Every mail delivered so far, oldest first.
    pub(crate) fn emails(&self) -> Vec<Email> {
        emails::read(self.outbox.path())
    }

    /// The folder that mail goes to.
    pub(crate) fn outbox(&self) -> &Path {
        self.outbox.path()
    }

    /// Moves the database's time, and the clocks that follow it, forward.
    pub(crate) async fn advance_time(&self, by: Duration) {
        self.write_looks().await;
        sqlx::query("update app_clock set shift = shift + make_interval(secs => $1)")
            .bind(by.as_secs_f64())
            .execute(&self.db)
            .await
            .expect("shift the time");
        self.clock
            .synchronize(&self.db)
            .await
            .expect("follow the time");
    }

    /// Moves the time forward to a moment, as `2027-03-26T12:00:00Z`.
    pub(crate) async fn set_time(&self, at: &str) {
        let ahead: f64 =
            sqlx::query_scalar("select extract(epoch from $1::timestamptz - app_now())::float8")
                .bind(at)
                .fetch_one(&self.db)
                .await
                .expect("how far it is");
        self.advance_time(Duration::from_secs_f64(ahead)).await;
    }

    /// Tells the API to shut down.
    pub(crate) fn stop_serving(&self) {
        self.shutdown.cancel();
    }

    /// The url of this test's database, for processes that a test starts.
    pub(crate) fn database_url(&self) -> &str {
        &self.database.url
    }
}

impl Drop for TestApp {
    fn drop(&mut self) {
        self.shutdown.cancel();
        if self.tasks_may_stay || std::thread::panicking() {
            return;
        }
        let url = self.database.url.clone();
        let due = std::thread::spawn(move || due_kinds(&url))
            .join()
            .expect("count the tasks");
        assert!(
            due.is_empty(),
            "the test ended with due tasks: {due:?}; drain_tasks() or leave_tasks()"
        );
    }
}

fn due_kinds(url: &str) -> Vec<String> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("runtime");
    runtime.block_on(async {
        let pool = PgPool::connect(url).await.expect("connect");
        sqlx::query_scalar(
            "select distinct kind from tasks where run_at <= app_now() order by kind",
        )
        .fetch_all(&pool)
        .await
        .expect("read the queue")
    })
}
