//! From fields to tokens, the same for jobs and users.

use std::collections::HashMap;

/// Stands in the location block of jobs that can be done from anywhere.
pub const REMOTE: &str = "remote";

/// Lower-case words of two or more characters; `+` and `#` may follow the first
/// one, so that "C++" and "C#" are words. As the token pattern of scikit-learn's
/// vectorizers: `(?u)\b\w[\w+#]+`.
pub fn words(text: &str) -> Vec<String> {
    collected(|take| each_word(text, take))
}

/// Tells `take` each of the [`words`].
pub fn each_word(text: &str, take: &mut dyn FnMut(&str)) {
    let lower = text.to_lowercase();
    if lower.is_ascii() {
        return each_ascii_word(&lower, take);
    }
    let mut start = None;
    for (at, c) in lower.char_indices() {
        let in_word = c.is_alphanumeric() || c == '_';
        match start {
            None if in_word => start = Some(at),
            Some(from) if !in_word && c != '+' && c != '#' => {
                take_word(&lower[from..at], take);
                start = None;
            }
            _ => {}
        }
    }
    if let Some(from) = start {
        take_word(&lower[from..], take);
    }
}

/// The same words, found twice as fast.
fn each_ascii_word(lower: &str, take: &mut dyn FnMut(&str)) {
    let mut start = None;
    for (at, c) in lower.bytes().enumerate() {
        let in_word = c.is_ascii_alphanumeric() || c == b'_';
        match start {
            None if in_word => start = Some(at),
            Some(from) if !in_word && c != b'+' && c != b'#' => {
                if at - from > 1 {
                    take(&lower[from..at]);
                }
                start = None;
            }
            _ => {}
        }
    }
    if let Some(from) = start {
        take_word(&lower[from..], take);
    }
}

fn take_word(word: &str, take: &mut dyn FnMut(&str)) {
    if word.chars().nth(1).is_some() {
        take(word);
    }
}

fn collected(tell: impl FnOnce(&mut dyn FnMut(&str))) -> Vec<String> {
    let mut tokens = Vec::new();
    tell(&mut |token| tokens.push(token.to_owned()));
    tokens
}

/// Words of a long text that may hold HTML.
pub fn long_text(text: &str) -> Vec<String> {
    collected(|take| each_word_of_long_text(text, take))
}

/// Tells `take` each word of [`long_text`].
pub fn each_word_of_long_text(text: &str, take: &mut dyn FnMut(&str)) {
    if text.contains('<') {
        each_word(&without_tags(text), take);
    } else {
        each_word(text, take);
    }
}

fn without_tags(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(open) = rest.find('<') {
        let (before, from) = rest.split_at(open);
        plain.push_str(before);
        let is_tag = from[1..].starts_with(|c: char| c.is_ascii_alphabetic() || c == '/');
        match from.find('>').filter(|_| is_tag) {
            Some(close) => {
                plain.push(' ');
                rest = &from[close + 1..];
            }
            None => {
                plain.push('<');
                rest = &from[1..];
            }
        }
    }
    plain.push_str(rest);
    plain
}

/// Words and pairs of neighbouring words of each part between commas: "New York,
/// USA" is `new`, `york`, `new york`, `usa`. A pair sets New York apart from York.
pub fn place(location: &str) -> Vec<String> {
    let mut tokens = Vec::new();
    for part in location.split([',', ';', '/', '|']) {
        let words = words(part);
        tokens.extend(words.windows(2).map(|pair| pair.join(" ")));
        tokens.extend(words);
    }
    tokens
}

/// One token for a whole name or slug: "Software Development" and
/// "software-development" are the same.
pub fn label(name: &str) -> String {
    words(name).join(" ")
}

/// How often each token stands there.
pub fn counts<'a>(tokens: &'a [String]) -> HashMap<&'a str, u32> {
    let mut counts: HashMap<&'a str, u32> = HashMap::new();
    for token in tokens {
        *counts.entry(token).or_default() += 1;
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_lower_case_and_at_least_two_characters_long() {
        assert_eq!(
            words("Senior C++/C# Developer (m/f/d), R & Go – Übersetzer 2x"),
            ["senior", "c++", "c#", "developer", "go", "übersetzer", "2x"]
        );
        assert!(words(" - + # ").is_empty());
    }

    #[test]
    fn a_letter_beyond_ascii_changes_no_other_word() {
        for text in [
            "C++ and a_b, _x 7 7z c#",
            "+a# b",
            "x",
            "",
            "tail_",
            "##no++ yes",
        ] {
            let mut all = words(&format!("{text} ü"));
            assert_eq!(all, words(text), "{text}");
            all = words(&format!("é {text}"));
            assert_eq!(all, words(text), "{text}");
        }
    }

    #[test]
    fn tags_are_no_words() {
        assert_eq!(
            long_text("<p class=\"x\">Build &amp; run</p><br/>a < b <3 it"),
            ["build", "amp", "run", "it"]
        );
        assert_eq!(long_text("open <b"), ["open"]);
    }

    #[test]
    fn places_have_pairs_within_their_parts_only() {
        assert_eq!(
            place("New York, NY"),
            ["new york", "new", "york", "ny"].map(str::to_owned)
        );
    }
}
