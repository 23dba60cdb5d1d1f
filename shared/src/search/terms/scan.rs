//! What a run of letters and digits is with the signs around it: a word, a name with
//! signs, or the beginning of one of several runs.

use super::{MAX_WORD_CHARS, Reading, fold};

/// Spellings of one thing, after the signs were written out.
const SAME: &[(&str, &str)] = &[
    ("cpp", "cplusplus"),
    ("reactjs", "react"),
    ("vuejs", "vue"),
    ("emberjs", "ember"),
];

/// After "go", these make it the verb.
const GO_ON: &[&str] = &[
    "to", "live", "beyond", "above", "ahead", "out", "the", "home", "on", "through", "for", "into",
    "where", "further", "forward", "back", "up", "down", "about", "online", "with", "a", "an",
    "far", "hand", "getter", "green", "digital", "direct", "and", "from", "in", "over", "round",
];

/// One step over the runs of a text.
#[derive(Clone, Copy)]
pub(super) struct Scan<'a> {
    pub(super) text: &'a str,
    pub(super) spans: &'a [(usize, usize)],
    pub(super) at: usize,
    pub(super) reading: Reading,
}

impl<'a> Scan<'a> {
    /// The first letter of the word that starts here and how many runs it takes, where
    /// that can be seen without reading it.
    pub(super) fn skim(self) -> Option<(char, usize)> {
        let raw = self.raw(self.at);
        let initial = raw.bytes().next().filter(u8::is_ascii)?;
        let is_net = raw
            .get(..3)
            .is_some_and(|head| head.eq_ignore_ascii_case("net"));
        if raw.len() == 1 || is_net {
            return None;
        }
        let taken = if self.is_js() { 2 } else { 1 };
        Some((char::from(initial.to_ascii_lowercase()), taken))
    }

    /// The word that starts here, and how many runs it takes.
    pub(super) fn read(self) -> (String, usize) {
        if let Some(taken) = self.dotted_letters() {
            let joined = (self.at..self.at + taken)
                .map(|i| self.raw(i))
                .collect::<String>();
            return (self.named(fold(&joined), self.at + taken - 1), taken);
        }
        if self.is_letter(self.at)
            && self.is_letter(self.at + 1)
            && self.after(self.at).trim() == "&"
        {
            let (first, second) = (fold(self.raw(self.at)), fold(self.raw(self.at + 1)));
            return (format!("{first}and{second}"), 2);
        }
        let mut word = fold(self.raw(self.at));
        if let Some(sign) = self.sign(&word) {
            word.push_str(sign);
            return (word, 1);
        }
        if self.is_js() {
            word.push_str("js");
            return (same(cut(word)), 2);
        }
        if self.is_dotnet(&word) {
            return (word.replacen("net", "dotnet", 1), 1);
        }
        (self.named(word, self.at), 1)
    }

