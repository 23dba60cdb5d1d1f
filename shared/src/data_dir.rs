//! The folder in which a machine keeps what is not in a database given to it.

use std::{
    fs::{self, DirBuilder, File, OpenOptions, TryLockError},
    io::{self, Read, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

use secrecy::SecretString;

use crate::config::Local;

#[derive(Debug, thiserror::Error)]
pub enum DataDirError {
    #[error("the data folder {path} cannot be used: {source}", path = path.display())]
    Folder { path: PathBuf, source: io::Error },
    #[error("{path} cannot be read or written: {source}", path = path.display())]
    File { path: PathBuf, source: io::Error },
    #[error(
        "another copy of the job board{process} runs on {path}; stop it, or give this one a folder of its own with JOBBOARD_DATA_DIR",
        path = path.display()
    )]
    InUse { path: PathBuf, process: String },
}

#[derive(Clone, Debug)]
pub struct DataDir(PathBuf);

/// While it lives no other process gets it; the system takes it back from a
/// killed one.
#[derive(Debug)]
pub struct Lock(#[expect(dead_code, reason = "held for its lock")] File);

impl DataDir {
    /// The configured folder, else the usual one of root or of other users.
    /// Creates nothing.
    pub fn locate(local: &Local) -> Result<Self, DataDirError> {
        let path = match &local.data_dir {
            Some(path) => path.clone(),
            None if rustix::process::geteuid().is_root() => PathBuf::from("/var/lib/jobboard"),
            None => PathBuf::from(".jobboard"),
        };
        // Absolute, for PostgreSQL works in another folder than we do.
        let path =
            std::path::absolute(&path).map_err(|source| DataDirError::Folder { path, source })?;
        Ok(Self(path))
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Creates the folder. Others may pass through it, which PostgreSQL's user
    /// must, but not list it; what is inside is closed by itself.
    pub fn create(&self) -> Result<(), DataDirError> {
        let failed = |source| DataDirError::Folder {
            path: self.0.clone(),
            source,
        };
        if self.0.is_dir() {
            return Ok(());
        }
        DirBuilder::new()
            .recursive(true)
            .mode(0o755)
            .create(&self.0)
            .and_then(|()| fs::set_permissions(&self.0, fs::Permissions::from_mode(0o711)))
            .map_err(failed)
    }

    pub fn lock(&self) -> Result<Lock, DataDirError> {
        let path = self.0.join("lock");
        let failed = |source| DataDirError::File {
            path: path.clone(),
            source,
        };
        let mut file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .mode(0o600)
            .open(&path)
            .map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                // Only to be helpful.
                let _ = file.read_to_string(&mut holder);
                return Err(DataDirError::InUse {
                    path: self.0.clone(),
                    process: match holder.trim() {
                        "" => String::new(),
                        number => format!(" (process {number})"),
                    },
                });
            }
            Err(TryLockError::Error(source)) => return Err(failed(source)),
        }
        file.set_len(0)
            .and_then(|()| writeln!(file, "{}", std::process::id()))
            .map_err(failed)?;
        Ok(Lock(file))
    }

    /// The secret of this name, made at the first call.
    pub fn secret(&self, name: &str) -> Result<SecretString, DataDirError> {
        if let Some(secret) = self.existing_secret(name) {
            return Ok(secret);
        }
        // Two parts may start at once: who is first names the file.
        match self.put(name, &random_text(43), |fresh, path| {
            fs::hard_link(fresh, path)
        }) {
            Err(DataDirError::File { source, .. })
                if source.kind() == io::ErrorKind::AlreadyExists => {}
            other => other?,
        }
        let path = self.0.join(name);
        fs::read_to_string(&path)
            .map(|text| SecretString::from(text.trim()))
            .map_err(|source| DataDirError::File { path, source })
    }

    pub fn existing_secret(&self, name: &str) -> Option<SecretString> {
        let text = fs::read_to_string(self.0.join(name)).ok()?;
        let text = text.trim();
        (!text.is_empty()).then(|| SecretString::from(text))
    }

    /// Writes a file that only we may read, whole or not at all.
    pub fn write_private(&self, name: &str, text: &str) -> Result<(), DataDirError> {
        self.put(name, text, |fresh, path| fs::rename(fresh, path))
    }

    fn put(
        &self,
        name: &str,
        text: &str,
        publish: impl FnOnce(&Path, &Path) -> io::Result<()>,
    ) -> Result<(), DataDirError> {
        let path = self.0.join(name);
        let fresh = self.0.join(format!(".{name}.{}", std::process::id()));
        let write = || {
            // Of a killed process that had our number.
            let _ = fs::remove_file(&fresh);
            let mut file = OpenOptions::new()
                .create_new(true)
                .write(true)
                .mode(0o600)
                .open(&fresh)?;
            file.write_all(text.as_bytes())?;
            file.sync_all()?;
            let published = publish(&fresh, &path);
            // Gone already where it was renamed.
            let _ = fs::remove_file(&fresh);
            published?;
            File::open(&self.0)?.sync_all()
        };
        write().map_err(|source| DataDirError::File {
            path: path.clone(),
            source,
        })
    }

    pub fn read(&self, name: &str) -> Result<Option<String>, DataDirError> {
        let path = self.0.join(name);
        match fs::read_to_string(&path) {
            Ok(text) => Ok(Some(text)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(DataDirError::File { path, source }),
        }
    }

    /// A folder inside for ourselves alone.
    pub fn private_folder(&self, name: &str) -> Result<PathBuf, DataDirError> {
        let path = self.0.join(name);
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&path)
            .map_err(|source| DataDirError::Folder {
                path: path.clone(),
                source,
            })?;
        Ok(path)
    }
}

/// Letters and digits from the system's random source, about 5.95 bits each.
pub fn random_text(length: usize) -> String {
    use rand::{Rng, distr::Alphanumeric};
    rand::rng()
        .sample_iter(Alphanumeric)
        .take(length)
        .map(char::from)
        .collect()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::MetadataExt;

    use secrecy::ExposeSecret;

    use super::*;

    fn fresh() -> (tempfile::TempDir, DataDir) {
        let parent = tempfile::tempdir().unwrap();
        let data_dir = DataDir(parent.path().join("data"));
        data_dir.create().unwrap();
        (parent, data_dir)
    }

    #[test]
    fn secrets_are_made_once_for_us_alone() {
        let (_parent, data_dir) = fresh();
        assert!(data_dir.existing_secret("secret_key").is_none());
        let first = data_dir.secret("secret_key").unwrap();
        assert!(first.expose_secret().len() >= 43);
        let second = data_dir.secret("secret_key").unwrap();
        assert_eq!(first.expose_secret(), second.expose_secret());
        let mode = fs::metadata(data_dir.path().join("secret_key"))
            .unwrap()
            .mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn a_second_lock_is_refused_and_names_the_first() {
        let (_parent, data_dir) = fresh();
        let first = data_dir.lock().unwrap();
        let refused = data_dir.lock().unwrap_err().to_string();
        let us = format!("(process {})", std::process::id());
        assert!(refused.contains(&us), "{refused}");
        drop(first);
        data_dir.lock().unwrap();
    }
}
