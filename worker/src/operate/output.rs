//! Standard output: tables for people, JSON for programs.

use std::{
    fmt::Display,
    io::{self, Write},
};

use chrono::{DateTime, Utc};
use jobboard_shared::{queue::operate::words, startup::StartError};
use serde::Serialize;
use serde_json::json;

/// A line, or several. Nobody may be listening.
pub(super) fn say(line: impl Display) {
    let mut out = io::stdout().lock();
    let line = harmless(&line.to_string());
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}

/// Errors hold what strangers have said, mail servers above all: a terminal must not
/// take it for orders.
fn harmless(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for char in text.chars() {
        if char.is_control() && char != '\n' {
            out.extend(char.escape_default());
        } else {
            out.push(char);
        }
    }
    out
}

pub(super) fn say_json(value: &impl Serialize) -> Result<(), StartError> {
    let text = serde_json::to_string_pretty(value)
        .map_err(|error| StartError::Other(error.to_string()))?;
    say(text);
    Ok(())
}

/// As the API says lists.
pub(super) fn say_results<T: Serialize>(results: &[T]) -> Result<(), StartError> {
    say_json(&json!({ "results": results }))
}

/// Rows under a heading, in columns as wide as they need to be.
pub(super) fn say_table<const N: usize>(heading: [&str; N], rows: &[[String; N]]) {
    if rows.is_empty() {
        say("none");
        return;
    }
    let width = |column: usize| {
        let cells = rows.iter().map(|row| row[column].chars().count());
        cells
            .chain([heading[column].chars().count()])
            .max()
            .unwrap_or(0)
    };
    let widths: [usize; N] = std::array::from_fn(width);
    let line = |cells: [&str; N]| {
        let padded: Vec<_> = cells
            .iter()
            .zip(widths)
            .map(|(cell, width)| format!("{cell:<width$}"))
            .collect();
        padded.join("  ").trim_end().to_owned()
    };
    say(line(heading));
    for row in rows {
        say(line(std::array::from_fn(|column| row[column].as_str())));
    }
}

pub(super) fn time(time: DateTime<Utc>) -> String {
    time.format("%Y-%m-%d %H:%M:%SZ").to_string()
}

pub(super) fn time_or_dash(at: Option<DateTime<Utc>>) -> String {
    at.map_or_else(dash, time)
}

pub(super) fn seconds_or_dash(seconds: Option<f64>) -> String {
    seconds.map_or_else(dash, words::duration)
}

pub(super) fn dash() -> String {
    "-".to_owned()
}

/// One line of at most so many characters.
pub(super) fn short(text: &str, most: usize) -> String {
    let line = text.lines().next().unwrap_or_default();
    if line.chars().count() <= most {
        return line.to_owned();
    }
    let cut: String = line.chars().take(most.saturating_sub(1)).collect();
    format!("{cut}\u{2026}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_command_a_terminal_is_shown_instead() {
        let said = "550 \u{1b}]0;owned\u{7}no\tsuch\nmailbox \u{9b}2J";
        assert_eq!(
            harmless(said),
            "550 \\u{1b}]0;owned\\u{7}no\\tsuch\nmailbox \\u{9b}2J"
        );
    }
}
