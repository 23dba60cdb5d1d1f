//! A search as it stands ready for jobs to come: what a document must hold to match,
//! and by which of that the search is looked up.
//!
//! It is read from the same conditions as a search that is run, so it means the same.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use super::{
    compiled::Compiled,
    conditions::{Conditions, conditions},
    db,
    find::Search,
    locality::Vicinity,
    requirement::Requirement,
    tokens::{Kind, token},
};
use crate::{Error, Result, places};

/// Counts up when the same search is read into other conditions, or documents hold
/// something else: stored ones are then read anew.
pub const READING: i32 = 1;

/// What every document has, for searches that nothing rarer can look up.
pub const EVERY: &str = "*";

/// What begins the lexeme of a token beside those of words.
pub const TOKEN_MARK: char = '#';

/// A search, ready for new documents.
#[derive(Clone, Debug, PartialEq)]
pub struct Standing {
    /// A `tsquery` over the ad's words and its tokens; none where only `near` tells.
    pub asked: Option<String>,
    /// What matches has one of these lexemes at least.
    pub keys: Vec<String>,
    pub pays_at_least: Option<f64>,
    pub starts_at_most: Option<f64>,
    pub or_unknown: bool,
    /// Where tokens do not tell exactly what is near.
    pub near: Option<Near>,
}

/// Within the radius of one of the points, or in one of the areas.
#[derive(Clone, Debug, PartialEq)]
pub struct Near {
    pub lats: Vec<f32>,
    pub lons: Vec<f32>,
    pub km: f32,
    pub areas: Vec<i32>,
}

/// Reads a search. Times of publication, sort and facets are left out: jobs to come
/// are new.
///
/// # Errors
///
/// `Invalid` for each category, company and skill that does not exist, for a text
/// without a word (`no_word`), and where nothing narrows (`no_filter`): exclusions alone
/// do not.
pub async fn standing(
    conn: &mut PgConnection,
    now: DateTime<Utc>,
    search: &Search,
) -> Result<Standing> {
    let search = Search {
        posted_after: None,
        posted_within_days: None,
        sort: super::Sort::Relevance,
        facets: vec![],
        ..search.clone()
    };
    let Some(read) = conditions(conn, now, &search).await? else {
        return Err(Error::invalid(
            "q",
            "no_word",
            "the words or the location must contain a letter or a digit",
        ));
    };
    if !asks(&read) {
        return Err(Error::invalid(
            "",
            "no_filter",
            "say what to look for: words, a place or another filter",
        ));
    }
    let skills = db::skill_numbers(conn, &read.skill_ids).await?;
    let skills: Vec<i32> = skills
        .into_iter()
        .map(|ordinal| token(Kind::Skill, ordinal))
        .collect();
    let needs = requirements(&read, skills);
    let asks = !needs.is_empty();
    let needs = Requirement::All(needs);
    let mut choices = vec![needs.clone()];
    choices.extend(cells(&search, &read));
    let lexemes: Vec<String> = choices.iter().flat_map(Requirement::lexemes).collect();
    let shares = db::shares(conn, &lexemes).await?;
    let keys = choices
        .iter()
        .filter_map(|need| need.rarest(&shares))
        .min_by(|a, b| a.share.total_cmp(&b.share))
        .map_or_else(|| vec![EVERY.to_owned()], |rarest| rarest.lexemes);
    Ok(Standing {
        asked: asks.then(|| needs.to_tsquery()),
        keys,
        pays_at_least: read.pays_at_least,
        starts_at_most: read.starts_at_most,
        or_unknown: read.or_unknown,
        near: read.near.as_ref().and_then(near),
    })
}

/// Whether it asks for something, rather than leaves something out.
fn asks(read: &Conditions) -> bool {
    let beside_words = Conditions {
        query: Compiled::default(),
        ..read.clone()
    };
    read.query.meant.is_some() || beside_words.narrow()
}

fn requirements(read: &Conditions, skills: Vec<i32>) -> Vec<Requirement> {
    let mut needs = Vec::new();
    needs.extend(read.query.whole().as_deref().map(Requirement::parse));
    needs.extend(read.place.as_deref().map(Requirement::parse));
    needs.extend(read.groups.iter().map(|group| any_token(&group.tokens)));
    if !skills.is_empty() {
        needs.push(any_token(&skills));
    }
    let near = read.near.as_ref().and_then(|near| near.tokens.as_deref());
    needs.extend(near.map(any_token));
    needs
}

/// What is near lies in one of few cells: there are fewer of these than of places.
fn cells(search: &Search, read: &Conditions) -> Option<Requirement> {
    read.near.as_ref()?;
    let location = places::geocode(search.location.as_deref()?);
    let cells = Vicinity::of(&location, search.radius_km)?.tokens?;
    Some(any_token(&cells))
}

/// Without a token nothing matches.
fn any_token(tokens: &[i32]) -> Requirement {
    let lexeme = |token: &i32| Requirement::Lexeme(format!("{TOKEN_MARK}{token}"));
    if tokens.is_empty() {
        return lexeme(&0);
    }
    Requirement::Any(tokens.iter().map(lexeme).collect())
}

fn near(near: &Vicinity) -> Option<Near> {
    if near.points.is_empty() || near.is_exact {
        return None;
    }
    let (lats, lons) = near.points.iter().copied().unzip();
    Some(Near {
        lats,
        lons,
        km: near.radius_km,
        areas: near.areas.clone(),
    })
}
