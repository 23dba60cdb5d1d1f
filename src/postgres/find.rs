//! Installed PostgreSQL binaries.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use super::{Account, PostgresError, Result};

/// The oldest that the schema was tried on.
pub(super) const OLDEST: u32 = 15;

/// Folders that hold one folder per major version, as packages lay them out.
const VERSIONED: &[(&str, &str)] = &[
    ("/usr/lib/postgresql", "bin"),
    ("/opt/homebrew/opt", "bin"),
    ("/usr/local/opt", "bin"),
    ("/Library/PostgreSQL", "bin"),
    ("/usr", "bin"),
];
const PLAIN: &[&str] = &["/usr/local/pgsql/bin", "/usr/local/bin", "/usr/bin"];

/// A folder with `initdb` and `postgres`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Binaries {
    pub(super) folder: PathBuf,
    pub(super) major: u32,
}

impl Binaries {
    pub(super) fn initdb(&self) -> PathBuf {
        self.folder.join("initdb")
    }

    pub(super) fn postgres(&self) -> PathBuf {
        self.folder.join("postgres")
    }

    /// The binaries of a folder, if they are there and run as this account.
    pub(super) fn of_folder(folder: &Path, account: &Account) -> Option<Self> {
        // `postgres` alone may be a link into the folder where its companions
        // are.
        let postgres = folder.join("postgres").canonicalize().ok()?;
        let folder = postgres.parent()?.to_owned();
        if !folder.join("initdb").exists() {
            return None;
        }
        let output = account
            .command(&postgres)
            .arg("--version")
            .current_dir("/")
            .output()
            .ok()?;
        let major = major_of(&String::from_utf8_lossy(&output.stdout))?;
        Some(Self { folder, major })
    }
}

/// `postgres (PostgreSQL) 15.4 (Debian 15.4-1)`, `... 18beta1`.
fn major_of(version: &str) -> Option<u32> {
    let number = version.split_whitespace().nth(2)?;
    let digits: String = number.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok()
}

/// All that are installed, newest first.
pub(super) fn installed(account: &Account) -> Vec<Binaries> {
    let on_path = env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<PathBuf> = env::split_paths(&on_path).collect();
    for (base, bin) in VERSIONED {
        let entries = fs::read_dir(base).into_iter().flatten().flatten();
        folders.extend(
            entries
                .filter(|entry| {
                    let name = entry.file_name();
                    let name = name.to_string_lossy();
                    name.contains("postgres")
                        || name.contains("pgsql")
                        || name.bytes().all(|b| b.is_ascii_digit() || b == b'.')
                })
                .map(|entry| entry.path().join(bin)),
        );
    }
    folders.extend(PLAIN.iter().map(PathBuf::from));

    let mut found: Vec<Binaries> = Vec::new();
    for folder in folders {
        if let Some(binaries) = Binaries::of_folder(&folder, account)
            && !found.contains(&binaries)
        {
            found.push(binaries);
        }
    }
    found.sort_by_key(|binaries| std::cmp::Reverse(binaries.major));
    found
}

/// The binaries for data of this major version, or for new data. `None`: one has
/// to be downloaded.
pub(super) fn choose(
    installed: &[Binaries],
    data_major: Option<u32>,
    data: &Path,
    downloadable: u32,
) -> Result<Option<Binaries>> {
    let Some(wanted) = data_major else {
        return Ok(installed
            .iter()
            .find(|binaries| binaries.major >= OLDEST)
            .cloned());
    };
    if let Some(binaries) = installed.iter().find(|binaries| binaries.major == wanted) {
        return Ok(Some(binaries.clone()));
    }
    if wanted == downloadable {
        return Ok(None);
    }
    let found = if installed.is_empty() {
        "none is installed".to_owned()
    } else {
        let list: Vec<_> = installed
            .iter()
            .map(|binaries| format!("{} in {}", binaries.major, binaries.folder.display()))
            .collect();
        format!("installed is {}", list.join(", "))
    };
    Err(PostgresError::Plain(format!(
        "the data in {} was written by PostgreSQL {wanted}, which alone can read it, but {found}. \
         Install PostgreSQL {wanted} (JOBBOARD_POSTGRES_BIN may name its folder), or move the data \
         with pg_dump, or choose another folder with JOBBOARD_DATA_DIR",
        data.display()
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn binaries(major: u32) -> Binaries {
        Binaries {
            folder: PathBuf::from(format!("/pg/{major}/bin")),
            major,
        }
    }

    #[test]
    fn versions_are_read_from_what_postgres_says() {
        assert_eq!(
            major_of("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)"),
            Some(15)
        );
        assert_eq!(major_of("postgres (PostgreSQL) 18beta1"), Some(18));
        assert_eq!(major_of("something else"), None);
    }

    #[test]
    fn new_data_gets_the_newest_and_old_data_its_own() {
        let installed = [binaries(17), binaries(15), binaries(13)];
        let choose = |installed: &[Binaries], data| {
            choose(installed, data, Path::new("/data"), 17).map(|b| b.map(|b| b.major))
        };
        assert_eq!(choose(&installed, None).unwrap(), Some(17));
        assert_eq!(choose(&installed, Some(15)).unwrap(), Some(15));
        assert_eq!(choose(&installed[2..], None).unwrap(), None);
        assert_eq!(choose(&[], Some(17)).unwrap(), None);
        let error = choose(&installed, Some(16)).unwrap_err().to_string();
        assert!(
            error.contains("/data was written by PostgreSQL 16"),
            "{error}"
        );
        assert!(error.contains("17 in /pg/17/bin, 15 in"), "{error}");
    }
}
