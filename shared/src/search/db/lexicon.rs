//! SQL that reads the words of ads.

use std::collections::HashMap;

use sqlx::PgConnection;

use crate::search::lexicon::Known;

/// Of each word those that share one of its keys, the most frequent first, and the
/// word itself where it is known.
pub(in crate::search) async fn words_like(
    conn: &mut PgConnection,
    words: &[&str],
    keys: &[Vec<i32>],
) -> sqlx::Result<Vec<Vec<Known>>> {
    const MOST: i64 = 300;
    let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
    // Arrays of arrays must be square in SQL, so each goes as its text.
    let keys: Vec<String> = keys
        .iter()
        .map(|keys| {
            let keys: Vec<_> = keys.iter().map(i32::to_string).collect();
            format!("{{{}}}", keys.join(","))
        })
        .collect();
    let rows = sqlx::query!(
        r#"select asked.number as "number!", found.word as "word!", found.written as "written!",
                  found.jobs as "jobs!"
           from unnest($1::text[], $2::text[]) with ordinality as asked (word, keys, number),
           lateral (
               (select word, written, jobs from search_words
                where word = asked.word)
               union all
               (select word, written, jobs from search_words
                where keys && asked.keys::int[] and word <> asked.word
                  and length(word) between length(asked.word) - 2 and length(asked.word) + 2
                order by jobs desc, word limit $3)
           ) as found"#,
        &words,
        &keys,
        MOST
    )
    .fetch_all(conn)
    .await?;
    let mut found = vec![vec![]; words.len()];
    for row in rows {
        let number = usize::try_from(row.number - 1).unwrap_or(usize::MAX);
        if let Some(found) = found.get_mut(number) {
            found.push(Known {
                word: row.word,
                written: row.written,
                jobs: row.jobs,
            });
        }
    }
    Ok(found)
}

/// How many jobs have these pairs of neighbours; missing where none has.
pub(in crate::search) async fn word_pairs(
    conn: &mut PgConnection,
    pairs: &[String],
) -> sqlx::Result<HashMap<String, i32>> {
    if pairs.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = sqlx::query!(
        "select words, jobs from search_word_pairs where words = any($1)",
        pairs
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|row| (row.words, row.jobs)).collect())
}

/// Of the beginnings those that a word has, with the jobs of the most frequent among
/// the first words of each.
pub(in crate::search) async fn words_beginning(
    conn: &mut PgConnection,
    beginnings: &[String],
) -> sqlx::Result<Vec<(String, i32)>> {
    let rows = sqlx::query!(
        r#"select asked.beginning as "beginning!", max(found.jobs) as "jobs!"
           from unnest($1::text[]) as asked (beginning),
           lateral (
               select jobs from search_words
               where word >= asked.beginning collate "C"
                 and word < (asked.beginning || chr(1114111)) collate "C"
               limit 50
           ) as found
           group by asked.beginning"#,
        beginnings
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.beginning, row.jobs))
        .collect())
}