    fn raw(self, at: usize) -> &'a str {
        self.spans
            .get(at)
            .map_or("", |&(start, end)| &self.text[start..end])
    }

    /// "node.js".
    fn is_js(self) -> bool {
        self.after(self.at) == "."
            && self.raw(self.at + 1).eq_ignore_ascii_case("js")
            && self.raw(self.at).chars().any(char::is_alphabetic)
    }

    /// What stands between the run before and run `at`.
    fn before(self, at: usize) -> &'a str {
        let from = match at.checked_sub(1) {
            Some(previous) => self.spans[previous].1,
            None => 0,
        };
        &self.text[from..self.spans[at].0]
    }

    /// What stands between run `at` and the next.
    fn after(self, at: usize) -> &'a str {
        let to = self
            .spans
            .get(at + 1)
            .map_or(self.text.len(), |next| next.0);
        &self.text[self.spans[at].1..to]
    }

    fn is_letter(self, at: usize) -> bool {
        let mut chars = self.raw(at).chars();
        matches!((chars.next(), chars.next()), (Some(c), None) if c.is_alphabetic())
    }

    /// "U.S." and "A.I." are words of letters with dots between them.
    fn dotted_letters(self) -> Option<usize> {
        let mut last = self.at;
        while self.is_letter(last) && self.after(last) == "." && self.is_letter(last + 1) {
            last += 1;
        }
        (last > self.at).then(|| last - self.at + 1)
    }

    /// The written-out sign that belongs to the word: c++, notepad++, c#, a+.
    fn sign(self, word: &str) -> Option<&'static str> {
        if !word.chars().all(char::is_alphabetic) {
            return None;
        }
        let after = self.after(self.at);
        let one_letter = self.is_letter(self.at);
        if after.starts_with("++") {
            Some("plusplus")
        } else if one_letter && after.starts_with(['#', '♯']) {
            Some("sharp")
        } else if one_letter && after.starts_with('+') && after.len() > 1
            || one_letter && after == "+" && self.at + 1 == self.spans.len()
        {
            Some("plus")
        } else {
            None
        }
    }

    /// How much of what follows was written out in `word`.
    pub(super) fn sign_bytes(self, word: &str) -> usize {
        let after = self.after(self.at);
        match after.chars().next() {
            Some('+') if word.ends_with("plusplus") => 2,
            Some('+') if self.is_letter(self.at) && word.ends_with("plus") => 1,
            Some(sign @ ('#' | '♯')) if word.ends_with("sharp") => sign.len_utf8(),
            _ => 0,
        }
    }

    /// ".net", ".NET8", "asp.net"; not "example.net".
    fn is_dotnet(self, word: &str) -> bool {
        let Some(version) = word.strip_prefix("net") else {
            return false;
        };
        if !version.chars().all(|c| c.is_ascii_digit()) {
            return false;
        }
        let before = self.before(self.at);
        let Some(rest) = before.strip_suffix('.') else {
            return false;
        };
        if self.at > 0 && rest.is_empty() {
            let parent = fold(self.raw(self.at - 1));
            return matches!(parent.as_str(), "asp" | "vb" | "ado" | "ml");
        }
        !rest.ends_with('.')
    }

    /// Gives the short names their own lexemes, which no stemmer touches and no
    /// stop list holds; `last` is the word's last run.
    fn named(self, word: String, last: usize) -> String {
        let name = match word.as_str() {
            "go" => "golang",
            "r" => "rlang",
            "c" => "clanguage",
            "ai" => "aitech",
            "it" => "infotech",
            _ => return same(cut(word)),
        };
        if self.is_name(&word, last) {
            name.to_owned()
        } else {
            word
        }
    }

    fn is_name(self, word: &str, last: usize) -> bool {
        let (before, after) = (self.before(self.at), self.after(last));
        let joined = |gap: &str| matches!(gap, "-" | "'" | "’" | "‑");
        if word != "ai" && word != "it" && (joined(before) || joined(after)) {
            return false;
        }
        if before == "'" || before == "’" || (word == "c" && before.ends_with('°')) {
            return false;
        }
        let next = fold(self.raw(last + 1));
        if word == "go" && after.trim().is_empty() && GO_ON.contains(&next.as_str()) {
            return false;
        }
        let Reading::Ad(language) = self.reading else {
            return true;
        };
        let raw = self.raw(self.at);
        let capital = raw.chars().next().is_some_and(char::is_uppercase);
        // Alone in a list: "python, go, r".
        let alone =
            |gap: &str, edge: bool| edge || gap.contains(|c: char| ",;/|()&•·:\n".contains(c));
        let listed = alone(before, self.at == 0) && alone(after, last + 1 == self.spans.len());
        match word {
            "go" => capital || listed,
            "it" => raw == "IT" || self.at != last || listed,
            "ai" if language.has_word_ai() => raw == "AI" || self.at != last || listed,
            _ => true,
        }
    }
}

fn cut(word: String) -> String {
    match word.char_indices().nth(MAX_WORD_CHARS) {
        Some((end, _)) => word[..end].to_owned(),
        None => word,
    }
}

fn same(word: String) -> String {
    match SAME.iter().find(|(spelling, _)| *spelling == word) {
        Some((_, canonical)) => (*canonical).to_owned(),
        None => word,
    }
}
