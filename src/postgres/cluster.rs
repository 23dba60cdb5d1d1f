//! The data folder of the all-in-one's PostgreSQL.

use std::{
    fs,
    io::Write,
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

use jobboard_shared::{config::Local, data_dir::DataDir};
use secrecy::{ExposeSecret, SecretString};

use super::{
    Account, PostgresError, Result, download,
    find::{self, Binaries},
};

/// The database user and the name of the database.
pub(super) const USER: &str = "jobboard";

/// Tried in order: lower() and word boundaries of other alphabets need UTF-8.
const LOCALES: &[&str] = &["C.UTF-8", "en_US.UTF-8", "C"];

/// Initialised data, binaries that can serve it and whom they run as.
#[derive(Debug)]
pub struct Cluster {
    pub(super) binaries: Binaries,
    pub(super) account: Account,
    pub(super) data: PathBuf,
    pub(super) log: PathBuf,
    pub(super) password: SecretString,
}

impl Cluster {
    /// Finds or downloads PostgreSQL and initialises the data folder if it is
    /// new. `say` is told what takes long.
    pub async fn prepare(data_dir: &DataDir, local: &Local, say: impl Fn(&str)) -> Result<Self> {
        let data = data_dir.path().join("postgres");
        let account = Account::choose(local.postgres_user.as_deref(), &data)?;
        account.must_reach(data_dir.path())?;
        let data_major = data_version(&data)?;

        let binaries = match binaries(data_dir.path(), local, &account, data_major, &data)? {
            Some(binaries) => binaries,
            None => {
                say("no PostgreSQL is installed: downloading one");
                let folder = download::download(&local.postgres_releases, data_dir.path()).await?;
                Binaries::of_folder(&folder, &account).ok_or_else(|| {
                    PostgresError::Plain(format!(
                        "the PostgreSQL downloaded to {} does not run on this machine: install one, or set DATABASE_URL",
                        folder.display()
                    ))
                })?
            }
        };
        let cluster = Self {
            binaries,
            account,
            log: data_dir.path().join("postgres.log"),
            password: data_dir
                .secret("postgres_password")
                .map_err(|error| PostgresError::Plain(error.to_string()))?,
            data,
        };
        if data_major.is_none() {
            say("creating the database's folder");
            cluster.initialise(data_dir.path())?;
        }
        Ok(cluster)
    }

    pub fn describe(&self) -> String {
        let whom = match &self.account {
            Account::Own => String::new(),
            Account::Other { name, .. } => format!(" as the user {name}"),
        };
        format!(
            "PostgreSQL {} from {}{whom}",
            self.binaries.major,
            self.binaries.folder.display()
        )
    }

    /// The folder gets its name last, so that a start that was killed halfway
    /// leaves nothing that looks like a database.
    fn initialise(&self, parent: &Path) -> Result<()> {
        let fresh = parent.join("postgres.new");
        let password_file = parent.join("postgres_password.new");
        self.write_password(&password_file)?;
        let mut complaint = String::new();
        let mut done = false;
        for locale in LOCALES {
            if fresh.exists() {
                fs::remove_dir_all(&fresh).map_err(PostgresError::file("cannot remove", &fresh))?;
            }
            fs::create_dir(&fresh).map_err(PostgresError::file("cannot create", &fresh))?;
            fs::set_permissions(&fresh, fs::Permissions::from_mode(0o700))
                .map_err(PostgresError::file("cannot close", &fresh))?;
            self.account.own(&fresh)?;
            let output = self
                .account
                .command(self.binaries.initdb())
                .arg("--pgdata")
                .arg(&fresh)
                .args([
                    "--username",
                    USER,
                    "--auth=scram-sha-256",
                    "--encoding=UTF8",
                ])
                .arg(format!("--locale={locale}"))
                .arg(format!("--pwfile={}", password_file.display()))
                .current_dir(&fresh)
                .output()
                .map_err(PostgresError::file("cannot run", self.binaries.initdb()))?;
            if output.status.success() {
                done = true;
                break;
            }
            complaint = String::from_utf8_lossy(&output.stderr).trim().to_owned();
            if !complaint.contains("locale") {
                break;
            }
        }
        fs::remove_file(&password_file)
            .map_err(PostgresError::file("cannot remove", &password_file))?;
        if !done {
            return Err(PostgresError::Plain(format!("initdb failed: {complaint}")));
        }
        fs::rename(&fresh, &self.data).map_err(PostgresError::file("cannot name", &self.data))
    }

    fn write_password(&self, path: &Path) -> Result<()> {
        // A start that was killed here left a file that is not ours to write.
        let _ = fs::remove_file(path);
        fs::OpenOptions::new()
            .create_new(true)
            .write(true)
            .mode(0o600)
            .open(path)
            .and_then(|mut file| file.write_all(self.password.expose_secret().as_bytes()))
            .map_err(PostgresError::file("cannot write", path))?;
        self.account.own(path)
    }
}

fn binaries(
    downloads: &Path,
    local: &Local,
    account: &Account,
    data_major: Option<u32>,
    data: &Path,
) -> Result<Option<Binaries>> {
    let mut candidates = match &local.postgres_bin {
        Some(folder) => vec![Binaries::of_folder(folder, account).ok_or_else(|| {
            PostgresError::Plain(format!(
                "JOBBOARD_POSTGRES_BIN: no initdb and postgres that run are in {}",
                folder.display()
            ))
        })?],
        None => find::installed(account),
    };
    candidates.extend(Binaries::of_folder(
        &download::bin_folder(downloads),
        account,
    ));
    find::choose(&candidates, data_major, data, download::MAJOR)
}

/// The major version that wrote the data; `None` where there is none.
fn data_version(data: &Path) -> Result<Option<u32>> {
    let path = data.join("PG_VERSION");
    if !data.exists() {
        return Ok(None);
    }
    let text = fs::read_to_string(&path).map_err(PostgresError::file("cannot read", &path))?;
    text.trim()
        .parse()
        .map(Some)
        .map_err(|_| PostgresError::Plain(format!("{} holds no version", path.display())))
}
