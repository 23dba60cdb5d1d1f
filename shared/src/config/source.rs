//! Where values come from.

use std::{
    collections::{BTreeMap, BTreeSet},
    env,
    ffi::OsString,
    path::Path,
};

use super::{WrongValue, variables};

/// Values by variable name, before anything is known about their meaning.
#[derive(Clone, Default)]
pub struct Source {
    values: BTreeMap<String, String>,
    pub(super) wrong: Vec<WrongValue>,
}

impl Source {
    /// The process's environment, then `.env` in the working directory, then the
    /// file that `JOBBOARD_CONFIG` names. The first that has a variable decides;
    /// an empty value counts as absent.
    pub fn of_process() -> Self {
        let mut source = Self::of_environment(env::vars_os());
        source.add_dotenv(Path::new(".env"));
        if let Some(path) = source.get("JOBBOARD_CONFIG").map(str::to_owned) {
            source.add_toml(Path::new(&path));
        }
        source
    }

    fn of_environment(variables: impl Iterator<Item = (OsString, OsString)>) -> Self {
        let mut source = Self::default();
        for (name, value) in variables {
            let Some(name) = name.to_str().filter(|name| variables::is_known(name)) else {
                continue;
            };
            match value.into_string() {
                Ok(value) => source.add(name.to_owned(), value),
                Err(_) => source.refuse(name, "is not UTF-8"),
            }
        }
        source
    }

    /// Values given in code, for tests.
    pub fn of<'a>(values: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let mut source = Self::default();
        for (name, value) in values {
            source.add(name.to_owned(), value.to_owned());
        }
        source
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(String::as_str)
    }

    fn add(&mut self, name: String, value: String) {
        let value = value.trim();
        if !value.is_empty() {
            self.values.entry(name).or_insert_with(|| value.to_owned());
        }
    }

    fn refuse(&mut self, variable: &str, problem: impl Into<String>) {
        self.wrong.push(WrongValue {
            variable: variable.to_owned(),
            problem: problem.into(),
        });
    }

    /// Variables that are not ours are left alone: `.env` is shared with other
    /// programs.
    fn add_dotenv(&mut self, path: &Path) {
        let lines = match dotenvy::from_path_iter(path) {
            Ok(lines) => lines,
            Err(dotenvy::Error::Io(error)) if error.kind() == std::io::ErrorKind::NotFound => {
                return;
            }
            Err(error) => return self.refuse(".env", format!("cannot be read: {error}")),
        };
        let mut bad = 0;
        for line in lines {
            match line {
                Ok((name, value)) if variables::is_known(&name) => self.add(name, value),
                Ok(_) => {}
                // The error shows the line, which may hold a secret.
                Err(_) => bad += 1,
            }
        }
        if bad > 0 {
            self.refuse(".env", format!("{bad} of its lines are not NAME=value"));
        }
    }

    /// Top-level keys named as the variables. A key that no variable has is
    /// refused: the file is ours alone.
    pub(super) fn add_toml(&mut self, path: &Path) {
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) => {
                return self.refuse(
                    "JOBBOARD_CONFIG",
                    format!("{} cannot be read: {error}", path.display()),
                );
            }
        };
        let table = match text.parse::<toml::Table>() {
            Ok(table) => table,
            Err(error) => {
                // Only the place: the rest of the message quotes the file.
                let line = error
                    .span()
                    .and_then(|span| text.get(..span.start))
                    .map_or(1, |before| before.matches('\n').count() + 1);
                return self.refuse(
                    "JOBBOARD_CONFIG",
                    format!("{} is not TOML, see line {line}", path.display()),
                );
            }
        };
        let mut unknown = BTreeSet::new();
        for (name, value) in table {
            if name == "JOBBOARD_CONFIG" || !variables::is_known(&name) {
                unknown.insert(name);
                continue;
            }
            match value {
                toml::Value::String(value) => self.add(name, value),
                toml::Value::Integer(value) => self.add(name, value.to_string()),
                toml::Value::Float(value) => self.add(name, value.to_string()),
                toml::Value::Boolean(value) => self.add(name, value.to_string()),
                _ => self.refuse(&name, "in the file must be a string, number or boolean"),
            }
        }
        for name in unknown {
            self.refuse(&name, "in the file is no variable of the job board");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_environment_wins_over_the_file_and_unknown_keys_are_named() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(
            file.path(),
            "DATABASE_MAX_CONNECTIONS = 5\nDEBUG = true\nDATABASE_ULR = 'x'\nDB_NAME = []",
        )
        .unwrap();
        let mut source = Source::of([("DATABASE_MAX_CONNECTIONS", "7")]);
        source.add_toml(file.path());
        assert_eq!(source.get("DATABASE_MAX_CONNECTIONS"), Some("7"));
        assert_eq!(source.get("DEBUG"), Some("true"));
        let named: Vec<_> = source.wrong.iter().map(|w| w.variable.as_str()).collect();
        assert_eq!(named, ["DB_NAME", "DATABASE_ULR"]);
    }

    #[test]
    fn a_broken_file_is_placed_but_not_quoted() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "DEBUG = true\nSECRET_KEY = hunter2").unwrap();
        let mut source = Source::default();
        source.add_toml(file.path());
        assert!(source.wrong[0].problem.ends_with("see line 2"));
        assert!(!source.wrong[0].problem.contains("hunter2"));
    }

    #[test]
    fn dotenv_comes_second_and_an_empty_value_is_absent() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(
            file.path(),
            "# a comment\nDB_NAME=jobs # the name\nDB_HOST=\nPATH=/nowhere\nDB_PORT=1\n",
        )
        .unwrap();
        let mut source = Source::of([("DB_PORT", "2")]);
        source.add_dotenv(file.path());
        assert_eq!(source.get("DB_NAME"), Some("jobs"));
        assert_eq!(source.get("DB_HOST"), None);
        assert_eq!(source.get("PATH"), None);
        assert_eq!(source.get("DB_PORT"), Some("2"));
        assert!(source.wrong.is_empty());
    }
}
