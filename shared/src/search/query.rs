//! What a person typed, as a `tsquery`.
//!
//! Words, "phrases", -exclusions and OR between neighbours. Every text is a
//! query: what has no meaning is left out.

use std::{
    cmp::Reverse,
    collections::{BTreeSet, HashMap},
};

use super::{
    compiled::{Compiled, Indexed, either},
    compounds,
    language::Language,
    lexemes::{Form, Lexemes, joined, quoted},
    terms::{self, Reading},
};

/// Longer texts are cut.
pub(super) const MAX_CHARS: usize = 1_000;
const MAX_WORDS: usize = 32;

/// A word, or several that follow one another.
pub(super) type Term = Vec<String>;

/// A query text taken apart.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Query {
    /// An ad has of each clause at least one term.
    clauses: Vec<Vec<Term>>,
    /// Which of the clauses are single words or names without quotation marks.
    loose: Vec<bool>,
    /// What stands for some clauses in a row as well.
    synonyms: Vec<Alternative>,
    /// It has none of these.
    without: Vec<Term>,
    /// Whether there was a text, though there may be no word in it.
    asked: bool,
}

/// Instead of the clauses from one to before another an ad may have one of the terms.
#[derive(Clone, Debug, PartialEq)]
struct Alternative {
    from: usize,
    to: usize,
    terms: Vec<Term>,
}

/// A part of the text between spaces or quotation marks.
pub(super) struct Part {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) excluded: bool,
    /// Follows an OR.
    or: bool,
}

impl Query {
    pub fn parse(text: &str) -> Self {
        let text = match text.char_indices().nth(MAX_CHARS) {
            Some((end, _)) => &text[..end],
            None => text,
        };
        let mut words = terms::words(text, Reading::Query);
        words.truncate(MAX_WORDS);
        let mut words = words.into_iter().peekable();
        let mut query = Self {
            asked: !text.trim().is_empty(),
            ..Self::default()
        };
        for part in parts(text) {
            let mut term = Term::new();
            while let Some(word) = words.next_if(|word| word.start < part.end) {
                if word.start >= part.start {
                    term.push(word.text);
                }
            }
            match term.as_mut_slice() {
                [] => continue,
                // Ads hold the plain form beside it.
                [word] => {
                    if let Some(plain) = compounds::plain_form(word) {
                        *word = plain.to_owned();
                    }
                }
                _ => {}
            }
            if part.excluded {
                query.without.push(term);
            } else if let (true, Some(clause)) = (part.or, query.clauses.last_mut()) {
                clause.push(term);
                if let Some(loose) = query.loose.last_mut() {
                    *loose = false;
                }
            } else {
                query.clauses.push(vec![term]);
                query.loose.push(!text[part.start..].starts_with(is_quote));
            }
        }
        query
    }

    /// A text whose words must all follow one another.
    pub(super) fn phrase(text: &str) -> Self {
        let words = terms::words(text, Reading::Query);
        let term: Term = words
            .into_iter()
            .take(MAX_WORDS)
            .map(|word| word.text)
            .collect();
        Self {
            clauses: if term.is_empty() {
                vec![]
            } else {
                vec![vec![term]]
            },
            asked: !text.trim().is_empty(),
            ..Self::default()
        }
    }

    /// The most clauses that have synonyms together.
    pub(super) const MAX_RUN: usize = 4;

    /// What may have synonyms: up to [`Self::MAX_RUN`] words in a row, without
    /// quotation marks, exclusions and OR.
    pub(super) fn runs(&self) -> Vec<String> {
        self.spans().map(|(from, to)| self.run(from, to)).collect()
    }

    /// Takes the synonyms of runs in, of those that overlap the longer one's.
    pub(super) fn expand(&mut self, found: &HashMap<String, Vec<Term>>) {
        const MOST: usize = 4;
        let mut spans: Vec<_> = self.spans().collect();
        spans.sort_by_key(|(from, to)| (Reverse(to - from), *from));
        for (from, to) in spans {
            let Some(terms) = found.get(&self.run(from, to)) else {
                continue;
            };
            let overlaps = |one: &Alternative| one.from < to && from < one.to;
            if self.synonyms.len() < MOST && !self.synonyms.iter().any(overlaps) {
                let terms = terms.iter().filter(|term| !term.is_empty()).cloned();
                self.synonyms.push(Alternative {
                    from,
                    to,
                    terms: terms.collect(),
                });
            }
        }
    }

