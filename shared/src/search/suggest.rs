//! What to search for, while it is being typed.

use sqlx::PgConnection;

use super::db;
use crate::Result;

/// What a suggestion names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum SuggestionKind {
    Title,
    Skill,
    Company,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Suggestion {
    pub kind: SuggestionKind,
    pub text: String,
}

const MAX_CHARS: usize = 100;

/// At most ten titles, skills and companies that begin with `text`, whatever
/// its case and spacing.
pub async fn suggest(conn: &mut PgConnection, text: &str) -> Result<Vec<Suggestion>> {
    let start: String = text
        .chars()
        .filter(|c| *c != '\0')
        .take(MAX_CHARS)
        .collect();
    let start = start
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
        .to_lowercase();
    if start.is_empty() {
        return Ok(vec![]);
    }
    Ok(db::suggestions(conn, &start).await?)
}
