//! Commands that do one thing and end.

use std::{
    fs,
    io::{self, BufRead},
};

use clap::Args;
use jobboard::postgres;
use jobboard_shared::{
    config::Settings,
    data_dir::{DataDir, random_text},
    database,
    startup::StartError,
    users::{self, Email},
};
use secrecy::{ExposeSecret, SecretString};
use sqlx::PgPool;

use crate::{accounts, all_in_one, terminal::say};

#[derive(Debug, Args)]
pub(crate) struct CreateAdmin {
    /// The address to log in with.
    #[arg(long)]
    email: String,
    /// Read the password from the first line of standard input. Otherwise one is
    /// made and shown.
    #[arg(long)]
    password_stdin: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Reset {
    /// Really do it.
    #[arg(long)]
    yes: bool,
}

/// DATABASE_URL's database, else that of an all-in-one that runs here.
async fn connect(settings: &Settings) -> Result<PgPool, StartError> {
    let url = match &settings.database_url {
        Some(url) => url.clone(),
        None => running_all_in_one(settings)?.ok_or(StartError::NoDatabase)?,
    };
    Ok(database::connect(&url, 4).await?)
}

/// [`connect`], with the schema brought up to date.
async fn open(settings: &Settings) -> Result<PgPool, StartError> {
    let db = connect(settings).await?;
    database::migrate(&db).await?;
    Ok(db)
}

/// Leaves the schema as it is: who looks at the tasks of a running board may
/// have another version.
pub(crate) async fn operate(
    settings: Settings,
    command: jobboard_worker::operate::Command,
) -> Result<(), StartError> {
    let db = connect(&settings).await?;
    let ran = command.run(&db).await;
    db.close().await;
    ran
}

fn running_all_in_one(settings: &Settings) -> Result<Option<SecretString>, StartError> {
    let data_dir = DataDir::locate(&settings.local)?;
    Ok(postgres::running_url(&data_dir))
}

pub(crate) async fn migrate(settings: Settings) -> Result<(), StartError> {
    open(&settings).await?.close().await;
    say("the schema is up to date");
    Ok(())
}

pub(crate) async fn create_admin(
    settings: Settings,
    options: CreateAdmin,
) -> Result<(), StartError> {
    let email = Email::parse(&options.email)
        .map_err(|error| StartError::Other(format!("--email {}", error.message)))?;
    let given = if options.password_stdin {
        let mut line = String::new();
        io::stdin()
            .lock()
            .read_line(&mut line)
            .map_err(|error| StartError::Other(format!("standard input: {error}")))?;
        Some(line.trim_end_matches(['\r', '\n']).to_owned())
    } else {
        None
    };
    let password = given.clone().unwrap_or_else(|| random_text(16));
    let hash = accounts::hash(&password, Some(&email)).await?;
    let db = open(&settings).await?;
    let mut conn = db.acquire().await?;
    users::db::insert_admin(&mut conn, &email, &hash)
        .await
        .map_err(accounts::failed)?;
    drop(conn);
    db.close().await;
    say(format_args!("created the administrator {}", email.as_str()));
    if given.is_none() {
        say(format_args!("password: {password}"));
    }
    Ok(())
}

pub(crate) async fn load_sample_data(settings: Settings) -> Result<(), StartError> {
    let db = open(&settings).await?;
    let data_dir = DataDir::locate(&settings.local)?;
    data_dir.create()?;
    let loaded = all_in_one::load_sample_data(&db, &data_dir, settings.trending.half_life).await?;
    db.close().await;
    if loaded {
        say("workers compute search and recommendations now; log in as");
        accounts::show(&accounts::kept(&data_dir)?.unwrap_or_default());
    } else {
        say("the sample data is there already");
    }
    Ok(())
}

pub(crate) fn credentials(settings: &Settings) -> Result<(), StartError> {
    let data_dir = DataDir::locate(&settings.local)?;
    let Some(logins) = accounts::kept(&data_dir)? else {
        return Err(StartError::Other(format!(
            "there are no logins in {} yet: the first start makes them",
            data_dir.path().display()
        )));
    };
    accounts::show(&logins);
    Ok(())
}

pub(crate) fn database_url(settings: &Settings) -> Result<(), StartError> {
    let url = match &settings.database_url {
        Some(url) => url.clone(),
        None => running_all_in_one(settings)?.ok_or_else(|| {
            StartError::Other("no all-in-one runs here and DATABASE_URL is not set".to_owned())
        })?,
    };
    say(url.expose_secret());
    Ok(())
}

pub(crate) async fn reset(settings: &Settings, options: &Reset) -> Result<(), StartError> {
    let data_dir = DataDir::locate(&settings.local)?;
    let path = data_dir.path();
    if !path.exists() {
        say(format_args!("there is nothing in {}", path.display()));
        return Ok(());
    }
    if !options.yes {
        return Err(StartError::Other(format!(
            "this deletes the database, the mails and the logins in {}; say --yes",
            path.display()
        )));
    }
    let _lock = data_dir.lock()?;
    postgres::stop_leftover(&data_dir, |line: &str| say(line)).await?;
    for name in DELETED {
        let path = path.join(name);
        let removed = if path.is_dir() {
            fs::remove_dir_all(&path)
        } else {
            fs::remove_file(&path)
        };
        match removed {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(StartError::Other(format!("{}: {error}", path.display())));
            }
            _ => {}
        }
    }
    say(format_args!("deleted what was in {}", path.display()));
    Ok(())
}

/// By name: the folder may be one that holds other things too. A downloaded
/// PostgreSQL stays.
const DELETED: &[&str] = &[
    "postgres",
    "postgres.new",
    "postgres.log",
    "postgres.log.old",
    "postgres_password",
    "credentials.json",
    "secret_key",
    "outbox_key",
    "outbox",
];
