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
    let lower = text.to_ascii_lowercase();
    let mut at = 0;
    while let Some(from) = find(&lower, at, starts_word) {
        let to = find(&lower, from, |c| !goes_on(c)).unwrap_or(lower.len());
        let run = &lower[from..to];
        if !run.is_ascii() {
            // What is lower case beyond ASCII may fall apart: "İ" is two characters.
            run.to_lowercase()
                .split(|c| !goes_on(c))
                .for_each(|word| take_word(word.trim_start_matches(['+', '#']), take));
        } else if run.len() > 1 {
            take(run);
        }
        at = to;
    }
}

fn starts_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn goes_on(c: char) -> bool {
    starts_word(c) || c == '+' || c == '#'
}

/// Where the first such character from a place on stands. Most characters are ASCII and
/// need not be put together from bytes.
fn find(text: &str, from: usize, is_such: impl Fn(char) -> bool) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut at = from;
    while let Some(&byte) = bytes.get(at) {
        let c = match byte.is_ascii() {
            true => char::from(byte),
            false => text[at..].chars().next()?,
        };
        if is_such(c) {
            return Some(at);
        }
        at += c.len_utf8();
    }
    None
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
    use proptest::prelude::*;

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

    /// The definition, word for word.
    fn by_definition(text: &str) -> Vec<String> {
        let lower = text.to_lowercase();
        lower
            .split(|c: char| !(c.is_alphanumeric() || "_+#".contains(c)))
            .map(|run| run.trim_start_matches(['+', '#']).to_owned())
            .filter(|word| word.chars().count() > 1)
            .collect()
    }

    proptest! {
        #[test]
        fn words_are_those_of_the_definition(text in "[aBz0_+# .’Äéİß中̇-]{0,40}") {
            prop_assert_eq!(words(&text), by_definition(&text));
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
