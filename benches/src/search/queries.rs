//! Queries drawn by the frequency of their words, not chosen by hand.

use std::collections::HashMap;

use jobboard_shared::{
    jobs::JobType,
    search::{Facet, Search, Sort},
};
use rand::{SeedableRng, rngs::StdRng, seq::IndexedRandom};

use super::ads::Ad;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    Broad,
    Medium,
    Rare,
    Words,
    Phrase,
    Negated,
    Filtered,
    /// Listed by what they pay.
    Paid,
    /// Around a large city, the nearest first.
    Near,
    /// With counts of four facts.
    Counted,
}

impl Class {
    /// What a score ranks, and the design to compare with can do too.
    pub(super) const RANKED: [Self; 7] = [
        Self::Broad,
        Self::Medium,
        Self::Rare,
        Self::Words,
        Self::Phrase,
        Self::Negated,
        Self::Filtered,
    ];

    /// What comes in another order, or with more than the page.
    pub(super) const LISTED: [Self; 3] = [Self::Paid, Self::Near, Self::Counted];
}

const CITIES: [&str; 6] = [
    "New York",
    "London",
    "Berlin",
    "Paris",
    "Amsterdam",
    "Toronto",
];

/// Words of the ads by the share of ads that have them anywhere.
pub(super) struct Sampler {
    broad: Vec<String>,
    medium: Vec<String>,
    rare: Vec<String>,
    /// As people write what they look for.
    titles: Vec<Vec<String>>,
    random: StdRng,
}

impl Sampler {
    pub(super) fn of(sample: &[Ad], seed: u64) -> Self {
        let mut counts: HashMap<String, usize> = HashMap::new();
        let mut titles = vec![];
        let words = |text: &str| -> Vec<String> {
            text.split(|c: char| !c.is_alphanumeric())
                .filter(|word| word.len() > 2)
                .map(str::to_lowercase)
                .collect()
        };
        for ad in sample {
            let mut all = words(&ad.description);
            let title = words(&ad.title);
            all.extend(title.iter().cloned());
            all.sort();
            all.dedup();
            for word in all {
                *counts.entry(word).or_default() += 1;
            }
            titles.push(title);
        }
        let total = sample.len() as f64;
        let between = |low: f64, high: f64| -> Vec<String> {
            let mut words: Vec<_> = counts
                .iter()
                .filter(|(_, count)| (low..high).contains(&(**count as f64 / total)))
                .map(|(word, _)| word.clone())
                .collect();
            words.sort();
            words
        };
        Self {
            broad: between(0.1, 0.8),
            medium: between(0.005, 0.05),
            rare: between(0.0, 0.001),
            titles,
            random: StdRng::seed_from_u64(seed),
        }
    }

    pub(super) fn draw(&mut self, class: Class) -> Search {
        let text = match class {
            Class::Broad | Class::Filtered | Class::Counted => self.word(Class::Broad),
            Class::Medium | Class::Paid | Class::Near => self.word(Class::Medium),
            Class::Rare => self.word(Class::Rare),
            Class::Words => self.run_of_words().join(" "),
            Class::Phrase => format!("\"{}\"", self.run_of_words().join(" ")),
            Class::Negated => format!("{} -{}", self.word(Class::Medium), self.word(Class::Broad)),
        };
        let everything = Search {
            text,
            ..Search::default()
        };
        match class {
            Class::Filtered => Search {
                job_types: vec![JobType::FullTime, JobType::Contract],
                posted_within_days: Some(30),
                is_remote: Some(true),
                ..everything
            },
            Class::Paid => Search {
                sort: Sort::Salary,
                ..everything
            },
            Class::Near => Search {
                sort: Sort::Distance,
                location: CITIES
                    .choose(&mut self.random)
                    .map(|city| (*city).to_owned()),
                ..everything
            },
            Class::Counted => Search {
                facets: vec![
                    Facet::JobType,
                    Facet::ExperienceLevel,
                    Facet::Company,
                    Facet::Salary,
                ],
                ..everything
            },
            _ => everything,
        }
    }

    fn word(&mut self, class: Class) -> String {
        let words = match class {
            Class::Broad => &self.broad,
            Class::Medium => &self.medium,
            _ => &self.rare,
        };
        words.choose(&mut self.random).cloned().unwrap_or_default()
    }

    /// Two or three neighbours of a title.
    fn run_of_words(&mut self) -> Vec<String> {
        loop {
            let Some(title) = self.titles.choose(&mut self.random) else {
                return vec![];
            };
            if title.len() >= 2 {
                return title[..title.len().min(3)].to_vec();
            }
        }
    }
}
