//! The whole job board in one process, with a database of its own.

mod readiness;

use std::{net::SocketAddr, sync::Arc, time::Duration};

use jobboard::postgres::{self, Cluster};
use jobboard::sample_data::{self, Step, Summary};
use jobboard_api::App;
use jobboard_shared::{
    Clock,
    config::{Config, Settings},
    data_dir::DataDir,
    database,
    mail::Mailer,
    metrics::{self, Metrics},
    queue,
    redis_connection::RedisConnection,
    startup::{self, StartError},
};
use secrecy::{ExposeSecret, SecretString};
use sqlx::PgPool;
use tokio::{net::TcpListener, task::JoinHandle};
use tokio_util::sync::CancellationToken;
use tracing::error;

use crate::{
    accounts,
    terminal::{Progress, say},
};

/// What the API's last requests get; they are cut off after 25 s by themselves.
const API_LIMIT: Duration = Duration::from_secs(40);
/// For connections to come back once everything has been told to stop.
const CLOSE_LIMIT: Duration = Duration::from_secs(5);

/// Runs until told to stop. What can be refused is refused before anything is
/// started.
pub(crate) async fn run(settings: Settings) -> Result<(), StartError> {
    let data_dir = DataDir::locate(&settings.local)?;
    let own = data_dir.clone();
    // PostgreSQL is a process of its own and would stay.
    let stop = startup::stop_on_signals(move || postgres::tell_to_stop(&own))?;
    data_dir.create()?;
    let _lock = data_dir.lock()?;
    let listener = jobboard_api::listen(settings.http.addr).await?;

    if let Some(url) = settings.database_url.clone() {
        say("using the database that DATABASE_URL names; it gets no logins and no sample data");
        return board(&settings, &data_dir, listener, url, false, &stop).await;
    }

    let cluster = Cluster::prepare(&data_dir, &settings.local, |line: &str| say(line)).await?;
    say(format_args!(
        "starting {}, data in {}",
        cluster.describe(),
        data_dir.path().display()
    ));
    let Some(server) = stop
        .run_until_cancelled(cluster.start(|line: &str| say(line)))
        .await
    else {
        return Ok(());
    };
    let mut server = server?;
    let url = server.url();
    let outcome = tokio::select! {
        outcome = board(&settings, &data_dir, listener, url, true, &stop) => outcome,
        status = server.died() => Err(StartError::Other(format!(
            "PostgreSQL ended by itself ({status}); see {}",
            data_dir.path().join("postgres.log").display()
        ))),
    };
    server.stop().await?;
    if outcome.is_ok() {
        say("stopped");
    }
    outcome
}

/// Everything above the database: brought up, served, taken down in the order
/// API, workers.
async fn board(
    settings: &Settings,
    data_dir: &DataDir,
    listener: TcpListener,
    url: SecretString,
    own_database: bool,
    stop: &CancellationToken,
) -> Result<(), StartError> {
    let config = config(settings, data_dir, url, own_database)?;
    let metrics = Metrics::default();
    let _serving = metrics::serve(config.metrics_addr, &metrics).await?;
    let connections = config.database.max_connections;
    let db = database::connect(&config.database.url, connections).await?;
    // Apart, so that no request waits for the connection of a long task.
    let workers_db = database::connect(&config.database.url, connections).await?;
    let shared = Shared {
        db: db.clone(),
        workers_db: workers_db.clone(),
        metrics,
    };
    let workers_stop = CancellationToken::new();
    let mut workers = None;
    let brought_up = stop
        .run_until_cancelled(Box::pin(bring_up(
            settings,
            data_dir,
            &config,
            &shared,
            own_database,
            &workers_stop,
            &mut workers,
        )))
        .await;
    let outcome = match brought_up {
        None => Ok(()),
        Some(Err(error)) => Err(error),
        Some(Ok(app)) => {
            let addr = listener.local_addr().unwrap_or(config.http.addr);
            let api_stop = CancellationToken::new();
            let mut api = tokio::spawn(jobboard_api::serve(listener, app, api_stop.clone()));
            announce(&config, addr, data_dir, own_database)?;
            let outcome = tokio::select! {
                () = stop.cancelled() => Ok(()),
                ended = &mut api => Err(StartError::Other(format!("the API ended by itself: {ended:?}"))),
                ended = unexpected_end(&mut workers) => Err(ended),
            };
            api_stop.cancel();
            if !api.is_finished() && tokio::time::timeout(API_LIMIT, &mut api).await.is_err() {
                error!("the API does not end; leaving it behind");
            }
            outcome
        }
    };
    workers_stop.cancel();
    if let Some(workers) = workers.take_if(|workers| !workers.is_finished()) {
        match workers.await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => error!(%error, "the workers ended with an error"),
            Err(error) => error!(%error, "the workers ended with a panic"),
        }
    }
    // A handler that ignores its cancellation keeps its connection; the database
    // ends it a moment later.
    let closed = async { tokio::join!(workers_db.close(), db.close()) };
    if tokio::time::timeout(CLOSE_LIMIT, closed).await.is_err() {
        error!("some connections are still in use; leaving them behind");
    }
    outcome
}

