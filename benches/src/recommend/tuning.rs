//! Which weights the validation split prefers: one after the other, until none helps.

use jobboard_shared::{
    config,
    recommendations::{collaborative::RandomWalk, hybrid::Parts},
};

use super::{
    lists::{Engine, Setting},
    views::{Candidates, Split, Views},
    views_report::recalls,
};

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Choice {
    pub(super) config: config::Recommendations,
    pub(super) parts: Parts,
    pub(super) walk: RandomWalk,
}

impl Choice {
    pub(super) fn setting(&self) -> Setting {
        Setting {
            weights: self.parts,
            lambda: self.config.diversity_lambda,
            company_cap: self.config.max_per_company,
        }
    }
}

type Change = (&'static str, fn(&mut Choice, f64), &'static [f64]);

const CHANGES: &[Change] = &[
    (
        "vicinity",
        |choice, value| choice.config.vicinity_weight = value,
        &[0.0, 1.0, 2.0, 3.0],
    ),
    (
        "location",
        |choice, value| choice.config.location_weight = value,
        &[0.5, 1.0, 1.5, 2.0],
    ),
    (
        "company",
        |choice, value| choice.config.company_weight = value,
        &[0.15, 0.3, 0.5],
    ),
    (
        "category",
        |choice, value| choice.config.category_weight = value,
        &[0.1, 0.3, 0.5, 0.7],
    ),
    (
        "beta",
        |choice, value| choice.walk.beta = value,
        &[0.0, 0.3, 0.6],
    ),
];

/// Weights of what people did, of what trends and of what is new, and lambda: they need no new fit.
fn mixes(choice: &Choice) -> Vec<Choice> {
    let mut mixes = Vec::new();
    for collaborative in [0.0, 0.02, 0.05, 0.1, 0.2, 0.3] {
        for trending in [0.0, 0.02, 0.05] {
            for recency in [0.0, 0.1, 0.2, 0.3, 0.4] {
                for lambda in [0.7, 0.8, 0.9] {
                    let mut mix = choice.clone();
                    mix.parts = Parts {
                        collaborative,
                        trending,
                        recency,
                        ..mix.parts
                    };
                    mix.config.diversity_lambda = lambda;
                    mixes.push(mix);
                }
            }
        }
    }
    mixes
}

fn best_mix(views: &Views, split: &Split, choice: &Choice) -> (f64, Choice) {
    let engine = Engine::new(
        &views.jobs,
        split,
        Candidates::Published,
        &choice.config,
        choice.walk,
    );
    let mixes = mixes(choice);
    let settings: Vec<_> = mixes.iter().map(Choice::setting).collect();
    let mut best = (0.0, choice.clone());
    for (mix, lists) in mixes.into_iter().zip(engine.lists(&settings)) {
        let found = mean(&recalls(split, &lists));
        println!(
            "  collaborative {}, trending {}, recency {}, lambda {}: {found:.4}",
            mix.parts.collaborative,
            mix.parts.trending,
            mix.parts.recency,
            mix.config.diversity_lambda
        );
        if found > best.0 {
            best = (found, mix);
        }
    }
    best
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}

/// First the blocks, one after the other, each step of which is printed when it helps;
/// then the mix of the sources.
pub(super) fn tune(views: &Views, split: &Split, start: Choice) -> Choice {
    let recall = |choice: &Choice| {
        let engine = Engine::new(
            &views.jobs,
            split,
            Candidates::Published,
            &choice.config,
            choice.walk,
        );
        mean(&recalls(split, &engine.lists(&[choice.setting()])[0]))
    };
    let mut best = (recall(&start), start);
    println!(
        "validation: Recall@20 {:.4} with the configured weights",
        best.0
    );
    for (name, change, values) in CHANGES {
        for value in *values {
            let mut choice = best.1.clone();
            change(&mut choice, *value);
            if choice != best.1 {
                let found = recall(&choice);
                if found > best.0 + 1e-9 {
                    println!("  {name} {value}: {found:.4}");
                    best = (found, choice);
                }
            }
        }
    }
    best_mix(views, split, &best.1).1
}
