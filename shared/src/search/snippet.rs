//! A piece of an ad around the words that were asked for.

use std::collections::BTreeSet;

use super::{
    language::Language,
    plain::plain_text,
    terms::{self, Reading, Word},
};

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
    let words = terms::words(&plain, Reading::Ad(Language::English));
    let hits: Vec<&Word> = words.iter().filter(|word| is_hit(word, stems)).collect();
    let (start, end) = window(&plain, &words, &hits);
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
fn window(text: &str, words: &[Word], hits: &[&Word]) -> (usize, usize) {
    let reach = |from: usize| {
        let mut end = from;
        for word in words.iter().filter(|word| word.start >= from) {
            if text[from..word.end].chars().count() > CHARS {
                break;
            }
            end = word.end;
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
            let at = words.partition_point(|word| word.start < hit);
            at.saturating_sub(6)
        }
        None => 0,
    };
    let start = words.get(first).map_or(0, |word| word.start);
    let start = if first == 0 {
        text.len() - text.trim_start().len()
    } else {
        start
    };
    let end = reach(start).max(start);
    let end = if words.last().is_some_and(|last| last.end == end) {
        // The text's last stop belongs to it.
        text.trim_end().len().min(end + 3).max(end)
    } else {
        end
    };
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
