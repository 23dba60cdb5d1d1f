//! One spelling for all spellings of a name.

use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// A word as looked up, and whether it was written in capitals, which tells the
/// state in `Portland, OR` from the word in "Portland or Seattle".
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Word {
    pub(super) folded: String,
    pub(super) in_capitals: bool,
}

/// The words of `text`: lower case, without accents and punctuation; letters
/// standing alone are joined, so that `N.Y.`, `N Y` and `NY` are one.
pub(super) fn words(text: &str) -> Vec<Word> {
    let mut words: Vec<Word> = Vec::new();
    // Whether the last word consists of letters that stood alone.
    let mut spelled_out = false;
    for part in text.split(|c: char| !(c.is_alphanumeric() || is_joined(c))) {
        let folded = fold_word(part);
        if folded.is_empty() {
            continue;
        }
        let in_capitals = part.chars().all(|c| !c.is_lowercase());
        let alone = folded.len() == 1 && folded.chars().all(char::is_alphabetic);
        match words.last_mut().filter(|_| alone && spelled_out) {
            Some(last) => {
                last.folded.push_str(&folded);
                last.in_capitals &= in_capitals;
            }
            None => words.push(Word {
                folded,
                in_capitals,
            }),
        }
        spelled_out = alone;
    }
    words
}

pub(super) fn join(words: &[Word]) -> String {
    let parts: Vec<&str> = words.iter().map(|word| word.folded.as_str()).collect();
    parts.join(" ")
}

/// The key under which a name is looked up: `München` and `MUNCHEN` are one.
pub fn fold(text: &str) -> String {
    join(&words(text))
}

/// Apostrophes and accents belong to the word: `O'Fallon`, `Côte d'Ivoire`.
fn is_joined(c: char) -> bool {
    matches!(c, '\'' | '’' | '‘' | 'ʻ' | 'ʼ' | '`') || is_combining_mark(c)
}

fn fold_word(word: &str) -> String {
    let mut folded = String::with_capacity(word.len());
    for c in word.nfkd().flat_map(char::to_lowercase) {
        match c {
            'ß' => folded.push_str("ss"),
            'æ' => folded.push_str("ae"),
            'œ' => folded.push_str("oe"),
            'ø' => folded.push('o'),
            'đ' | 'ð' => folded.push('d'),
            'ł' => folded.push('l'),
            'ı' => folded.push('i'),
            'þ' => folded.push_str("th"),
            c if c.is_alphanumeric() && !is_combining_mark(c) => folded.push(c),
            _ => {}
        }
    }
    folded
}
