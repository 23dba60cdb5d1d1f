//! What a person typed, as a `tsquery`.
//!
//! Words, "phrases", -exclusions and OR between neighbours. Every text is a
//! query: what has no meaning is left out.

use std::collections::BTreeSet;

use super::{
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
    /// It has none of these.
    without: Vec<Term>,
    /// Whether there was a text, though there may be no word in it.
    asked: bool,
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
            } else {
                query.clauses.push(vec![term]);
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
            without: vec![],
            asked: !text.trim().is_empty(),
        }
    }

    /// Asks for something, but with no word in it: nothing can be found.
    pub(super) fn is_senseless(&self) -> bool {
        self.asked && self.clauses.is_empty() && self.without.is_empty()
    }

    /// Every word once.
    pub(super) fn words(&self) -> Vec<String> {
        let terms = self.clauses.iter().flatten().chain(&self.without);
        terms
            .flatten()
            .collect::<BTreeSet<_>>()
            .into_iter()
            .cloned()
            .collect()
    }

    /// Reads the query in all languages of the board. A text in each language
    /// drops that language's stop words, and an exclusion holds in all of them.
    pub(super) fn compile(&self, lexemes: &Lexemes) -> Compiled {
        let mut readings = BTreeSet::new();
        let mut marked = BTreeSet::new();
        let mut without = BTreeSet::new();
        let mut stems = BTreeSet::new();
        for language in Language::ALL {
            readings.extend(self.all_clauses(lexemes, language, Form::Plain));
            marked.extend(self.all_clauses(lexemes, language, Form::Marked));
            without.extend(
                self.without
                    .iter()
                    .filter_map(|term| lexemes.term(language, term, Form::Plain)),
            );
            for word in self.clauses.iter().flatten().flatten() {
                stems.extend(lexemes.of(language, word).iter().cloned());
            }
        }
        Compiled {
            meant: text(readings),
            marked: text(marked),
            has_phrase: self.clauses.iter().flatten().any(|term| term.len() > 1),
            without: text(without),
            any: text(stems.iter().map(|stem| quoted(stem)).collect()),
            words: self.clauses.iter().flatten().flatten().count(),
            stems,
        }
    }

    /// The clauses in one language; none where they are stop words all.
    fn all_clauses(&self, lexemes: &Lexemes, language: Language, form: Form) -> Option<String> {
        let clauses: Vec<_> = self
            .clauses
            .iter()
            .filter_map(|clause| joined(clause, " | ", |term| lexemes.term(language, term, form)))
            .collect();
        (!clauses.is_empty()).then(|| format!("({})", clauses.join(" & ")))
    }
}

/// The query as PostgreSQL reads it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Compiled {
    /// What an ad must match; none where only exclusions were asked.
    pub(super) meant: Option<String>,
    /// What its marked lexemes must match for all that is meant to be in its title
    /// alone. They have no places: of phrases it asks for the words.
    pub(super) marked: Option<String>,
    pub(super) has_phrase: bool,
    /// What it must not match.
    pub(super) without: Option<String>,
    /// Any of the words, in any language: what ranks.
    pub(super) any: Option<String>,
    /// How many words were asked for.
    pub(super) words: usize,
    /// The lexemes of `any`.
    pub(super) stems: BTreeSet<String>,
}

impl Compiled {
    /// All that the whole ad must match and must not; none where only exclusions
    /// were asked, which an index cannot look up.
    pub(super) fn whole(&self) -> Option<String> {
        let meant = self.meant.as_ref()?;
        Some(match &self.without {
            Some(without) => format!("({meant}) & !({without})"),
            None => meant.clone(),
        })
    }
}

