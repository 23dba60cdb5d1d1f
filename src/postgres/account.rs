//! Whom PostgreSQL runs as: it refuses root.

use std::{
    fs,
    os::unix::fs::{MetadataExt, chown},
    path::Path,
    process::{Command, Stdio},
};

use super::{PostgresError, Result};

/// Candidates in order, for a start as root.
const UNPRIVILEGED: &[&str] = &["postgres", "nobody"];

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Account {
    /// We are no root: the same as ourselves.
    Own,
    Other {
        name: String,
        uid: u32,
        gid: u32,
    },
}

impl Account {
    /// As root: the owner of data that is there, else the configured user, else
    /// the first candidate that exists.
    pub(crate) fn choose(configured: Option<&str>, data: &Path) -> Result<Self> {
        if !rustix::process::geteuid().is_root() {
            return Ok(Self::Own);
        }
        let passwd = fs::read_to_string("/etc/passwd")
            .map_err(PostgresError::file("cannot read", "/etc/passwd"))?;
        if let Ok(metadata) = fs::metadata(data) {
            return owner_of(&passwd, metadata.uid(), metadata.gid(), data);
        }
        match configured {
            Some(name) => named(&passwd, name).ok_or_else(|| {
                PostgresError::Plain(format!(
                    "JOBBOARD_POSTGRES_USER: there is no user {name} other than root on this machine"
                ))
            }),
            None => UNPRIVILEGED
                .iter()
                .find_map(|name| named(&passwd, name))
                .ok_or_else(|| {
                    PostgresError::Plain(format!(
                        "PostgreSQL does not run as root and there is none of the users {}: name one in JOBBOARD_POSTGRES_USER",
                        UNPRIVILEGED.join(", ")
                    ))
                }),
        }
    }

    /// A command that runs as this account, away from our terminal's signals and
    /// without our environment, which may name another server or hold secrets.
    pub(crate) fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        use std::os::unix::process::CommandExt;
        let mut command = Command::new(program);
        command.env_clear().stdin(Stdio::null()).process_group(0);
        for name in ["PATH", "LD_LIBRARY_PATH"] {
            if let Some(value) = std::env::var_os(name) {
                command.env(name, value);
            }
        }
        if let Self::Other { uid, gid, .. } = self {
            command.uid(*uid).gid(*gid);
        }
        command
    }

    /// Hands a file or folder over.
    pub(crate) fn own(&self, path: &Path) -> Result<()> {
        match self {
            Self::Own => Ok(()),
            Self::Other { uid, gid, .. } => chown(path, Some(*uid), Some(*gid))
                .map_err(PostgresError::file("cannot give away", path)),
        }
    }

    /// Refuses a folder that the account cannot enter, naming the first closed
    /// one above it. The kernel is asked, as the account, for modes alone do
    /// not tell.
    pub(crate) fn must_reach(&self, path: &Path) -> Result<()> {
        let Self::Other { name, .. } = self else {
            return Ok(());
        };
        if self.can_enter(path)? {
            return Ok(());
        }
        let mut ancestors: Vec<_> = path.ancestors().filter(|a| a.exists()).collect();
        ancestors.reverse();
        for ancestor in ancestors {
            if !self.can_enter(ancestor)? {
                return Err(PostgresError::Plain(format!(
                    "PostgreSQL runs as the user {name}, who cannot enter {} on the way to {}; open it to that user or choose another folder with JOBBOARD_DATA_DIR",
                    ancestor.display(),
                    path.display(),
                )));
            }
        }
        Ok(())
    }

    fn can_enter(&self, path: &Path) -> Result<bool> {
        self.command("/bin/sh")
            .args(["-c", "test -x \"$1\"", "sh"])
            .arg(path)
            .current_dir("/")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .map(|status| status.success())
            .map_err(PostgresError::file("cannot run", "/bin/sh"))
    }
}

/// `name:password:uid:gid:...`
fn fields(line: &str) -> Option<(&str, u32, u32)> {
    let mut fields = line.split(':');
    let name = fields.next()?;
    let uid = fields.nth(1)?.parse().ok()?;
    let gid = fields.next()?.parse().ok()?;
    Some((name, uid, gid))
}

fn named(passwd: &str, wanted: &str) -> Option<Account> {
    passwd
        .lines()
        .filter_map(fields)
        .find(|(name, uid, _)| *name == wanted && *uid != 0)
        .map(|(name, uid, gid)| Account::Other {
            name: name.to_owned(),
            uid,
            gid,
        })
}

fn owner_of(passwd: &str, uid: u32, gid: u32, data: &Path) -> Result<Account> {
    if uid == 0 {
        return Err(PostgresError::Plain(format!(
            "{} belongs to root, whom PostgreSQL does not run as; give the folder to another user",
            data.display()
        )));
    }
    let name = passwd
        .lines()
        .filter_map(fields)
        .find(|(_, other, _)| *other == uid)
        .map_or_else(|| format!("number {uid}"), |(name, _, _)| name.to_owned());
    Ok(Account::Other { name, uid, gid })
}

#[cfg(test)]
mod tests {
    use super::*;

    const PASSWD: &str = "root:x:0:0:root:/root:/bin/sh\n\
        # a comment\n\
        toor:x:0:0::/root:/bin/sh\n\
        postgres:x:101:104:PostgreSQL:/var/lib/postgresql:/bin/bash\n\
        nobody:x:65534:65533:nobody:/nonexistent:/usr/sbin/nologin\n";

    #[test]
    fn users_are_found_by_name_but_never_root() {
        assert_eq!(
            named(PASSWD, "postgres"),
            Some(Account::Other {
                name: "postgres".to_owned(),
                uid: 101,
                gid: 104
            })
        );
        assert_eq!(named(PASSWD, "root"), None);
        assert_eq!(named(PASSWD, "toor"), None);
        assert_eq!(named(PASSWD, "post"), None);
    }

    #[test]
    fn data_keeps_its_owner_even_one_without_a_name() {
        let data = Path::new("/data");
        let owner = |uid| owner_of(PASSWD, uid, 7, data);
        assert!(matches!(owner(65534), Ok(Account::Other { name, .. }) if name == "nobody"));
        assert!(
            matches!(owner(4000), Ok(Account::Other { name, uid: 4000, gid: 7 }) if name == "number 4000")
        );
        assert!(owner(0).is_err());
    }
}
