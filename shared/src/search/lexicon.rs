//! Putting misspelt words right.
//!
//! A word is looked up by what is left of it when up to two of its first letters
//! are taken away (SymSpell's idea): two words that differ by few edits share such
//! a rest. Of the words found the likeliest are taken, by how often ads have them, how
//! far they are, and whether ads have them beside the words around them. A known word
//! is no exception: real titles contain typos.

use std::collections::{BTreeSet, HashMap};

use sqlx::PgConnection;

use super::{
    db, query,
    terms::{self, Reading},
};
use crate::Result;

/// Shorter words are too close to too many others.
pub(super) const MIN_CHARS: usize = 3;
/// The letters that keys are made of; what is behind them is compared as it is.
const KEY_CHARS: usize = 7;
/// More words of one text are left as they are.
const MAX_WORDS: usize = 12;
/// So many candidates of a word are weighed against those of its neighbours.
const CANDIDATES: usize = 5;

/// Logarithms of frequencies against edits.
const EDIT: f64 = 4.0;
const UNKNOWN: f64 = -9.0;
const BESIDE: f64 = 2.0;
/// A slip to a neighbouring key, or two letters the wrong way round.
const SLIP: f64 = 0.75;

/// A word that ads have.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Known {
    pub(super) word: String,
    pub(super) written: String,
    pub(super) jobs: i32,
}

/// How many edits a word of so many letters may be away.
fn most_edits(chars: usize) -> usize {
    if chars <= 4 { 1 } else { 2 }
}

/// What a folded word is looked up by; none for words that are not put right.
pub(super) fn keys(word: &str) -> Vec<i32> {
    let chars: Vec<char> = word.chars().collect();
    if chars.len() < MIN_CHARS {
        return vec![];
    }
    let first = chars[..chars.len().min(KEY_CHARS)].to_vec();
    let mut rests = BTreeSet::from([first.clone()]);
    let mut last = BTreeSet::from([first]);
    for _ in 0..most_edits(chars.len()) {
        last = last
            .iter()
            .flat_map(|rest| {
                (0..rest.len()).map(|at| {
                    let mut rest = rest.clone();
                    rest.remove(at);
                    rest
                })
            })
            .collect();
        rests.extend(last.iter().cloned());
    }
    let hashes: BTreeSet<i32> = rests.iter().map(|rest| hash(rest)).collect();
    hashes.into_iter().collect()
}

/// FNV-1a: stored, so the same for ever. Two rests of one hash cost a comparison.
fn hash(rest: &[char]) -> i32 {
    let mut hash: u32 = 0x811c_9dc5;
    for c in rest {
        hash = (hash ^ u32::from(*c)).wrapping_mul(0x0100_0193);
    }
    hash.cast_signed()
}

/// The words of a text that may be put right, with their places.
fn plain_words(text: &str) -> Vec<terms::Word> {
    let parts = query::parts(text);
    let asked_for = |word: &terms::Word| {
        parts
            .iter()
            .any(|part| !part.excluded && (part.start..part.end).contains(&word.start))
    };
    let mut words = terms::words(text, Reading::Query);
    words.retain(|word| is_plain(text, word) && asked_for(word));
    words.truncate(MAX_WORDS);
    words
}

/// Letters that stand for themselves: no `c++`, no `covid19`.
pub(super) fn is_plain(text: &str, word: &terms::Word) -> bool {
    word.text.chars().all(char::is_alphabetic)
        && word.text == terms::fold(&text[word.start..word.end])
}

/// The text as it was probably meant; none where it is likely to be right or
/// nothing likelier is known. Everything but letters keeps its place: quotation
/// marks, exclusions, operators, and names with signs.
///
/// # Errors
///
/// Those of the database.
pub async fn correct(conn: &mut PgConnection, text: &str) -> Result<Option<String>> {
    let text = match text.char_indices().nth(query::MAX_CHARS) {
        Some((end, _)) => &text[..end],
        None => text,
    };
    let words = plain_words(text);
    if words.is_empty() {
        return Ok(None);
    }
    let folded: Vec<&str> = words.iter().map(|word| word.text.as_str()).collect();
    let right = likeliest(conn, &folded).await?;
    let mut corrected = String::with_capacity(text.len() + 8);
    let mut done = 0;
    for (word, right) in words.iter().zip(right) {
        let Some(right) = right else { continue };
        corrected.push_str(&text[done..word.start]);
        let raw = &text[word.start..word.end];
        corrected.push_str(&in_case_of(raw, &right.written));
        done = word.end;
    }
    if done == 0 {
        return Ok(None);
    }
    corrected.push_str(&text[done..]);
    Ok(Some(corrected))
}