fn text(readings: BTreeSet<String>) -> Option<String> {
    (!readings.is_empty()).then(|| readings.into_iter().collect::<Vec<_>>().join(" | "))
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
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Stems by cutting an "s", in every language; "the" stops in English.
    fn lexemes(query: &Query) -> Lexemes {
        let mut lexemes = Lexemes::default();
        for language in Language::ALL {
            for word in query.words() {
                let stem = word.strip_suffix('s').unwrap_or(&word).to_owned();
                let stops = language == Language::English && word == "the";
                lexemes.insert(language, word, if stops { vec![] } else { vec![stem] });
            }
        }
        lexemes
    }

    fn compile(text: &str) -> (String, String) {
        let query = Query::parse(text);
        let compiled = query.compile(&lexemes(&query));
        (
            compiled.meant.unwrap_or_default(),
            compiled.without.unwrap_or_default(),
        )
    }

    #[test]
    fn operators_mean_what_people_expect() {
        for (text, meant, without) in [
            ("python", "('python')", ""),
            ("python django", "('python' & 'django')", ""),
            ("\"machine learning\"", "(('machine' <1> 'learning'))", ""),
            ("“machine learning”", "(('machine' <1> 'learning'))", ""),
            ("full-time", "(('full' <1> 'time'))", ""),
            (
                "java OR kotlin remote",
                "(('java' | 'kotlin') & 'remote')",
                "",
            ),
            ("java | kotlin", "(('java' | 'kotlin'))", ""),
            ("java, kotlin/scala", "('java' & 'kotlin' & 'scala')", ""),
            ("java -senior", "('java')", "'senior'"),
            ("-\"team lead\" java", "('java')", "('team' <1> 'lead')"),
            ("-senior", "", "'senior'"),
            ("OR java OR", "('java')", ""),
            ("java OR -senior", "('java')", "'senior'"),
            ("\"machine learning", "(('machine' <1> 'learning'))", ""),
            ("or", "('or')", ""),
            ("c++ -c", "('cplusplu')", "'clanguage'"),
            ("((java) & !kotlin):*", "('java' & 'kotlin')", ""),
            ("\"\" - '' \\ \0 🦀", "", ""),
        ] {
            assert_eq!(
                compile(text),
                (meant.to_owned(), without.to_owned()),
                "{text}"
            );
        }
    }

    #[test]
    fn each_language_drops_its_own_stop_words() {
        assert_eq!(
            compile("head of the departments").0,
            "('head' & 'of' & 'department') | ('head' & 'of' & 'the' & 'department')"
        );
        assert_eq!(
            compile("\"head the team\"").0,
            "(('head' <1> 'the' <1> 'team')) | (('head' <2> 'team'))"
        );
    }

    #[test]
    fn marked_lexemes_are_asked_for_without_places() {
        let query = Query::parse("java OR \"machine learning\" -senior");
        let compiled = query.compile(&lexemes(&query));
        assert_eq!(
            compiled.marked.as_deref(),
            Some("(('^java' | ('^machine' & '^learning')))")
        );
        assert!(compiled.has_phrase);
        assert_eq!(
            compiled.whole().as_deref(),
            Some("((('java' | ('machine' <1> 'learning')))) & !('senior')")
        );
    }

    #[test]
    fn a_text_without_a_word_is_told_from_no_text() {
        assert!(!Query::parse("  ").is_senseless());
        assert!(Query::parse("+++").is_senseless());
        assert!(Query::parse("-").is_senseless());
        assert!(!Query::parse("-java").is_senseless());
    }

    #[test]
    fn long_texts_are_cut() {
        let query = Query::parse(&"word ".repeat(10_000));
        assert_eq!(query.clauses.len(), MAX_WORDS);
        let query = Query::parse(&"x".repeat(10_000));
        assert_eq!(query.words()[0].chars().count(), terms::MAX_WORD_CHARS);
    }

    proptest! {
        /// Brackets balance and only lexemes are quoted, whatever was typed.
        #[test]
        fn any_text_is_a_query(text in "(\\PC|\"|-|OR| |\\||\\(|\\)|'|\\\\|a|\0){0,80}") {
            let (meant, without) = compile(&text);
            for tsquery in [meant, without] {
                let mut depth = 0;
                for c in tsquery.chars() {
                    depth += i32::from(c == '(') - i32::from(c == ')');
                    prop_assert!(depth >= 0);
                    prop_assert!(c != '\0' && c != '\\');
                }
                prop_assert_eq!(depth, 0);
                prop_assert_eq!(tsquery.matches('\'').count() % 2, 0);
            }
        }

        /// No word that is asked for gets lost.
        #[test]
        fn plain_words_are_all_asked_for(words in prop::collection::vec("[b-z]{4,9}", 1..20)) {
            let query = Query::parse(&words.join(" "));
            prop_assert_eq!(query.clauses.len(), words.len());
        }
    }
}
