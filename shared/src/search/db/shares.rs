//! How common lexemes are, by what the planner knows.

use std::collections::HashMap;

use sqlx::PgConnection;

use crate::search::standing::TOKEN_MARK;

/// Of a lexeme of which nothing is known: it is not among the thousand most common.
const SHARE_OF_WORD: f64 = 0.0005;
const SHARE_OF_TOKEN: f64 = 0.005;

/// About how many documents have each of the lexemes, 1 being all. Tokens are marked.
pub(in crate::search) async fn shares(
    conn: &mut PgConnection,
    lexemes: &[String],
) -> sqlx::Result<HashMap<String, f64>> {
    let rows = sqlx::query!(
        r#"select known.lexeme as "lexeme!", known.share as "share!"
           from pg_stats s,
                unnest(case s.attname when 'tokens'
                           then (select array_agg($2 || token) from unnest(s.most_common_elems::text::text[]) token)
                           else s.most_common_elems::text::text[] end,
                       s.most_common_elem_freqs) as known (lexeme, share)
           where s.schemaname = current_schema() and s.tablename = 'job_search_documents'
             and s.attname in ('vec', 'tokens') and known.lexeme = any($1)"#,
        lexemes,
        TOKEN_MARK.to_string(),
    )
    .fetch_all(conn)
    .await?;
    let mut shares: HashMap<String, f64> = lexemes
        .iter()
        .map(|lexeme| {
            let is_token = lexeme.starts_with(TOKEN_MARK);
            let share = if is_token {
                SHARE_OF_TOKEN
            } else {
                SHARE_OF_WORD
            };
            (lexeme.clone(), share)
        })
        .collect();
    shares.extend(
        rows.into_iter()
            .map(|row| (row.lexeme, f64::from(row.share))),
    );
    Ok(shares)
}
