//! What the words of a mail are written with, so that one source serves as HTML and as
//! text: paragraphs are parted by empty lines, and everything else is a call.

use chrono::NaiveDate;
use minijinja::{AutoEscape, Environment, Error, ErrorKind, State, escape_formatter, value::Value};

use super::Language;

/// Teaches the environment to print and to mark up.
///
/// What facts say is printed on one line and, in HTML, escaped. Only [`quote`] keeps
/// lines, and marks them as somebody's.
pub(super) fn add_to(environment: &mut Environment<'static>) {
    environment.set_formatter(|out, state, value| match value.as_str() {
        Some(text) if !value.is_safe() => {
            let line = one_line(text, usize::MAX);
            let shown = if is_html(state) { escape(&line) } else { line };
            escape_formatter(out, state, &Value::from_safe_string(shown))
        }
        _ => escape_formatter(out, state, value),
    });
    environment.add_filter("strong", strong);
    environment.add_filter("paragraphs", paragraphs);
    environment.add_function("button", button);
    environment.add_filter("day", day);
    environment.add_function("heading", heading);
    environment.add_function("link", link);
    environment.add_function("quote", quote);
    environment.add_function("table", table);
    environment.add_function("item", item);
}

fn is_html(state: &State<'_, '_>) -> bool {
    matches!(state.auto_escape(), AutoEscape::Html)
}

/// Safe between tags and in attributes.
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c => escaped.push(c),
        }
    }
    escaped
}

/// The text with each run of white space and control characters as one space,
/// cut to `max` characters. Nothing in it can begin a header or a paragraph.
pub(super) fn one_line(text: &str, max: usize) -> String {
    let line = text
        .split(|c: char| c.is_whitespace() || c.is_control())
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ");
    match line.char_indices().nth(max) {
        None => line,
        Some(_) => {
            let kept: String = line.chars().take(max - 1).collect();
            format!("{}…", kept.trim_end())
        }
    }
}

/// `{{ job_title|strong }}`
fn strong(state: &State<'_, '_>, text: &str) -> Value {
    let line = one_line(text, usize::MAX);
    Value::from_safe_string(if is_html(state) {
        format!("<strong>{}</strong>", escape(&line))
    } else {
        line
    })
}

/// `{{ button("Your application", site.url ~ "/api/applications/" ~ id ~ "/") }}`
fn button(state: &State<'_, '_>, label: &str, url: &str) -> Value {
    let (label, url) = (one_line(label, usize::MAX), one_line(url, usize::MAX));
    Value::from_safe_string(if is_html(state) {
        let (label, url) = (escape(&label), escape(&url));
        format!("\n\n<p><a class=\"action\" href=\"{url}\">{label}</a></p>\n\n")
    } else {
        format!("\n\n{label}:\n\n{url}\n\n")
    })
}

/// `{{ from|day }}`: a day such as `2026-11-16` as the mail's language writes it.
fn day(state: &State<'_, '_>, text: &str) -> Result<String, Error> {
    let wrong = || {
        Error::new(
            ErrorKind::InvalidOperation,
            format!("{text:?} is not a day"),
        )
    };
    let day = text.parse::<NaiveDate>().map_err(|_| wrong())?;
    let language = state.lookup("language").unwrap_or_default();
    let language = language
        .as_str()
        .and_then(|name| name.parse::<Language>().ok());
    Ok(language.unwrap_or_default().day(day))
}

/// `{{ link("Stop this alert", url) }}`: one that matters less than a button.
fn link(state: &State<'_, '_>, label: &str, url: &str) -> Value {
    let (label, url) = (one_line(label, usize::MAX), one_line(url, usize::MAX));
    Value::from_safe_string(if is_html(state) {
        let (label, url) = (escape(&label), escape(&url));
        format!("\n\n<p><a href=\"{url}\">{label}</a></p>\n\n")
    } else {
        format!("\n\n{label}: {url}\n\n")
    })
}

