//! Under which terms freelancers are found, and by which they are looked for.

use std::collections::HashMap;

use crate::recommendations::{
    kernel::Index,
    model::{Block, JobText, Vector},
    profile::Profile,
    text,
};

/// Terms of one freelancer, the strongest.
const MOST_TERMS: usize = 60;
/// Terms of a job that are looked up, the strongest.
const MOST_PROBES: usize = 24;
/// Longer words are no words.
const LONGEST: usize = 200;

/// A term of a job.
#[derive(Clone, Debug, PartialEq)]
pub struct Probe {
    pub term: String,
    pub weight: f64,
    /// It counts, but nobody is found by it alone: half of a city is no candidate.
    pub is_place: bool,
}

/// The terms of a profile with their weights, of which the squares of each kind add up
/// to 1: who says little means it. In order of the terms.
pub fn of_profile(profile: &Profile) -> Vec<(String, f32)> {
    let mut words: HashMap<String, f64> = HashMap::new();
    let mut say = |text: &str, weight: f64| {
        for word in text::words(text) {
            let known = words.entry(format!("w:{word}")).or_default();
            *known = known.max(weight);
        }
    };
    say(&profile.title, 1.0);
    for experience in &profile.experiences {
        say(
            &experience.title,
            if experience.is_current { 0.6 } else { 0.3 },
        );
    }
    for skill in &profile.skills {
        say(&skill.name, 0.7 * skill.level);
    }
    let skills = profile
        .skills
        .iter()
        .map(|skill| (format!("s:{}", skill.slug), skill.level));
    let categories = profile
        .categories
        .iter()
        .map(|category| (format!("c:{}", text::label(category)), 1.0));
    let places = profile
        .places
        .iter()
        .flat_map(|place| text::place(place))
        .map(|token| (format!("p:{token}"), 1.0));
    let kinds: [HashMap<String, f64>; 4] = [
        words,
        skills.collect(),
        categories.collect(),
        places.collect(),
    ];
    let mut terms: Vec<(String, f32)> = kinds
        .into_iter()
        .flat_map(|kind| {
            let length = kind.values().map(|w| w * w).sum::<f64>().sqrt();
            kind.into_iter()
                .map(move |(term, weight)| (term, (weight / length) as f32))
        })
        .filter(|(term, weight)| {
            term.len() > 2 && term.chars().count() <= LONGEST + 2 && *weight > 0.0
        })
        .map(|(term, weight)| (term, weight.min(1.0)))
        .collect();
    terms.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    terms.truncate(MOST_TERMS);
    terms.sort_by(|a, b| a.0.cmp(&b.0));
    terms
}

/// The strongest terms of a job, as the model weighs them.
pub fn probes(index: &Index, vector: &Vector, job: &JobText) -> Vec<Probe> {
    let model = index.model();
    let mut found: HashMap<String, f64> = HashMap::new();
    for &(feature, weight) in vector {
        let kind = match model.block_of(feature) {
            Block::Title | Block::Description => "w",
            Block::Skills => "s",
            Block::Category => "c",
            Block::Location | Block::Vicinity | Block::Company => continue,
        };
        let term = format!("{kind}:{}", model.term_of(feature));
        *found.entry(term).or_default() += index.weight_of(feature) * f64::from(weight);
    }
    let mut probes: Vec<Probe> = found
        .into_iter()
        .map(|(term, weight)| Probe {
            term,
            weight,
            is_place: false,
        })
        .collect();
    probes.sort_by(|a, b| {
        b.weight
            .total_cmp(&a.weight)
            .then_with(|| a.term.cmp(&b.term))
    });
    probes.truncate(MOST_PROBES);
    let location = index.weights()[Block::Location as usize];
    let places = model
        .vocabulary(Block::Location)
        .weigh(&text::place(&job.location));
    probes.extend(places.into_iter().filter_map(|(number, weight)| {
        let term = model.vocabulary(Block::Location).term(number)?;
        Some(Probe {
            term: format!("p:{term}"),
            weight: weight * location,
            is_place: true,
        })
    }));
    probes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recommendations::profile::ProfileSkill;

    #[test]
    fn a_profile_is_found_by_its_words_skills_fields_and_places() {
        let profile = Profile {
            title: "Backend developer".to_owned(),
            places: vec!["Berlin, Germany".to_owned()],
            categories: vec!["Software Development".to_owned()],
            skills: vec![ProfileSkill {
                name: "Node.js".to_owned(),
                slug: "node-js".to_owned(),
                level: 0.4,
            }],
            ..Profile::default()
        };
        let terms = of_profile(&profile);
        let names: Vec<&str> = terms.iter().map(|(term, _)| term.as_str()).collect();
        assert_eq!(
            names,
            [
                "c:software development",
                "p:berlin",
                "p:germany",
                "s:node-js",
                "w:backend",
                "w:developer",
                "w:js",
                "w:node",
            ]
        );
        assert!(
            terms
                .iter()
                .all(|(_, weight)| *weight > 0.0 && *weight <= 1.0)
        );
        assert!(of_profile(&Profile::default()).is_empty());
    }

    #[test]
    fn nobody_has_more_terms_than_are_kept() {
        let words: Vec<String> = (0..500).map(|n| format!("word{n}")).collect();
        let profile = Profile {
            title: words.join(" "),
            ..Profile::default()
        };
        assert_eq!(of_profile(&profile).len(), MOST_TERMS);
    }
}
