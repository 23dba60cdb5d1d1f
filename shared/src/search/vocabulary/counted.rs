//! What the names of all jobs come to.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    time::Instant,
};

use super::{
    MAX_OFFERS, MAX_PAIRS, MAX_WORDS, Names, Word,
    beginnings::{Offer, beginning_of, worked_out},
};
use crate::{
    places,
    search::{
        language::Language,
        lexicon,
        suggest::{Suggestion, SuggestionKind},
        terms::{self, Reading},
    },
};

/// Longer names are no suggestions.
const MAX_NAME_CHARS: usize = 80;

/// All sorted by their keys.
#[derive(Debug)]
pub struct Counted {
    pub(super) begun: Instant,
    pub(super) words: Vec<Word>,
    pub(super) pairs: Vec<(String, i32)>,
    pub(super) offers: Vec<Offer>,
    pub(super) best: Vec<(String, Vec<Suggestion>)>,
}

impl Counted {
    pub(super) fn of(names: Names, searches: &HashMap<String, u32>, begun: Instant) -> Self {
        let (words, pairs) = words(&names);
        let offers = offers(names, searches);
        Self {
            begun,
            best: worked_out(&offers),
            words,
            pairs,
            offers,
        }
    }
}

fn words(names: &Names) -> (Vec<Word>, Vec<(String, i32)>) {
    let mut words: HashMap<String, u32> = HashMap::new();
    let mut spellings: HashMap<String, BTreeMap<String, u32>> = HashMap::new();
    let mut pairs: HashMap<String, u32> = HashMap::new();
    for ((_, name), count) in names {
        let mut met = HashSet::new();
        let mut last: Option<String> = None;
        for word in terms::words(name, Reading::Ad(Language::English)) {
            if !lexicon::is_plain(name, &word) || word.text.chars().nth(1).is_none() {
                last = None;
                continue;
            }
            if met.insert(word.text.clone()) {
                *words.entry(word.text.clone()).or_default() += count;
                let written = name[word.start..word.end].to_lowercase();
                if written != word.text {
                    let spellings = spellings.entry(word.text.clone()).or_default();
                    *spellings.entry(written).or_default() += count;
                }
            }
            if let Some(last) = last {
                *pairs.entry(format!("{last} {}", word.text)).or_default() += count;
            }
            last = Some(word.text);
        }
    }
    let words = most_frequent(words, MAX_WORDS)
        .into_iter()
        .map(|(word, jobs)| {
            let accented = spellings.remove(&word).unwrap_or_default();
            let (written, times) = accented
                .into_iter()
                .max_by_key(|(_, times)| *times)
                .unwrap_or_default();
            let mostly = i64::from(times) * 2 > i64::from(jobs) && written.chars().count() <= 200;
            Word {
                written: if mostly { written } else { word.clone() },
                word,
                jobs,
            }
        })
        .collect();
    (words, most_frequent(pairs, MAX_PAIRS))
}

/// By key.
fn most_frequent(counts: HashMap<String, u32>, most: usize) -> Vec<(String, i32)> {
    let mut all: Vec<(String, i32)> = counts
        .into_iter()
        .map(|(key, count)| (key, i32::try_from(count).unwrap_or(i32::MAX)))
        .collect();
    all.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    all.truncate(most);
    all.sort();
    all
}

/// A suggestion, however it is spelt.
type Key = (String, SuggestionKind);

fn offers(names: Names, searches: &HashMap<String, u32>) -> Vec<Offer> {
    let mut spellings: HashMap<Key, BTreeMap<String, u32>> = HashMap::new();
    for ((kind, name), count) in names {
        if name.chars().count() > MAX_NAME_CHARS {
            continue;
        }
        let (text, beginnings) = match kind {
            SuggestionKind::Place => match place(&name) {
                Some(place) => place,
                None => continue,
            },
            _ => (name.clone(), vec![name]),
        };
        for beginning in beginnings {
            let beginning = beginning_of(&beginning);
            if beginning.chars().nth(1).is_some() {
                let spellings = spellings.entry((beginning, kind)).or_default();
                *spellings.entry(text.clone()).or_default() += count;
            }
        }
    }
    let mut offers: Vec<Offer> = spellings
        .into_iter()
        .filter_map(|((beginning, kind), spellings)| {
            let jobs: u32 = spellings.values().sum();
            // The most frequent spelling; of equals the first in the alphabet.
            let (text, _) = spellings
                .into_iter()
                .rev()
                .max_by_key(|(_, times)| *times)?;
            let searches = searches.get(&beginning).copied().unwrap_or(0);
            Some(Offer {
                kind,
                beginning,
                text,
                weight: (f64::from(jobs).ln_1p() + f64::from(searches).ln_1p()) as f32,
            })
        })
        .collect();
    offers.sort_by(Offer::order);
    offers.truncate(MAX_OFFERS);
    offers.sort_by(|a, b| (&a.beginning, a.kind).cmp(&(&b.beginning, b.kind)));
    offers
}

/// How a location is shown, and what it may begin with as people type it; none
/// where no place is known in it.
fn place(name: &str) -> Option<(String, Vec<String>)> {
    let location = places::geocode(name);
    match location.places.as_slice() {
        [place] => {
            let shown = place.to_string();
            let first = name.split([',', '(', '/']).next().unwrap_or(name);
            Some((shown.clone(), vec![shown, first.trim().to_owned()]))
        }
        [] if !location.is_unknown() => Some((name.to_owned(), vec![name.to_owned()])),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(names: &[(SuggestionKind, &str, u32)]) -> Counted {
        let names = names
            .iter()
            .map(|(kind, name, count)| ((*kind, (*name).to_owned()), *count));
        Counted::of(names.collect(), &HashMap::new(), Instant::now())
    }

    #[test]
    fn words_are_counted_with_their_spelling_and_neighbours() {
        let counted = counted(&[
            (SuggestionKind::Title, "Développeur C++ (H/F)", 3),
            (SuggestionKind::Title, "developpeur web", 1),
            (SuggestionKind::Skill, "Web", 2),
        ]);
        let words: Vec<_> = counted
            .words
            .iter()
            .map(|word| (word.word.as_str(), word.written.as_str(), word.jobs))
            .collect();
        assert_eq!(
            words,
            [("developpeur", "développeur", 4), ("web", "web", 3)]
        );
        assert_eq!(counted.pairs, [("developpeur web".to_owned(), 1)]);
    }

    #[test]
    fn spellings_of_one_name_are_one_suggestion() {
        let counted = counted(&[
            (SuggestionKind::Title, "Full-Stack Developer", 3),
            (SuggestionKind::Title, "full stack developer", 2),
            (SuggestionKind::Place, "Munich, Germany", 2),
            (SuggestionKind::Place, "München", 5),
            (SuggestionKind::Place, "Nowhere at all", 5),
        ]);
        let offers: Vec<_> = counted
            .offers
            .iter()
            .map(|offer| (offer.beginning.as_str(), offer.text.as_str()))
            .collect();
        let munich = "Munich, Bavaria, Germany";
        assert_eq!(
            offers,
            [
                ("full stack developer", "Full-Stack Developer"),
                ("munchen", munich),
                ("munich", munich),
                ("munich bavaria germany", munich),
            ]
        );
    }
}