/// What the parts of one process use together.
struct Shared {
    db: PgPool,
    workers_db: PgPool,
    metrics: Metrics,
}

type Workers = JoinHandle<Result<(), StartError>>;

/// The schema, the logins, the workers and, at the first start, the sample data
/// with all that is computed from it.
async fn bring_up(
    settings: &Settings,
    data_dir: &DataDir,
    config: &Arc<Config>,
    shared: &Shared,
    own_database: bool,
    workers_stop: &CancellationToken,
    workers: &mut Option<Workers>,
) -> Result<App, StartError> {
    let Shared {
        db,
        workers_db,
        metrics,
    } = shared;
    database::migrate(db).await?;
    if own_database {
        // Nobody else's workers run here: a run that was killed left these.
        let mut conn = db.acquire().await?;
        queue::db::end_all_leases(&mut conn).await?;
    }
    let clock = Clock::synchronized(db).await?;
    let mailer = Mailer::new(&config.mail).map_err(|error| StartError::Other(error.to_string()))?;
    let mails = Arc::clone(mailer.templates());
    let context = jobboard_worker::Context {
        db: workers_db.clone(),
        clock: clock.clone(),
        mailer,
        metrics: metrics.clone(),
        redis: RedisConnection::configured(config).map(Arc::new),
        config: config.clone(),
    };
    let token = workers_stop.clone();
    *workers = Some(tokio::spawn(async move {
        jobboard_worker::run(context, token)
            .await
            .map_err(|error| StartError::Other(error.to_string()))
    }));
    if own_database && is_first_start(db).await? {
        if !settings.local.sample_data {
            create_logins(db, data_dir).await?;
        } else if load_sample_data(db, data_dir, config.trending.half_life).await? {
            // Later starts compute what is left while they serve.
            readiness::wait(db).await?;
        }
    }
    Ok(App::new(db.clone(), clock, config.clone(), mails, metrics))
}

/// Pending for ever where there are no workers.
async fn unexpected_end(workers: &mut Option<Workers>) -> StartError {
    match workers {
        Some(workers) => match workers.await {
            Ok(Err(error)) => error,
            ended => StartError::Other(format!("the workers ended by themselves: {ended:?}")),
        },
        None => std::future::pending().await,
    }
}

fn config(
    settings: &Settings,
    data_dir: &DataDir,
    url: SecretString,
    own_database: bool,
) -> Result<Arc<Config>, StartError> {
    let mut settings = settings.clone();
    if settings.mail.smtp_url.is_none() && settings.mail.outbox_dir.is_none() {
        settings.mail.outbox_dir = Some(data_dir.private_folder("outbox")?);
    }
    if own_database && settings.direct_url.is_none() {
        settings.direct_url = Some(url.clone());
    }
    let secret = data_dir.secret("secret_key")?;
    let mut config = Config::new(settings, url, secret);
    config.outbox_key = Some(data_dir.secret("outbox_key")?);
    Ok(Arc::new(config))
}

