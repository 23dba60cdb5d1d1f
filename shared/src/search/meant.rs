//! Searches that were probably meant otherwise.

use chrono::{DateTime, Utc};
use sqlx::PgTransaction;

use super::{
    cursor::SearchCursor,
    find::{Found, Search, find},
    lexicon,
};
use crate::{
    Result,
    pagination::{Paging, Start},
};

/// Where fewer are found, it is looked whether something else was meant.
const FEW: usize = 5;

/// What was found, and of what.
#[derive(Clone, Debug)]
pub struct Answered {
    pub found: Found,
    /// What was probably meant; it finds more.
    pub meant: Option<String>,
    /// Whether `found` is of what was meant, because nothing matches what was asked.
    pub instead: bool,
}

/// [`find`], and where few match or none, what was probably meant; where none does,
/// what that finds. A page after a cursor is one of the search that the cursor came
/// from: nothing else is looked for.
///
/// # Errors
///
/// As [`find`].
pub async fn answer(
    tx: &mut PgTransaction<'_>,
    now: DateTime<Utc>,
    search: &Search,
    paging: &Paging<SearchCursor>,
) -> Result<Answered> {
    let found = find(tx, now, search, paging).await?;
    let of_asked = |found| Answered {
        found,
        meant: None,
        instead: false,
    };
    if !is_few(&found, paging) {
        return Ok(of_asked(found));
    }
    let Some(text) = lexicon::correct(tx, &search.text).await? else {
        return Ok(of_asked(found));
    };
    let meant = Search {
        text,
        ..search.clone()
    };
    let other = find(tx, now, &meant, paging).await?;
    let finds_more = other.hits.next.is_some()
        || other.hits.rows.len() > found.hits.rows.len()
        || other.hits.total > found.hits.total;
    if !finds_more {
        return Ok(of_asked(found));
    }
    let instead = found.hits.rows.is_empty();
    Ok(Answered {
        found: if instead { other } else { found },
        meant: Some(meant.text),
        instead,
    })
}

/// Whether all that match are few, as far as this page tells.
fn is_few(found: &Found, paging: &Paging<SearchCursor>) -> bool {
    let few = found.hits.next.is_none() && found.hits.rows.len() < FEW;
    match paging.start {
        Start::After(None) | Start::Page(1) => few,
        // Of a search that finds nothing each page is one of what was meant.
        Start::Page(_) => found.hits.total == Some(0),
        Start::After(Some(_)) => false,
    }
}
