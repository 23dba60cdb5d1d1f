//! A piece of an ad around the words that were asked for.

use std::collections::BTreeSet;

use super::{
    language::Language,
    terms::{Reading, Runs, Word},
};
use crate::plain_text::plain_text;

const CHARS: usize = 220;
/// The ad's start says enough; reading all of a long one costs more than it tells.
const MAX_BYTES: usize = 20_000;
/// What a stemmer may have taken off a word.
const LONGEST_ENDING: usize = 6;

/// Safe HTML: the text is escaped, and what was asked for stands in `<mark>`.
/// The part of the text with most of it is chosen, else its beginning.
pub(super) fn snippet(text: &str, stems: &BTreeSet<String>) -> String {
    let end = text.floor_char_boundary(MAX_BYTES);
    let plain = plain_text(&text[..end]);
    let plain = plain.trim();
    let runs = Runs::of(plain);
    let begins_a_stem = |c: char| stems.iter().any(|stem| stem.starts_with(c));
    let mut hits = runs.words_beginning(Reading::Ad(Language::English), begins_a_stem);
    hits.retain(|word| is_hit(word, stems));
    let (start, end) = window(plain, runs.spans(), &hits);
    let mut html = String::with_capacity(end - start + 64);
    if start > 0 {
        html.push('…');
    }
    let mut at = start;
    for hit in hits
        .iter()
        .filter(|hit| hit.start >= start && hit.end <= end)
    {
        escape(&plain[at..hit.start], &mut html);
        html.push_str("<mark>");
        escape(&plain[hit.start..hit.end], &mut html);
        html.push_str("</mark>");
        at = hit.end;
    }
    escape(&plain[at..end], &mut html);
    let mut html = html.trim_end().to_owned();
    if end < plain.len() {
        html.push('…');
    }
    html
}

fn is_hit(word: &Word, stems: &BTreeSet<String>) -> bool {
    stems.iter().any(|stem| {
        word.text.strip_prefix(stem.as_str()).is_some_and(|ending| {
            ending.is_empty() || stem.len() > 2 && ending.len() <= LONGEST_ENDING
        })
    })
}

/// The bytes from a word's start to a word's end with the most different hits.
fn window(text: &str, words: &[(usize, usize)], hits: &[Word]) -> (usize, usize) {
    let reach = |from: usize| {
        let mut end = from;
        for &(_, last) in words.iter().filter(|(start, _)| *start >= from) {
            if text[from..last].chars().count() > CHARS {
                break;
            }
            end = last;
        }
        end
    };
    let best = hits
        .iter()
        .take(50)
        .map(|hit| {
            let end = hit.start + CHARS;
            let inside: BTreeSet<&str> = hits
                .iter()
                .filter(|other| other.start >= hit.start && other.end <= end)
                .map(|other| other.text.as_str())
                .collect();
            (inside.len(), hit.start)
        })
        // The first of equals.
        .rev()
        .max_by_key(|(count, _)| *count);
    // A few words before the first hit tell what it is about.
    let first = match best {
        Some((_, hit)) => {
            let at = words.partition_point(|(start, _)| *start < hit);
            at.saturating_sub(6)
        }
        None => 0,
    };
    let start = match first {
        0 => 0,
        first => words.get(first).map_or(0, |(start, _)| *start),
    };
    let mut end = reach(start).max(start);
    // The signs of "C++" are of no run.
    if let Some(last) = hits.iter().rfind(|hit| hit.start < end) {
        end = end.max(last.end);
    }
    if words.last().is_none_or(|(_, last)| *last <= end) {
        // The signs after the last word belong to it, up to a point.
        end = text.len().min(end + 3);
    }
    (start, text.ceil_char_boundary(end))
}

fn escape(text: &str, html: &mut String) {
    let mut space = false;
    for c in text.chars() {
        if c.is_whitespace() || c.is_control() {
            space = true;
            continue;
        }
        if std::mem::take(&mut space) && !html.is_empty() {
            html.push(' ');
        }
        match c {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            c => html.push(c),
        }
    }
    if space {
        html.push(' ');
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn stems(words: &[&str]) -> BTreeSet<String> {
        words.iter().map(|word| (*word).to_owned()).collect()
    }

    #[test]
    fn hits_are_marked_and_all_else_is_escaped() {
        let html = snippet(
            "<p>We write <b>C++</b> &amp; \"Python\" in pythonic ways, not in <script>evil()</script>pythonically.</p>",
            &stems(&["python", "cplusplus"]),
        );
        assert_eq!(
            html,
            "We write <mark>C++</mark> &amp; &quot;<mark>Python</mark>&quot; in \
             <mark>pythonic</mark> ways, not in <mark>pythonically</mark>."
        );
    }

    #[test]
    fn the_part_with_most_words_is_shown() {
        let text = format!(
            "Django. {} Here Python meets Django and more. {}",
            "Other things. ".repeat(50),
            "More things. ".repeat(50)
        );
        let html = snippet(&text, &stems(&["python", "django"]));
        assert!(html.starts_with('…') && html.ends_with('…'), "{html}");
        assert!(html.contains("<mark>Python</mark> meets <mark>Django</mark>"));
        assert!(html.len() < 400);
        assert!(snippet(&text, &stems(&[])).starts_with("Django. Other"));
        assert_eq!(snippet("", &stems(&["x"])), "");
    }

    #[test]
    fn signs_at_the_end_of_what_is_shown_are_marked_too() {
        for filler in 1..40 {
            let filler = format!("{}{}", "word ".repeat(37), "x".repeat(filler));
            let text = format!("C++ {filler} C++ {}", "word ".repeat(42));
            let html = snippet(&text, &stems(&["cplusplus"]));
            assert!(
                html.matches('C').count() == html.matches("<mark>C++</mark>").count(),
                "{html}"
            );
        }
    }

    #[test]
    fn short_stems_match_whole_words_only() {
        assert_eq!(snippet("an ad in it", &stems(&["a", "i"])), "an ad in it");
    }

    proptest! {
        #[test]
        fn nothing_but_marks_is_markup(
            text in "(\\PC|<|>|&|\"|'|python|é|\u{301}|\n){0,300}",
            stem in prop::option::of("[a-zé]{1,6}"),
        ) {
            let mut wanted = stems(&["python"]);
            wanted.extend(stem);
            let html = snippet(&text, &wanted);
            let bare = html.replace("<mark>", "").replace("</mark>", "");
            prop_assert!(!bare.contains(['<', '>', '"', '\'']));
            prop_assert_eq!(html.matches("<mark>").count(), html.matches("</mark>").count());
        }
    }
}
