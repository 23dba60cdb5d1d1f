//! What to search for, while it is being typed.

use sqlx::PgConnection;

use super::{
    db, lexicon,
    vocabulary::{self, beginning_of},
};
use crate::Result;

/// What a suggestion names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum SuggestionKind {
    Title,
    Skill,
    Company,
    Place,
}

impl SuggestionKind {
    pub(super) const ALL: [Self; 4] = [Self::Title, Self::Skill, Self::Company, Self::Place];

    pub(super) fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Title => "title",
            Self::Skill => "skill",
            Self::Company => "company",
            Self::Place => "place",
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct Suggestion {
    pub kind: SuggestionKind,
    pub text: String,
}

const MAX_CHARS: usize = 100;
const MOST: usize = 10;
/// Where fewer begin as typed, it may have been typed wrongly.
const FEW: usize = 3;
/// Shorter beginnings are too close to too many others.
const MIN_CORRECTED: usize = 4;
/// Longer ones are put right as whole words.
const MAX_CORRECTED: usize = 12;

/// At most ten titles, skills, companies and places of live jobs that begin with
/// `text`, whatever its case, accents and spacing, the most used first; then those
/// that begin with what was probably meant.
///
/// # Errors
///
/// Those of the database.
pub async fn suggest(conn: &mut PgConnection, text: &str) -> Result<Vec<Suggestion>> {
    let start: String = text.chars().take(MAX_CHARS).collect();
    let start = beginning_of(&start);
    if start.is_empty() {
        return Ok(vec![]);
    }
    let mut found = beginning_with(conn, &start).await?;
    if found.len() < FEW {
        for meant in probably_meant(conn, &start).await? {
            for suggestion in beginning_with(conn, &meant).await? {
                if !found.contains(&suggestion) {
                    found.push(suggestion);
                }
            }
        }
        found.truncate(MOST);
    }
    Ok(found)
}

async fn beginning_with(conn: &mut PgConnection, start: &str) -> Result<Vec<Suggestion>> {
    if let Some(best) = db::worked_out(conn, start).await? {
        return Ok(best);
    }
    let offers = db::beginning_with(conn, start).await?;
    Ok(vocabulary::best(&offers))
}

/// Other beginnings, the likeliest first: whole words put right, and the last one as
/// the beginning of a word.
async fn probably_meant(conn: &mut PgConnection, start: &str) -> Result<Vec<String>> {
    const MAX_WORDS: usize = 6;
    let words: Vec<&str> = start.split(' ').collect();
    let Some((last, before)) = words.split_last().filter(|_| words.len() <= MAX_WORDS) else {
        return Ok(vec![]);
    };
    let is_plain = |word: &str| word.chars().all(char::is_alphabetic);
    let ends = if is_plain(last) && last.chars().count() >= MIN_CORRECTED {
        ends(conn, last).await?
    } else {
        vec![(*last).to_owned()]
    };
    let mut right: Vec<String> = before.iter().map(|word| (*word).to_owned()).collect();
    if before.iter().all(|word| is_plain(word)) && !before.is_empty() {
        let likeliest = lexicon::likeliest(conn, before).await?;
        for (word, likeliest) in right.iter_mut().zip(likeliest) {
            if let Some(known) = likeliest {
                *word = known.word;
            }
        }
    }
    let beginnings = ends.into_iter().map(|end| {
        let words: Vec<&str> = right.iter().map(String::as_str).chain([&*end]).collect();
        words.join(" ")
    });
    Ok(beginnings.filter(|meant| meant != start).collect())
}

/// What the beginning of a word may have been meant to be.
async fn ends(conn: &mut PgConnection, typed: &str) -> Result<Vec<String>> {
    const MOST_ENDS: usize = 3;
    let mut ends = vec![];
    if typed.chars().count() <= MAX_CORRECTED {
        let variants = lexicon::one_edit_away(typed);
        let mut known = db::words_beginning(conn, &variants).await?;
        known.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        ends.extend(known.into_iter().map(|(beginning, _)| beginning));
        ends.truncate(MOST_ENDS);
    }
    if ends.is_empty() {
        let whole = lexicon::likeliest(conn, &[typed]).await?;
        ends.extend(whole.into_iter().flatten().map(|known| known.word));
    }
    // With the words before put right it may be fine as it is.
    ends.insert(0, typed.to_owned());
    Ok(ends)
}
