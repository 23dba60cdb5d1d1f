//! Where the words of mails come from: the program carries templates along, and a
//! folder may hold others in their stead.

use std::{
    collections::HashMap,
    fs, io,
    path::{Path, PathBuf},
};

use super::Language;

/// What is around the words of every mail.
const LAYOUTS: [(&str, &str); 2] = [
    ("layout.html", include_str!("templates/layout.html")),
    ("layout.txt", include_str!("templates/layout.txt")),
];

/// Texts by their names, in the order of [`Language::ALL`].
macro_rules! words {
    ($($name:literal),* $(,)?) => {
        &[$((
            $name,
            [
                include_str!(concat!("templates/en/", $name, ".txt")),
                include_str!(concat!("templates/de/", $name, ".txt")),
                include_str!(concat!("templates/fr/", $name, ".txt")),
                include_str!(concat!("templates/es/", $name, ".txt")),
            ],
        )),*]
    };
}

/// The words of each kind of mail.
const WORDS: &[(&str, [&str; 4])] = words![
    "account_created",
    "application_confirmation",
    "application_received",
    "application_status_changed",
    "application_withdrawn",
    "email_changed",
    "email_verification",
    "dead_tasks",
    "employer_summary",
    "import_finished",
    "job_alert",
    "job_digest",
    "job_expired",
    "message_received",
    "offer_accepted",
    "password_changed",
    "password_reset",
    "verification_decided",
];

/// Words that several kinds share.
const PARTS: &[(&str, [&str; 4])] = words!["job_lines"];

/// A template is larger than this by mistake only.
const LARGEST_BYTES: u64 = 256 << 10;

#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    #[error("{}: {error}", path.display())]
    Unreadable { path: PathBuf, error: io::Error },
    #[error("{}: larger than {LARGEST_BYTES} bytes", .0.display())]
    TooLarge(PathBuf),
    #[error(
        "{}: there is no such mail template; there are layout.html, layout.txt and, in the \
         folders en, de, fr and es, {}",
        .0.display(),
        WORDS.iter().chain(PARTS).map(|(name, _)| format!("{name}.txt")).collect::<Vec<_>>().join(", ")
    )]
    Unknown(PathBuf),
}

/// The text of every template by the name of its file.
#[derive(Debug, Default)]
pub(super) struct Sources {
    own: HashMap<String, String>,
}

impl Sources {
    /// With the files of this folder. One whose name is none of ours is refused: it was
    /// meant to be one. Names that begin with a dot are passed over.
    pub(super) fn with_folder(folder: &Path) -> Result<Self, SourceError> {
        let mut own = HashMap::new();
        for (name, path) in entries(folder)? {
            if path.is_dir() && name.parse::<Language>().is_ok() {
                for (file, path) in entries(&path)? {
                    own.insert(format!("{name}/{file}"), read(&path)?);
                }
            } else {
                own.insert(name, read(&path)?);
            }
        }
        if let Some(unknown) = own.keys().find(|name| built_in(name).is_none()) {
            return Err(SourceError::Unknown(folder.join(unknown)));
        }
        Ok(Self { own })
    }

    pub(super) fn get(&self, file: &str) -> Option<&str> {
        self.own
            .get(file)
            .map(String::as_str)
            .or_else(|| built_in(file))
    }

    pub(super) fn is_own(&self, file: &str) -> bool {
        self.own.contains_key(file)
    }
}

fn entries(folder: &Path) -> Result<Vec<(String, PathBuf)>, SourceError> {
    let unreadable = |error| SourceError::Unreadable {
        path: folder.to_owned(),
        error,
    };
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if !name.starts_with('.') {
            found.push((name, entry.path()));
        }
    }
    Ok(found)
}

fn read(path: &Path) -> Result<String, SourceError> {
    let unreadable = |error| SourceError::Unreadable {
        path: path.to_owned(),
        error,
    };
    if fs::metadata(path).map_err(unreadable)?.len() > LARGEST_BYTES {
        return Err(SourceError::TooLarge(path.to_owned()));
    }
    fs::read_to_string(path).map_err(unreadable)
}

/// Whether a file is included in others instead of being a mail.
pub(super) fn is_part(file: &str) -> bool {
    let name = file.rsplit('/').next().unwrap_or_default();
    PARTS
        .iter()
        .any(|(part, _)| name.strip_suffix(".txt") == Some(part))
}

/// By the name of its file within the folder of templates.
fn built_in(file: &str) -> Option<&'static str> {
    if let Some((_, layout)) = LAYOUTS.iter().find(|(name, _)| *name == file) {
        return Some(layout);
    }
    let (language, kind) = file.strip_suffix(".txt")?.split_once('/')?;
    let language = language.parse::<Language>().ok()?;
    let mut all = WORDS.iter().chain(PARTS);
    let (_, words) = all.find(|(name, _)| *name == kind)?;
    let at = Language::ALL.iter().position(|one| *one == language)?;
    words.get(at).copied()
}
