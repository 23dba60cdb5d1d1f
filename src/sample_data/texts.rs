//! The sentences and names that the sample data is composed of.

use std::collections::HashMap;

/// Sections of lines: `[benefits]`, then one benefit a line.
pub(super) struct Texts(HashMap<&'static str, Vec<&'static str>>);

impl Texts {
    pub(super) fn english() -> Self {
        Self::parse(include_str!("texts/english.txt"))
    }

    pub(super) fn german() -> Self {
        Self::parse(include_str!("texts/german.txt"))
    }

    pub(super) fn names() -> Self {
        Self::parse(include_str!("texts/names.txt"))
    }

    /// German names of skills, where they differ.
    pub(super) fn german_skills() -> HashMap<&'static str, &'static str> {
        include_str!("texts/skills_german.psv")
            .lines()
            .filter_map(|line| line.split_once('|'))
            .collect()
    }

    fn parse(text: &'static str) -> Self {
        let mut sections: HashMap<_, Vec<_>> = HashMap::new();
        let mut section = "";
        for line in text.lines().filter(|line| !line.is_empty()) {
            match line
                .strip_prefix('[')
                .and_then(|line| line.strip_suffix(']'))
            {
                Some(name) => section = name,
                None => sections.entry(section).or_default().push(line),
            }
        }
        Self(sections)
    }

    /// Empty where there is no such section.
    pub(super) fn section(&self, name: &str) -> &[&'static str] {
        self.0.get(name).map(Vec::as_slice).unwrap_or_default()
    }
}

/// Puts values in the place of `{names}`.
pub(super) fn fill(template: &str, values: &[(&str, &str)]) -> String {
    values
        .iter()
        .fold(template.to_owned(), |text, (name, value)| {
            text.replace(&format!("{{{name}}}"), value)
        })
}