/// Loads the sample data, with progress, where it is not yet; gives whether it
/// was this call.
pub(crate) async fn load_sample_data(
    db: &PgPool,
    data_dir: &DataDir,
    half_life: Duration,
) -> Result<bool, StartError> {
    let accounts = accounts::of_sample_board(data_dir).await?;
    let progress = Progress::new();
    let show = |step: Step| progress.step(format_args!("loading {} {}", step.rows, step.what));
    let loaded = sample_data::load(db, &accounts, half_life, show).await;
    progress.done();
    let summary = loaded.map_err(not_loaded)?;
    if summary == Summary::default() {
        return Ok(false);
    }
    say(format_args!(
        "loaded {} companies, {} jobs, {} freelancers, {} views and {} applications",
        summary.companies, summary.jobs, summary.freelancers, summary.views, summary.applications
    ));
    Ok(true)
}

async fn is_first_start(db: &PgPool) -> Result<bool, StartError> {
    let mut conn = db.acquire().await?;
    sample_data::is_first_start(&mut conn)
        .await
        .map_err(not_loaded)
}

async fn create_logins(db: &PgPool, data_dir: &DataDir) -> Result<(), StartError> {
    let accounts = accounts::of_sample_board(data_dir).await?;
    sample_data::create_logins(db, &accounts)
        .await
        .map_err(not_loaded)
}

fn not_loaded(error: sample_data::Error) -> StartError {
    StartError::Other(format!("the sample data cannot be loaded: {error}"))
}

fn announce(
    config: &Config,
    addr: SocketAddr,
    data_dir: &DataDir,
    own_database: bool,
) -> Result<(), StartError> {
    let mut base = config.http.public_url.clone();
    if config.http.addr.port() == 0 {
        // Given by the system only now.
        let _ = base.set_port(Some(addr.port()));
    }
    let base = base.as_str().trim_end_matches('/').to_owned();
    say(format_args!("\nThe job board is ready at {base}/\n"));
    say(format_args!("  Documentation  {base}/api/docs"));
    say(format_args!("  Health         {base}/health/"));
    if let Some((folder, key)) = config.outbox_page() {
        say(format_args!(
            "  Outbox         {base}/outbox/?key={} (mails are kept in {})",
            key.expose_secret(),
            folder.display()
        ));
    } else if let Some(folder) = &config.mail.outbox_dir {
        say(format_args!(
            "  Mail           is not sent but kept in {}",
            folder.display()
        ));
    } else {
        say("  Mail           is really sent (SMTP_URL)");
    }
    let mut email = "user@example.com".to_owned();
    let mut password = "your_password".to_owned();
    if own_database && let Some(logins) = accounts::kept(data_dir)? {
        say("\n  Log in as (shown again by `jobboard credentials`):");
        accounts::show(&logins);
        if let Some(login) = logins.iter().find(|login| login.role == "freelancer") {
            email.clone_from(&login.email);
            password.clone_from(&login.password);
        }
    }
    say(format_args!(
        "\n  Try:\n    curl '{base}/api/jobs/search/?q=python'\n    \
         TOKEN=$(curl -s {base}/api/auth/login/ -H 'Content-Type: application/json' \
         -d '{{\"email\":\"{email}\",\"password\":\"{password}\"}}' | sed 's/.*\"access\":\"\\([^\"]*\\).*/\\1/')\n    \
         curl {base}/api/jobs/recommendations/ -H \"Authorization: Bearer $TOKEN\"\n\n  \
         Ctrl-C stops everything."
    ));
    Ok(())
}
