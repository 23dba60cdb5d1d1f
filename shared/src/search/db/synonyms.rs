//! SQL of synonyms.

use sqlx::PgConnection;
use uuid::Uuid;

use crate::{
    Error, Result,
    pagination::{Paging, Slice},
    search::synonyms::{Synonym, SynonymContent},
};

/// By term; those with `part` in the term or a synonym.
///
/// # Errors
///
/// Those of the database.
pub async fn page(
    conn: &mut PgConnection,
    part: Option<&str>,
    paging: &Paging<String>,
) -> Result<Slice<Synonym, String>> {
    let rows = sqlx::query!(
        r#"select id, term, words, synonyms, created_at, updated_at
           from search_synonyms
           where ($1::text is null or position(lower($1) in lower(term)) > 0
                  or position(lower($1) in lower(array_to_string(synonyms, '|'))) > 0)
             and ($2::text is null or words > $2 collate "C")
           order by words
           limit $3"#,
        part,
        paging.cursor(),
        paging.limit(),
    )
    .fetch_all(conn)
    .await?;
    let rows: Vec<(String, Synonym)> = rows
        .into_iter()
        .map(|row| {
            let synonym = Synonym {
                id: row.id,
                term: row.term,
                synonyms: row.synonyms,
                created_at: row.created_at,
                updated_at: row.updated_at,
            };
            (row.words, synonym)
        })
        .collect();
    let cut = Slice::cut(rows, paging.size, None, |row| row.0.clone());
    Ok(Slice {
        rows: cut.rows.into_iter().map(|(_, synonym)| synonym).collect(),
        next: cut.next,
        total: None,
    })
}

/// # Errors
///
/// `NotFound`.
pub async fn get(conn: &mut PgConnection, id: Uuid) -> Result<Synonym> {
    sqlx::query_as!(
        Synonym,
        "select id, term, synonyms, created_at, updated_at from search_synonyms where id = $1",
        id
    )
    .fetch_optional(conn)
    .await?
    .ok_or(Error::NotFound("synonym"))
}

/// Lets nobody else change it before the transaction ends.
pub(in crate::search) async fn lock(conn: &mut PgConnection, id: Uuid) -> Result<Synonym> {
    sqlx::query_as!(
        Synonym,
        "select id, term, synonyms, created_at, updated_at from search_synonyms
         where id = $1 for update",
        id
    )
    .fetch_optional(conn)
    .await?
    .ok_or(Error::NotFound("synonym"))
}

pub(in crate::search) async fn insert(
    conn: &mut PgConnection,
    words: &str,
    content: &SynonymContent,
) -> Result<Synonym> {
    let synonym = sqlx::query_as!(
        Synonym,
        "insert into search_synonyms (term, words, synonyms) values ($1, $2, $3)
         returning id, term, synonyms, created_at, updated_at",
        content.term,
        words,
        &content.synonyms
    )
    .fetch_one(conn)
    .await?;
    Ok(synonym)
}

pub(in crate::search) async fn update(
    conn: &mut PgConnection,
    id: Uuid,
    words: &str,
    content: &SynonymContent,
) -> Result<Synonym> {
    let synonym = sqlx::query_as!(
        Synonym,
        "update search_synonyms set term = $2, words = $3, synonyms = $4 where id = $1
         returning id, term, synonyms, created_at, updated_at",
        id,
        content.term,
        words,
        &content.synonyms
    )
    .fetch_one(conn)
    .await?;
    Ok(synonym)
}

/// # Errors
///
/// `NotFound`.
pub async fn delete(conn: &mut PgConnection, id: Uuid) -> Result<()> {
    let done = sqlx::query!("delete from search_synonyms where id = $1", id)
        .execute(conn)
        .await?;
    if done.rows_affected() == 0 {
        return Err(Error::NotFound("synonym"));
    }
    Ok(())
}

/// Those of the terms, as queries hold them, that have synonyms; and the layout of the
/// documents, as `layout` in `layout.rs` gives it.
pub(in crate::search) async fn of(
    conn: &mut PgConnection,
    terms: &[String],
) -> sqlx::Result<(i32, Vec<(String, Vec<String>)>)> {
    let rows = sqlx::query!(
        r#"select l.built, s.words as "words?", s.synonyms as "synonyms?"
           from search_layout l left join search_synonyms s on s.words = any($1)"#,
        terms
    )
    .fetch_all(conn)
    .await?;
    let layout = rows.first().map_or(0, |row| row.built);
    let found = rows
        .into_iter()
        .filter_map(|row| row.words.zip(row.synonyms));
    Ok((layout, found.collect()))
}
