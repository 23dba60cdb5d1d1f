//! SQL of suggestions.

use sqlx::PgConnection;

use crate::search::suggest::{Suggestion, SuggestionKind};

/// Reads a bounded piece of each index from `start` on, so that one letter costs
/// no more than a word.
pub(in crate::search) async fn suggestions(
    conn: &mut PgConnection,
    start: &str,
) -> sqlx::Result<Vec<Suggestion>> {
    sqlx::query_as!(
        Suggestion,
        r#"(select 'title' as "kind!: SuggestionKind", min(title) as "text!"
            from (
                select title from jobs
                where is_live(jobs, (select app_now()))
                  and lower(title) ~>=~ $1 and lower(title) ~<~ ($1 || chr(1114111))
                limit 500
            ) begun
            group by lower(title) order by count(*) desc, length(lower(title)), lower(title) limit 5)
           union all
           (select 'skill', name
            from (
                select name, popularity_score from skills
                where lower(name) ~>=~ $1 and lower(name) ~<~ ($1 || chr(1114111))
                limit 500
            ) begun
            order by popularity_score desc, length(name), name limit 3)
           union all
           (select 'company', name
            from (
                select name from companies
                where lower(name) ~>=~ $1 and lower(name) ~<~ ($1 || chr(1114111))
                limit 500
            ) begun
            order by length(name), name limit 2)"#,
        start
    )
    .fetch_all(conn)
    .await
}
