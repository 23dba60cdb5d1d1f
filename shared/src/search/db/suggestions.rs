//! SQL of suggestions.

use sqlx::PgConnection;

use crate::search::{
    suggest::{Suggestion, SuggestionKind},
    vocabulary::{MANY, Offer},
};

/// The best of what begins so, where that was worked out beforehand.
pub(in crate::search) async fn worked_out(
    conn: &mut PgConnection,
    beginning: &str,
) -> sqlx::Result<Option<Vec<Suggestion>>> {
    let row = sqlx::query!(
        "select kinds, texts from search_beginnings where beginning = $1",
        beginning
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.map(|row| {
        row.kinds
            .into_iter()
            .zip(row.texts)
            .filter_map(|(kind, text)| {
                let kind = SuggestionKind::of_name(&kind)?;
                Some(Suggestion { kind, text })
            })
            .collect()
    }))
}

/// What begins so; all of it, for where there is more it was worked out.
pub(in crate::search) async fn beginning_with(
    conn: &mut PgConnection,
    beginning: &str,
) -> sqlx::Result<Vec<Offer>> {
    sqlx::query_as!(
        Offer,
        r#"select kind as "kind: SuggestionKind", beginning, text, weight
           from search_suggestions
           where beginning >= $1 collate "C" and beginning < ($1 || chr(1114111)) collate "C"
           limit $2"#,
        beginning,
        i64::try_from(MANY).unwrap_or(i64::MAX)
    )
    .fetch_all(conn)
    .await
}