/// Begins with a capital where the raw word does.
fn in_case_of(raw: &str, written: &str) -> String {
    let capital = raw.chars().next().is_some_and(char::is_uppercase);
    let mut chars = written.chars();
    match chars.next() {
        Some(first) if capital => first.to_uppercase().chain(chars).collect(),
        _ => written.to_owned(),
    }
}

/// For each of some folded words in a row what was meant instead of it, if not
/// the word itself.
pub(super) async fn likeliest(
    conn: &mut PgConnection,
    words: &[&str],
) -> Result<Vec<Option<Known>>> {
    let keys: Vec<Vec<i32>> = words.iter().map(|word| keys(word)).collect();
    let found = db::words_like(conn, words, &keys).await?;
    let candidates: Vec<Vec<Candidate>> = words
        .iter()
        .zip(found)
        .map(|(word, found)| candidates(word, found))
        .collect();
    if candidates.iter().all(|some| some.len() == 1) {
        return Ok(vec![None; words.len()]);
    }
    let pairs: Vec<String> = candidates
        .windows(2)
        .flat_map(|two| {
            two[0]
                .iter()
                .flat_map(|one| two[1].iter().map(|other| pair(&one.known, &other.known)))
        })
        .collect();
    let pairs = db::word_pairs(conn, &pairs).await?;
    let chosen = choose(&candidates, &pairs);
    Ok(words
        .iter()
        .zip(chosen)
        .map(|(word, chosen)| (chosen.word != *word).then_some(chosen))
        .collect())
}

#[derive(Clone, Debug)]
struct Candidate {
    known: Known,
    score: f64,
}

fn pair(one: &Known, other: &Known) -> String {
    format!("{} {}", one.word, other.word)
}

/// The word itself, and what may have been meant, the likeliest first.
fn candidates(word: &str, found: Vec<Known>) -> Vec<Candidate> {
    let chars = word.chars().count();
    let own = found.iter().find(|known| known.word == word).cloned();
    let mut candidates: Vec<Candidate> = found
        .into_iter()
        .filter(|known| known.word != word && !differs_by_ending(&known.word, word))
        .filter_map(|known| {
            let edits = distance(word, &known.word);
            let most = most_edits(chars.min(known.word.chars().count()));
            (edits <= most as f64).then(|| Candidate {
                score: f64::from(known.jobs).ln() - EDIT * edits,
                known,
            })
        })
        .collect();
    candidates.sort_by(|a, b| {
        b.score
            .total_cmp(&a.score)
            .then_with(|| a.known.word.cmp(&b.known.word))
    });
    candidates.truncate(CANDIDATES);
    if chars < MIN_CHARS || chars == MIN_CHARS && own.is_some() {
        candidates.clear();
    }
    candidates.push(Candidate {
        score: own.as_ref().map_or(UNKNOWN, |own| f64::from(own.jobs).ln()),
        known: own.unwrap_or_else(|| Known {
            word: word.to_owned(),
            written: word.to_owned(),
            jobs: 0,
        }),
    });
    candidates
}

/// "manager" and "managers" find the same.
fn differs_by_ending(known: &str, word: &str) -> bool {
    let (long, short) = if known.len() > word.len() {
        (known, word)
    } else {
        (word, known)
    };
    matches!(long.strip_prefix(short), Some("s" | "es")) && !short.is_empty()
}

