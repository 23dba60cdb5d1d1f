//! What else a search for some words finds.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::{
    db::synonyms as db,
    query::{Query, Term},
    terms::{self, Reading},
};
use crate::{Result, alerts, rules::Rules};

/// Of one term.
pub const MAX_SYNONYMS: usize = 10;
/// The longest term and the longest synonym, in characters.
pub const MAX_CHARS: usize = 100;

/// A term and what a search for it finds too.
#[derive(Clone, Debug, PartialEq)]
pub struct Synonym {
    pub id: Uuid,
    pub term: String,
    pub synonyms: Vec<String>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

/// What is said of a term.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SynonymContent {
    pub term: String,
    pub synonyms: Vec<String>,
}

/// A change: what is `None` stays.
#[derive(Clone, Debug, Default)]
pub struct SynonymPatch {
    pub term: Option<String>,
    pub synonyms: Option<Vec<String>>,
}

/// # Errors
///
/// `Invalid`, and `Conflict` where the term, however spelt, has synonyms already.
pub async fn create(conn: &mut PgConnection, new: SynonymPatch) -> Result<Synonym> {
    let content = apply(new, SynonymContent::default());
    let words = check(&content)?;
    let synonym = db::insert(conn, &words, &content).await?;
    alerts::matching::enqueue_reading(conn).await?;
    Ok(synonym)
}

/// # Errors
///
/// As [`create`], and `NotFound`.
pub async fn update(conn: &mut PgConnection, id: Uuid, patch: SynonymPatch) -> Result<Synonym> {
    let old = db::lock(conn, id).await?;
    let content = apply(
        patch,
        SynonymContent {
            term: old.term,
            synonyms: old.synonyms,
        },
    );
    let words = check(&content)?;
    let synonym = db::update(conn, id, &words, &content).await?;
    alerts::matching::enqueue_reading(conn).await?;
    Ok(synonym)
}

/// # Errors
///
/// `NotFound`.
pub async fn delete(conn: &mut PgConnection, id: Uuid) -> Result<()> {
    db::delete(conn, id).await?;
    alerts::matching::enqueue_reading(conn).await
}

fn apply(patch: SynonymPatch, content: SynonymContent) -> SynonymContent {
    let one_line = |text: String| text.split_whitespace().collect::<Vec<_>>().join(" ");
    SynonymContent {
        term: one_line(patch.term.unwrap_or(content.term)),
        synonyms: patch
            .synonyms
            .unwrap_or(content.synonyms)
            .into_iter()
            .map(one_line)
            .collect(),
    }
}

/// Gives the term as queries hold it.
fn check(content: &SynonymContent) -> Result<String> {
    let mut rules = Rules::new();
    let words = terms::normalize(&content.term, Reading::Query);
    rules.required_line("term", &content.term, MAX_CHARS);
    if words.is_empty() && !content.term.is_empty() {
        rules.refuse("term", "no_word", "must contain a letter or a digit");
    }
    if words.split(' ').count() > Query::MAX_RUN {
        rules.refuse("term", "too_many_words", "has too many words");
    }
    if content.synonyms.is_empty() || content.synonyms.len() > MAX_SYNONYMS {
        let message = format!("must be 1 to {MAX_SYNONYMS}");
        rules.refuse("synonyms", "out_of_range", message);
    }
    let mut met = BTreeMap::from([(words.clone(), "the term itself")]);
    for (number, synonym) in content.synonyms.iter().enumerate() {
        let field = format!("synonyms.{number}");
        rules.required_line(&field, synonym, MAX_CHARS);
        let words = terms::normalize(synonym, Reading::Query);
        if words.is_empty() && !synonym.is_empty() {
            rules.refuse(&field, "no_word", "must contain a letter or a digit");
        } else if let Some(what) = met.insert(words, "given twice") {
            rules.refuse(&field, "duplicate", format!("is {what}"));
        }
    }
    rules.finish()?;
    Ok(words)
}

/// Has the query find synonyms of its words too; gives the layout that every document
/// has, which one statement asks for as well.
pub(super) async fn expand(conn: &mut PgConnection, query: &mut Query) -> Result<i32> {
    let (layout, found) = db::of(conn, &query.runs()).await?;
    let found: HashMap<String, Vec<Term>> = found
        .into_iter()
        .map(|(words, synonyms)| (words, synonyms.iter().map(|text| term(text)).collect()))
        .collect();
    if !found.is_empty() {
        query.expand(&found);
    }
    Ok(layout)
}

fn term(text: &str) -> Term {
    let words = terms::words(text, Reading::Query);
    words.into_iter().map(|word| word.text).collect()
}
