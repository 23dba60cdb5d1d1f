//! Words as the text search configurations of the languages stem them.

use std::collections::HashMap;

use sha2::{Digest, Sha256};

use super::{language::Language, query::Term};

/// What stands before the lexemes that tell that a word is in the title. No
/// word has it: words are letters and digits.
pub(super) const TITLE_MARK: char = '^';
/// The same for a job's skills and its company.
pub(super) const NAME_MARK: char = '=';

/// Which lexemes a query is made of. Marks have no places, so of a phrase the marked
/// forms ask for its words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Plain,
    /// Those of titles, which have a [`TITLE_MARK`].
    Marked,
    /// Phrases also ask for their [`neighbours`], which only the whole ad has.
    Paired,
    /// Marked, and phrases paired.
    InTitle,
    /// Each marked as of the title, the skills or the company, and phrases paired.
    InNames,
}

impl Form {
    fn is_paired(self) -> bool {
        matches!(self, Self::Paired | Self::InTitle | Self::InNames)
    }
}

/// What the text search configurations make of words.
#[derive(Clone, Debug, Default)]
pub(super) struct Lexemes(HashMap<(Language, String), Vec<String>>);

impl Lexemes {
    pub(super) fn insert(&mut self, language: Language, word: String, lexemes: Vec<String>) {
        self.0.insert((language, word), lexemes);
    }

    /// None for stop words, several for a word that PostgreSQL takes apart.
    pub(super) fn of(&self, language: Language, word: &str) -> &[String] {
        if language.stops(word) {
            return &[];
        }
        // A borrowed key of a pair needs the pair.
        self.0
            .get(&(language, word.to_owned()))
            .map_or(&[], Vec::as_slice)
    }

    /// A word or phrase; none if it is all stop words.
    pub(super) fn term(&self, language: Language, term: &Term, form: Form) -> Option<String> {
        let marked = |lexeme: &str, mark: char| quoted(&format!("{mark}{lexeme}"));
        let words = match form {
            Form::Plain | Form::Paired => self.phrase(language, term),
            Form::Marked | Form::InTitle => {
                self.words(language, term, |lexeme| marked(lexeme, TITLE_MARK))
            }
            Form::InNames => self.words(language, term, |lexeme| {
                let (title, name) = (marked(lexeme, TITLE_MARK), marked(lexeme, NAME_MARK));
                format!("({title} | {name})")
            }),
        }?;
        let mut all = vec![words];
        if form.is_paired() {
            all.extend(self.pairs(language, term));
        }
        joined(&all, " & ", |part| Some(part.clone()))
    }

    fn words(
        &self,
        language: Language,
        term: &Term,
        show: impl Fn(&str) -> String,
    ) -> Option<String> {
        let lexemes: Vec<_> = term
            .iter()
            .flat_map(|word| self.of(language, word))
            .collect();
        joined(&lexemes, " & ", |lexeme| Some(show(lexeme)))
    }

    /// The neighbours in a phrase. None of a word that PostgreSQL takes apart.
    fn pairs(&self, language: Language, term: &Term) -> Vec<String> {
        let mut pairs = Vec::new();
        let mut before: Option<&String> = None;
        let mut distance = 1;
        for word in term {
            match self.of(language, word) {
                [] => distance += 1,
                [lexeme] => {
                    let pair = before.and_then(|before| neighbours(before, lexeme, distance));
                    pairs.extend(pair.map(|pair| quoted(&pair)));
                    (before, distance) = (Some(lexeme), 1);
                }
                _ => (before, distance) = (None, 1),
            }
        }
        pairs
    }

    /// Stop words inside a phrase leave their distance.
    fn phrase(&self, language: Language, term: &Term) -> Option<String> {
        let mut phrase = String::new();
        let mut distance = 1_u32;
        for word in term {
            let Some(word) = joined(self.of(language, word), " & ", |lexeme| {
                Some(quoted(lexeme))
            }) else {
                distance += 1;
                continue;
            };
            if phrase.is_empty() {
                phrase = word;
            } else {
                phrase = format!("{phrase} <{distance}> {word}");
            }
            distance = 1;
        }
        match phrase {
            phrase if phrase.is_empty() => None,
            phrase if term.len() > 1 => Some(format!("({phrase})")),
            phrase => Some(phrase),
        }
    }
}

/// What stands in the whole ad for a word and the next one that is no stop word: an
/// index that knows no places finds phrases by it. Sixteen bits of a hash, so that
/// there are few of them: of the ads with all words of a phrase a fraction of a percent
/// is looked at in vain. None where they are further apart than ads are read.
pub(super) fn neighbours(lexeme: &str, next: &str, gap: u32) -> Option<String> {
    const WIDEST: u32 = 4;
    if gap > WIDEST {
        return None;
    }
    let hash = Sha256::digest(format!("{lexeme} {next} {gap}"));
    Some(format!("~{:02x}{:02x}", hash[0], hash[1]))
}

/// Several in brackets, one as it is.
pub(super) fn joined<T>(
    items: &[T],
    operator: &str,
    show: impl Fn(&T) -> Option<String>,
) -> Option<String> {
    let mut shown: Vec<_> = items.iter().filter_map(show).collect();
    match shown.len() {
        0 | 1 => shown.pop(),
        _ => Some(format!("({})", shown.join(operator))),
    }
}

pub(super) fn quoted(lexeme: &str) -> String {
    format!("'{}'", lexeme.replace('\\', "\\\\").replace('\'', "''"))
}
