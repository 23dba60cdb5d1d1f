//! Words of a text as the index and its queries hold them.
//!
//! PostgreSQL's own parser drops the signs of `c++` and `c#`, takes `node.js` for
//! a host and `python/django` for a file, and knows "ai" and "it" as stop words.
//! So texts are cut into words here, the same way for ads and for queries, and
//! the database sees letters and digits only.

use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

use self::scan::Scan;
use super::language::Language;

mod scan;

/// Whose text is read: what a lone "go" or "it" means depends on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reading {
    Ad(Language),
    Query,
}

/// A word and the bytes of the text that it stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    /// Lower case, without accents, at most [`MAX_WORD_CHARS`] characters, none
    /// but letters, digits and marks of scripts that need them.
    pub text: String,
    pub start: usize,
    pub end: usize,
}

/// Longer words are cut: PostgreSQL refuses queries with words over 2 kB.
pub const MAX_WORD_CHARS: usize = 64;

/// The words of `text`, in order.
pub fn words(text: &str, reading: Reading) -> Vec<Word> {
    Runs::of(text).words_beginning(reading, |_| true)
}

/// What words are made of: the runs of letters and digits of a text.
pub struct Runs<'a> {
    text: &'a str,
    spans: Vec<(usize, usize)>,
}

impl<'a> Runs<'a> {
    pub fn of(text: &'a str) -> Self {
        Self {
            text,
            spans: spans(text),
        }
    }

    /// Their bytes, in order.
    pub fn spans(&self) -> &[(usize, usize)] {
        &self.spans
    }

    /// The words with a first letter that is wanted, in order. Most others are not even
    /// read, of which all of a long text would take far longer.
    pub fn words_beginning(&self, reading: Reading, wanted: impl Fn(char) -> bool) -> Vec<Word> {
        let mut words = Vec::new();
        let mut at = 0;
        while at < self.spans.len() {
            let scan = Scan {
                text: self.text,
                spans: &self.spans,
                at,
                reading,
            };
            if let Some((initial, taken)) = scan.skim()
                && !wanted(initial)
            {
                at += taken;
                continue;
            }
            let (text, taken) = scan.read();
            if text.starts_with(&wanted) {
                words.push(Word {
                    end: self.spans[at + taken - 1].1 + scan.sign_bytes(&text),
                    start: self.spans[at].0,
                    text,
                });
            }
            at += taken;
        }
        words
    }
}

/// The words of `text` with a space between them.
pub fn normalize(text: &str, reading: Reading) -> String {
    let mut normal = String::with_capacity(text.len());
    for word in words(text, reading) {
        if !normal.is_empty() {
            normal.push(' ');
        }
        normal.push_str(&word.text);
    }
    normal
}

/// Lower case without accents: "München" and "MUNCHEN" give "munchen".
pub fn fold(word: &str) -> String {
    if word.is_ascii() {
        let letters = word.bytes().filter(u8::is_ascii_alphanumeric);
        return letters
            .map(|b| char::from(b.to_ascii_lowercase()))
            .collect();
    }
    // Only marks of European scripts are accents; those of others are letters.
    let letters: String = word
        .nfkd()
        .filter(|c| is_word_char(*c) && !is_accent(*c))
        .collect();
    let mut folded = String::with_capacity(letters.len());
    for c in letters.nfc().flat_map(char::to_lowercase) {
        match c {
            'ß' => folded.push_str("ss"),
            'æ' => folded.push_str("ae"),
            'œ' => folded.push_str("oe"),
            'þ' => folded.push_str("th"),
            'ø' => folded.push('o'),
            'ł' => folded.push('l'),
            'đ' | 'ð' => folded.push('d'),
            'ı' => folded.push('i'),
            c if is_accent(c) => {}
            c => folded.push(c),
        }
    }
    folded.nfc().collect()
}

fn is_accent(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}' | '\u{20d0}'..='\u{20ff}')
}

fn is_word_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || !c.is_ascii() && (c.is_alphanumeric() || is_combining_mark(c))
}

/// Invisible and inside words: soft hyphens and joiners.
fn is_joiner(c: char) -> bool {
    matches!(
        c,
        '\u{ad}' | '\u{200c}' | '\u{200d}' | '\u{2060}' | '\u{feff}'
    )
}

/// Byte ranges of the runs of word characters; web addresses are no words.
fn spans(text: &str) -> Vec<(usize, usize)> {
    let mut spans = Vec::new();
    let mut start = None;
    let mut skip_to = 0;
    for (at, c) in text.char_indices() {
        if at < skip_to {
            continue;
        }
        if is_word_char(c) || is_joiner(c) {
            if start.is_none() {
                let rest = &text[at..];
                if is_web_address(rest) {
                    skip_to = at + rest.find(char::is_whitespace).unwrap_or(rest.len());
                    continue;
                }
                start = Some(at);
            }
        } else if let Some(start) = start.take() {
            spans.push((start, at));
        }
    }
    if let Some(start) = start {
        spans.push((start, text.len()));
    }
    spans
}

fn is_web_address(text: &str) -> bool {
    ["https://", "http://"].iter().any(|scheme| {
        text.get(..scheme.len())
            .is_some_and(|head| head.eq_ignore_ascii_case(scheme))
    })
}

#[cfg(test)]
mod tests;