/// `{{ heading(alert.name) }}`: above a part of the mail.
fn heading(state: &State<'_, '_>, text: &str) -> Value {
    let line = one_line(text, usize::MAX);
    Value::from_safe_string(if is_html(state) {
        format!("\n\n<h2>{}</h2>\n\n", escape(&line))
    } else {
        format!("\n\n{line}:\n\n")
    })
}

/// `{{ quote(message) }}`: somebody's own words, with their lines.
fn quote(state: &State<'_, '_>, text: &str) -> Value {
    let lines = text
        .trim()
        .split(['\n', '\u{2028}', '\u{2029}'])
        .map(|line| one_line(line, usize::MAX));
    Value::from_safe_string(if is_html(state) {
        let lines: Vec<_> = lines.map(|line| escape(&line)).collect();
        format!("\n\n<blockquote>{}</blockquote>\n\n", lines.join("<br>"))
    } else {
        let lines: Vec<_> = lines.map(|line| format!("> {line}")).collect();
        format!("\n\n{}\n\n", lines.join("\n"))
    })
}

/// `{{ table([["New jobs", created], ["Updated", updated]]) }}`
fn table(state: &State<'_, '_>, rows: Vec<Vec<Value>>) -> Value {
    let cell = |row: &Vec<Value>, at: usize| {
        let text = row.get(at).map(ToString::to_string);
        one_line(&text.unwrap_or_default(), usize::MAX)
    };
    let rows = rows.iter().map(|row| (cell(row, 0), cell(row, 1)));
    Value::from_safe_string(if is_html(state) {
        let rows: String = rows
            .map(|(label, value)| {
                let (label, value) = (escape(&label), escape(&value));
                format!("<tr><td>{label}</td><td class=\"number\">{value}</td></tr>\n")
            })
            .collect();
        format!("\n\n<table>\n{rows}</table>\n\n")
    } else {
        let rows: Vec<_> = rows.collect();
        let longest = rows.iter().map(|(label, _)| label.chars().count());
        let width = longest.max().unwrap_or(0) + 1;
        let lines: Vec<_> = rows
            .iter()
            .map(|(label, value)| format!("{:<width$} {value}", format!("{label}:")))
            .collect();
        format!("\n\n{}\n\n", lines.join("\n"))
    })
}

/// `{{ item(job.title, url, "Brush Brothers, Berlin") }}`: one of a list, with where it
/// is and what is said of it, which may be empty.
fn item(state: &State<'_, '_>, title: &str, url: &str, detail: &str) -> Value {
    let [title, url, detail] = [title, url, detail].map(|text| one_line(text, usize::MAX));
    Value::from_safe_string(if is_html(state) {
        let [title, url, detail] = [title, url, detail].map(|text| escape(&text));
        let detail = match detail.as_str() {
            "" => String::new(),
            detail => format!("<br>{detail}"),
        };
        format!("\n\n<p class=\"item\"><a href=\"{url}\">{title}</a>{detail}</p>\n\n")
    } else {
        let lines: Vec<_> = [title, detail, url]
            .into_iter()
            .filter(|line| !line.is_empty())
            .collect();
        format!("\n\n{}\n\n", lines.join("\n"))
    })
}

/// What stands between empty lines, each as a paragraph.
fn paragraphs(state: &State<'_, '_>, text: &str) -> Result<Value, Error> {
    let html = is_html(state);
    let mut made: Vec<String> = Vec::new();
    let mut lines: Vec<&str> = Vec::new();
    for line in text.lines().map(str::trim).chain([""]) {
        if !line.is_empty() {
            lines.push(line);
            continue;
        }
        let is_marked_up = lines.first().is_some_and(|line| {
            ["<p", "<h2", "<blockquote", "<table"]
                .iter()
                .any(|tag| line.starts_with(tag))
        });
        match (lines.is_empty(), html) {
            (true, _) => {}
            (false, true) if !is_marked_up => made.push(format!("<p>{}</p>", lines.join(" "))),
            (false, _) => made.push(lines.join("\n")),
        }
        lines.clear();
    }
    let between = if html { "\n" } else { "\n\n" };
    Ok(Value::from_safe_string(made.join(between)))
}
