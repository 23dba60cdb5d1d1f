//! The words and names of live jobs, for suggestions and corrections.
//!
//! A task reads all live jobs in batches, counts what they are called in memory, and
//! writes what differs from last time. Queries never read the jobs themselves.

mod beginnings;
mod counted;

use std::{collections::HashMap, time::Instant};

use sqlx::PgPool;
use uuid::Uuid;

pub(super) use beginnings::{Offer, beginning_of, best};

pub use self::counted::Counted;
use super::{db, suggest::SuggestionKind};
use crate::Result;

/// Where more suggestions share a beginning, its best are worked out beforehand.
pub(super) const MANY: usize = 200;

/// Jobs that are read at once.
const BATCH: usize = 5_000;
/// Rows that are written at once.
const CHUNK: usize = 5_000;
/// A build may take this share of the time.
const SHARE: f64 = 0.02;

const MAX_NAMES: usize = 1_000_000;
const MAX_WORDS: usize = 200_000;
const MAX_PAIRS: usize = 400_000;
const MAX_OFFERS: usize = 300_000;

/// A name and how many live jobs have it.
type Names = HashMap<(SuggestionKind, String), u32>;

/// What all live jobs are called.
#[derive(Debug)]
pub struct Gathered {
    names: Names,
    /// What enough people searched for, and how often.
    searches: HashMap<String, u32>,
    pub jobs: usize,
    begun: Instant,
}

/// A word with all that the table holds of it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Word {
    pub(super) word: String,
    pub(super) written: String,
    pub(super) jobs: i32,
}

/// Whether the last build is so long ago that another one is worth its time.
///
/// # Errors
///
/// Those of the database.
pub async fn is_due(pool: &PgPool) -> Result<bool> {
    let mut conn = pool.acquire().await?;
    let last = db::last_build(&mut conn).await?;
    Ok(last.is_none_or(|(age, took)| took <= age * SHARE))
}

impl Gathered {
    /// Seconds of work where jobs are many.
    pub fn count(self) -> Counted {
        Counted::of(self.names, &self.searches, self.begun)
    }
}

/// Brings words and suggestions in step with what was counted; gives how many rows
/// that changed. A second run changes nothing. Each chunk is written on its own: while a
/// build runs, queries see a mixture of two states, of which either is good.
///
/// # Errors
///
/// Those of the database.
pub async fn write(pool: &PgPool, counted: &Counted) -> Result<u64> {
    let mut conn = pool.acquire().await?;
    let mut changed = 0;
    for (words, below) in chunks(&counted.words, |word| &word.word) {
        changed += db::put_words(&mut conn, words, below).await?;
    }
    for (pairs, below) in chunks(&counted.pairs, |pair| &pair.0) {
        changed += db::put_pairs(&mut conn, pairs, below).await?;
    }
    for (offers, below) in chunks(&counted.offers, |offer| &offer.beginning) {
        changed += db::put_offers(&mut conn, offers, below).await?;
    }
    for (best, below) in chunks(&counted.best, |best| &best.0) {
        changed += db::put_beginnings(&mut conn, best, below).await?;
    }
    db::record_build(&mut conn, counted.begun.elapsed()).await?;
    Ok(changed)
}

/// Reads all live jobs, a batch after the other, and what is searched for often.
///
/// # Errors
///
/// Those of the database.
pub async fn gather(pool: &PgPool) -> Result<Gathered> {
    let begun = Instant::now();
    let (mut names, mut jobs, mut after) = (Names::new(), 0, Uuid::nil());
    loop {
        let mut conn = pool.acquire().await?;
        let batch = db::job_names(&mut conn, after, BATCH).await?;
        let Some(last) = batch.ids.last() else {
            return Ok(Gathered {
                names,
                searches: db::log::asked_often(&mut conn).await?,
                jobs,
                begun,
            });
        };
        after = *last;
        jobs += batch.ids.len();
        for (kind, name, count) in batch.names {
            *names.entry((kind, name)).or_default() += count;
        }
        // What has been met once is given up first where names are without number.
        let mut least = 1;
        while names.len() > MAX_NAMES {
            names.retain(|_, count| *count > least);
            least *= 2;
        }
    }
}

/// From a key on to below another; to the end where there is none.
pub(super) type Span<'a> = (&'a str, Option<&'a str>);

/// Sorted rows in pieces, each with the key that the next one begins with. Rows of
/// one key stay together. One empty piece where there are no rows.
fn chunks<'a, T>(rows: &'a [T], key: impl Fn(&'a T) -> &'a str) -> Vec<(&'a [T], Span<'a>)> {
    let mut pieces = Vec::new();
    let (mut from, mut low) = (0, "");
    loop {
        let mut to = (from + CHUNK).min(rows.len());
        while to < rows.len() && to > 0 && key(&rows[to]) == key(&rows[to - 1]) {
            to += 1;
        }
        let high = rows.get(to).map(&key);
        pieces.push((&rows[from..to], (low, high)));
        match high {
            Some(high) => (from, low) = (to, high),
            None => return pieces,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_cover_every_key_and_part_no_key() {
        let none: [String; 0] = [];
        assert_eq!(chunks(&none, |key| key), [(&none[..], ("", None))]);
        let mut rows: Vec<String> = (0..CHUNK * 2).map(|n| format!("{:05}", n / 3)).collect();
        rows.sort();
        let pieces = chunks(&rows, |key| key);
        assert!(pieces.len() >= 2);
        assert_eq!(
            pieces.iter().map(|piece| piece.0.len()).sum::<usize>(),
            rows.len()
        );
        for two in pieces.windows(2) {
            assert_eq!(two[0].1.1, Some(two[1].1.0));
            assert!(two[0].0.last() < two[1].0.first());
        }
        assert_eq!(pieces.last().map(|piece| piece.1.1), Some(None));
    }
}