/// The likeliest row of words.
fn choose(candidates: &[Vec<Candidate>], pairs: &HashMap<String, i32>) -> Vec<Known> {
    let beside = |one: &Known, other: &Known| {
        let jobs = pairs.get(&pair(one, other)).copied().unwrap_or(0);
        BESIDE * f64::from(jobs).ln_1p()
    };
    // The best way to each candidate of a word: its score, and through which one
    // of the word before.
    let mut ways: Vec<Vec<(f64, usize)>> = Vec::with_capacity(candidates.len());
    for (number, some) in candidates.iter().enumerate() {
        let best = some.iter().map(|candidate| {
            let before = number.checked_sub(1).map(|last| {
                let rows = candidates[last].iter().zip(&ways[last]).enumerate();
                rows.map(|(at, (one, (score, _)))| {
                    (score + beside(&one.known, &candidate.known), at)
                })
                .fold(
                    (f64::MIN, 0),
                    |best, way| if way.0 > best.0 { way } else { best },
                )
            });
            let (score, from) = before.unwrap_or((0.0, 0));
            (score + candidate.score, from)
        });
        let best = best.collect();
        ways.push(best);
    }
    let mut chosen = Vec::with_capacity(candidates.len());
    let mut at = ways.last().map_or(0, |last| {
        let scores = last.iter().enumerate();
        scores
            .fold((0, f64::MIN), |best, (at, (score, _))| {
                if *score > best.1 { (at, *score) } else { best }
            })
            .0
    });
    for (some, ways) in candidates.iter().zip(&ways).rev() {
        chosen.push(some[at].known.clone());
        at = ways[at].1;
    }
    chosen.reverse();
    chosen
}

/// Every folded beginning that one edit makes of another; the first letter is
/// rarely wrong and stays, but may change places with the second.
pub(super) fn one_edit_away(typed: &str) -> Vec<String> {
    let typed: Vec<char> = typed.chars().collect();
    let mut variants = BTreeSet::new();
    for at in 0..=typed.len() {
        let (before, after) = typed.split_at(at);
        let mut add = |middle: &[char], rest: &[char]| {
            variants.insert(before.iter().chain(middle).chain(rest).collect::<String>());
        };
        if let [one, other, rest @ ..] = after {
            add(&[*other, *one], rest);
        }
        if at == 0 {
            continue;
        }
        for letter in 'a'..='z' {
            add(&[letter], after);
            if let [_, rest @ ..] = after {
                add(&[letter], rest);
            }
        }
        if let [_, rest @ ..] = after {
            add(&[], rest);
        }
    }
    let own: String = typed.iter().collect();
    variants.remove(&own);
    variants.into_iter().collect()
}

const ROWS: [&str; 3] = ["qwertyuiop", "asdfghjkl", "zxcvbnm"];

/// The letters around a letter on the keyboard.
pub fn neighbours_on_keyboard(letter: char) -> Vec<char> {
    let place = ROWS
        .iter()
        .enumerate()
        .find_map(|(row, letters)| Some((row, letters.find(letter)?)));
    let Some((row, column)) = place else {
        return vec![];
    };
    let at = |row: usize, column: usize| ROWS.get(row)?.chars().nth(column);
    let above = row.checked_sub(1);
    [
        column.checked_sub(1).and_then(|left| at(row, left)),
        at(row, column + 1),
        above.and_then(|above| at(above, column)),
        above.and_then(|above| at(above, column + 1)),
        at(row + 1, column),
        column.checked_sub(1).and_then(|left| at(row + 1, left)),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Edits between two words (optimal string alignment); slips count less.
fn distance(typed: &str, meant: &str) -> f64 {
    let typed: Vec<char> = typed.chars().collect();
    let meant: Vec<char> = meant.chars().collect();
    let mut before_last: Vec<f64> = vec![];
    let mut last: Vec<f64> = (0..=meant.len()).map(|n| n as f64).collect();
    for i in 1..=typed.len() {
        let mut row = Vec::with_capacity(last.len());
        row.push(i as f64);
        for j in 1..=meant.len() {
            let (one, other) = (typed[i - 1], meant[j - 1]);
            let exchanged = if one == other {
                0.0
            } else if neighbours_on_keyboard(other).contains(&one) {
                SLIP
            } else {
                1.0
            };
            let mut edits = (last[j] + 1.0)
                .min(row[j - 1] + 1.0)
                .min(last[j - 1] + exchanged);
            if i > 1 && j > 1 && one == meant[j - 2] && typed[i - 2] == other {
                edits = edits.min(before_last[j - 2] + SLIP);
            }
            row.push(edits);
        }
        before_last = std::mem::replace(&mut last, row);
    }
    last[meant.len()]
}

#[cfg(test)]
mod tests;