    fn spans(&self) -> impl Iterator<Item = (usize, usize)> + '_ {
        let count = self.clauses.len();
        (0..count).flat_map(move |from| {
            let most = (from + Self::MAX_RUN).min(count);
            (from + 1..=most)
                .take_while(|to| self.loose.get(to - 1) == Some(&true))
                .map(move |to| (from, to))
        })
    }

    fn run(&self, from: usize, to: usize) -> String {
        let words: Vec<&str> = self.clauses[from..to]
            .iter()
            .flatten()
            .flatten()
            .map(String::as_str)
            .collect();
        words.join(" ")
    }

    /// Asks for something, but with no word in it: nothing can be found.
    pub(super) fn is_senseless(&self) -> bool {
        self.asked && self.clauses.is_empty() && self.without.is_empty()
    }

    /// Every word once.
    pub(super) fn words(&self) -> Vec<String> {
        let synonyms = self.synonyms.iter().flat_map(|one| &one.terms);
        let terms = self.clauses.iter().flatten().chain(&self.without);
        terms
            .chain(synonyms)
            .flatten()
            .collect::<BTreeSet<_>>()
            .into_iter()
            .cloned()
            .collect()
    }

    fn asks_for_phrase(&self) -> bool {
        let synonyms = self.synonyms.iter().flat_map(|one| &one.terms);
        self.clauses.iter().flatten().chain(synonyms).any(is_phrase)
    }

    /// Reads the query in each of the languages. A text in each language
    /// drops that language's stop words, and an exclusion holds in all of them. Whole
    /// ads are asked in the form `ads`.
    pub(super) fn compile(&self, lexemes: &Lexemes, languages: &[Language], ads: Form) -> Compiled {
        let mut meant = BTreeSet::new();
        let mut marked = BTreeSet::new();
        let mut readings = BTreeSet::new();
        let mut without = BTreeSet::new();
        let mut stems = BTreeSet::new();
        let mut shown = BTreeSet::new();
        let synonyms = || self.synonyms.iter().flat_map(|one| &one.terms);
        for &language in languages {
            let read_as = |form| self.all_clauses(lexemes, language, form);
            meant.extend(read_as(Form::Plain));
            marked.extend(read_as(Form::Marked));
            if let (Some(in_ads), Some(in_title), Some(in_names)) =
                (read_as(ads), read_as(Form::InTitle), read_as(Form::InNames))
            {
                readings.insert(Indexed {
                    in_ads,
                    in_title,
                    in_names,
                });
            }
            without.extend(
                self.without
                    .iter()
                    .filter_map(|term| lexemes.term(language, term, ads)),
            );
            for word in self.clauses.iter().flatten().flatten() {
                stems.extend(lexemes.of(language, word).iter().cloned());
            }
            for word in synonyms().flatten() {
                shown.extend(lexemes.of(language, word).iter().cloned());
            }
        }
        shown.extend(stems.iter().cloned());
        Compiled {
            meant: either(meant),
            marked: either(marked),
            readings,
            has_phrase: self.asks_for_phrase(),
            without: either(without),
            any: either(stems.iter().map(|stem| quoted(stem)).collect()),
            words: self.clauses.iter().flatten().flatten().count(),
            stems,
            shown,
        }
    }

    /// The clauses in one language; none where they are stop words all.
    fn all_clauses(&self, lexemes: &Lexemes, language: Language, form: Form) -> Option<String> {
        let mut clauses = Vec::with_capacity(self.clauses.len());
        let mut at = 0;
        while at < self.clauses.len() {
            let alternative = self.synonyms.iter().find(|one| one.from == at);
            let to = alternative.map_or(at + 1, |one| one.to);
            let own = joined(&self.clauses[at..to], " & ", |clause| {
                joined(clause, " | ", |term| lexemes.term(language, term, form))
            });
            let synonyms = alternative.map_or(&[][..], |one| &one.terms);
            // Stop words ask for nothing, nor do their synonyms.
            if let Some(own) = own {
                let terms = synonyms
                    .iter()
                    .filter_map(|term| lexemes.term(language, term, form));
                let any: Vec<String> = std::iter::once(own).chain(terms).collect();
                clauses.extend(joined(&any, " | ", |term| Some(term.clone())));
            }
            at = to;
        }
        (!clauses.is_empty()).then(|| format!("({})", clauses.join(" & ")))
    }
}

fn is_phrase(term: &Term) -> bool {
    term.len() > 1
}

pub(super) fn parts(text: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut or = false;
    let mut rest = text;
    loop {
        rest = rest.trim_start_matches(|c: char| separates(c) && !is_quote(c) && c != '|');
        if let Some(after) = rest.strip_prefix('|') {
            or = !parts.is_empty();
            rest = after.trim_start_matches('|');
            continue;
        }
        let start = text.len() - rest.len();
        let excluded = rest.starts_with('-');
        let body = rest.strip_prefix('-').unwrap_or(rest);
        let Some(first) = body.chars().next() else {
            return parts;
        };
        let from = start + usize::from(excluded);
        let end = if is_quote(first) {
            let inside = &body[first.len_utf8()..];
            let length = inside.find(is_quote).unwrap_or(inside.len());
            let closing = inside[length..].chars().next().map_or(0, char::len_utf8);
            from + first.len_utf8() + length + closing
        } else {
            let length = body.find(separates).unwrap_or(body.len());
            from + length
        };
        rest = &text[end..];
        if &text[start..end] == "OR" {
            or = !parts.is_empty();
            continue;
        }
        parts.push(Part {
            start: from,
            end,
            excluded,
            or: or && !excluded,
        });
        or = false;
    }
}

fn is_quote(c: char) -> bool {
    matches!(c, '"' | '“' | '”' | '„' | '«' | '»')
}

fn separates(c: char) -> bool {
    c.is_whitespace()
        || is_quote(c)
        || matches!(c, ',' | ';' | '/' | '|' | '(' | ')' | '[' | ']' | '{' | '}')
}

#[cfg(test)]
mod tests;
