//! The readable form of a name in an address.

use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// Lower case words joined by hyphens: "Customer Support" gives
/// `customer-support`, "Café" `cafe`. What tells names apart is spelled out, so
/// that "C", "C++", "C#" and ".NET" stay four: `c`, `c-plus-plus`, `c-sharp`,
/// `dot-net`. Letters without an ASCII form are kept. Empty where the name has
/// neither letter nor digit. A slug is its own slug.
pub fn slug(name: &str) -> String {
    let mut slug = Builder::default();
    let mut previous = ' ';
    let mut chars = name.nfkd().filter(|c| !is_combining_mark(*c)).peekable();
    while let Some(c) = chars.next() {
        let next_is_word = chars.peek().is_some_and(|next| next.is_alphanumeric());
        match c {
            '+' => slug.word("plus"),
            '#' if is_word_end(previous) => slug.word("sharp"),
            '&' => slug.word("and"),
            '.' if next_is_word && previous.is_whitespace() => slug.word("dot"),
            // An apostrophe belongs to its word.
            '\'' | '’' => {}
            c if c.is_alphanumeric() => slug.letter(c),
            _ => slug.gap = true,
        }
        previous = c;
    }
    slug.text
}

fn is_word_end(c: char) -> bool {
    c.is_alphanumeric() || c == '#' || c == '+'
}

#[derive(Default)]
struct Builder {
    text: String,
    gap: bool,
}

impl Builder {
    fn letter(&mut self, c: char) {
        if self.gap && !self.text.is_empty() {
            self.text.push('-');
        }
        self.gap = false;
        // Lower-casing may bring new combining marks ("İ"), hence the filter.
        for lower in c.to_lowercase().filter(|c| c.is_alphanumeric()) {
            match lower {
                'ß' => self.text.push_str("ss"),
                'æ' => self.text.push_str("ae"),
                'œ' => self.text.push_str("oe"),
                'ø' => self.text.push('o'),
                'đ' | 'ð' => self.text.push('d'),
                'ł' => self.text.push('l'),
                'þ' => self.text.push_str("th"),
                'ı' => self.text.push('i'),
                other => self.text.push(other),
            }
        }
    }

    fn word(&mut self, word: &str) {
        self.gap = true;
        for c in word.chars() {
            self.letter(c);
        }
        self.gap = true;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::slug;

    #[test]
    fn names_that_differ_in_signs_keep_different_slugs() {
        for (name, expected) in [
            ("C", "c"),
            ("c++", "c-plus-plus"),
            ("C#", "c-sharp"),
            (".NET", "dot-net"),
            ("ASP.NET", "asp-net"),
            ("Node.js", "node-js"),
            ("R&D", "r-and-d"),
            ("C++17", "c-plus-plus-17"),
            ("#1 in town", "1-in-town"),
        ] {
            assert_eq!(slug(name), expected, "{name}");
        }
    }

    #[test]
    fn words_are_joined_and_accents_dropped() {
        for (name, expected) in [
            ("  Customer   Support ", "customer-support"),
            ("Café Zürich", "cafe-zurich"),
            ("Straße", "strasse"),
            ("Łódź", "lodz"),
            ("Levi's", "levis"),
            ("日本 語", "日本-語"),
            ("---", ""),
            ("", ""),
        ] {
            assert_eq!(slug(name), expected, "{name}");
        }
    }

    proptest! {
        #[test]
        fn a_slug_is_its_own_slug(name in "\\PC{0,60}") {
            let once = slug(&name);
            prop_assert_eq!(slug(&once), once);
        }

        #[test]
        fn a_slug_has_words_and_single_hyphens_only(name in "\\PC{0,60}") {
            let slug = slug(&name);
            prop_assert!(slug.chars().all(|c| c == '-' || c.is_alphanumeric()), "{}", slug);
            prop_assert!(!slug.starts_with('-') && !slug.ends_with('-') && !slug.contains("--"), "{}", slug);
        }

        #[test]
        fn an_ascii_name_gives_what_the_schema_accepts(name in "[ -~]{0,60}") {
            prop_assert!(slug(&name).chars().all(|c| c == '-' || c.is_ascii_lowercase() || c.is_ascii_digit()));
        }
    }
}
