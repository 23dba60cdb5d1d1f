//! What every program of the job board does first and last.

use std::{
    io::{self, IsTerminal, Write},
    process::ExitCode,
    thread,
};

use secrecy::SecretString;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};
use tracing_subscriber::EnvFilter;

use crate::{
    config::{Config, Log, LogFormat, Settings, Wrong},
    data_dir::{DataDir, DataDirError},
};

/// Why a program does not start. Meant for the person who started it.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error(transparent)]
    Configuration(#[from] Wrong),
    #[error(transparent)]
    DataDir(#[from] DataDirError),
    #[error("DATABASE_URL: is needed: postgres://user:password@host:port/name")]
    NoDatabase,
    #[error("the database cannot be used: {0}")]
    Database(#[from] sqlx::Error),
    #[error("the schema cannot be brought up to date: {0}")]
    Migration(#[from] crate::database::MigrationError),
    #[error("{addr} is in use by another program; choose another address with JOBBOARD_HTTP_ADDR")]
    AddressInUse { addr: std::net::SocketAddr },
    #[error("cannot listen on {addr} (JOBBOARD_HTTP_ADDR): {source}")]
    Listen {
        addr: std::net::SocketAddr,
        source: io::Error,
    },
    #[error(
        "{addr} is in use by another program; choose another address with JOBBOARD_METRICS_ADDR"
    )]
    MetricsAddressInUse { addr: std::net::SocketAddr },
    #[error("cannot listen on {addr} (JOBBOARD_METRICS_ADDR): {source}")]
    ListenForMetrics {
        addr: std::net::SocketAddr,
        source: io::Error,
    },
    #[error("{0}")]
    Other(String),
}

/// Starts the log on standard error, where it does not mix with what a command
/// answers. A second call changes nothing.
pub fn start_log(log: &Log) {
    let filter = EnvFilter::try_new(&log.filter).unwrap_or_else(|_| EnvFilter::new("info"));
    let terminal = io::stderr().is_terminal();
    let json = match log.format {
        LogFormat::Auto => !terminal,
        LogFormat::Text => false,
        LogFormat::Json => true,
    };
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        // It would say so on standard error, and panic where that is what failed.
        .log_internal_errors(false)
        .with_ansi(terminal);
    // Fails only where a log is running already.
    let _ = if json {
        builder.json().flatten_event(true).try_init()
    } else {
        builder.compact().try_init()
    };
}

/// The whole of a program that is one part of the job board: its runtime, its
/// settings, its log, its run, its exit code.
pub fn run_part<F>(program: &str, part: impl FnOnce(Settings) -> F) -> ExitCode
where
    F: Future<Output = Result<(), StartError>>,
{
    let ran = Settings::load_with_database()
        .map_err(StartError::from)
        .and_then(|settings| {
            start_log(&settings.log);
            warn_of_settings_without_effect(&settings);
            in_runtime(part(settings))
        });
    match ran {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Nobody may be listening.
            let _ = writeln!(io::stderr(), "{program}: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Runs to the end in a runtime that is left behind then: a computation that
/// never comes to an await must not keep the process alive.
pub fn in_runtime<F>(work: F) -> Result<(), StartError>
where
    F: Future<Output = Result<(), StartError>>,
{
    let runtime = tokio::runtime::Runtime::new()
        .map_err(|error| StartError::Other(format!("no runtime: {error}")))?;
    let ran = runtime.block_on(Box::pin(work));
    runtime.shutdown_background();
    ran
}

/// Cancelled by the first SIGINT, SIGTERM or SIGHUP; a second one ends the
/// process at once, after `hurried`, as a failure.
///
/// A thread of its own watches: tasks that compute on every thread of the
/// runtime must not keep the process from hearing.
pub fn stop_on_signals(
    hurried: impl FnOnce() + Send + 'static,
) -> Result<CancellationToken, StartError> {
    let failed = |error: io::Error| StartError::Other(format!("cannot watch signals: {error}"));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(failed)?;
    let entered = runtime.enter();
    let mut interrupt = signal(SignalKind::interrupt()).map_err(failed)?;
    let mut terminate = signal(SignalKind::terminate()).map_err(failed)?;
    let mut hangup = signal(SignalKind::hangup()).map_err(failed)?;
    drop(entered);
    let stop = CancellationToken::new();
    let told = stop.clone();
    let mut next = async move || {
        tokio::select! {
            _ = interrupt.recv() => "SIGINT",
            _ = terminate.recv() => "SIGTERM",
            _ = hangup.recv() => "SIGHUP",
        }
    };
    let watch = move || {
        let name = runtime.block_on(next());
        told.cancel();
        info!(signal = name, "stopping");
        let name = runtime.block_on(next());
        hurried();
        warn!(signal = name, "told twice: ending at once");
        std::process::exit(1);
    };
    thread::Builder::new()
        .name("signals".to_owned())
        .spawn(watch)
        .map_err(failed)?;
    Ok(stop)
}

/// Names variables that are set and do nothing.
pub fn warn_of_settings_without_effect(settings: &Settings) {
    for (variable, why) in &settings.without_effect {
        warn!(variable, why, "a variable without effect is set");
    }
}

/// The configuration of a part that is started alone. What the all-in-one keeps
/// in its data folder is taken from there when it is not configured, so that the
/// parts fit each other on one machine.
pub fn config_of_part(mut settings: Settings) -> Result<Config, StartError> {
    let data_dir = DataDir::locate(&settings.local)?;
    let url = settings.database_url.take().ok_or(StartError::NoDatabase)?;
    if settings.mail.smtp_url.is_none() && settings.mail.outbox_dir.is_none() {
        data_dir.create()?;
        let outbox = data_dir.private_folder("outbox")?;
        warn!(folder = %outbox.display(), "no SMTP_URL: mail is not sent but kept in a folder");
        settings.mail.outbox_dir = Some(outbox);
    }
    let secret = match settings.secret_key.take() {
        Some(secret) => secret,
        None => kept_secret(&data_dir)?,
    };
    Ok(Config::new(settings, url, secret))
}

fn kept_secret(data_dir: &DataDir) -> Result<SecretString, StartError> {
    data_dir.create()?;
    warn!(
        folder = %data_dir.path().display(),
        "no JOBBOARD_SECRET_KEY: using the one kept in the data folder, which other machines do not have"
    );
    Ok(data_dir.secret("secret_key")?)
}
