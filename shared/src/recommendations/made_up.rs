//! Jobs for tests.

use rand::{Rng, SeedableRng, rngs::StdRng};
use uuid::Uuid;

use super::model::JobText;

/// Of a few common and many rare words, some of them the same and some without a word.
pub(super) fn jobs(count: usize) -> Vec<JobText> {
    let mut random = StdRng::seed_from_u64(1);
    (0..count)
        .map(|number| {
            let words: Vec<String> = (0..number % 13)
                .map(|_| {
                    let share: f64 = random.random();
                    format!("word{}", (share.powi(4) * 300.0) as u32)
                })
                .collect();
            JobText {
                id: Uuid::from_u128(number as u128),
                title: words.join(" "),
                location: ["Berlin", "Paris", ""][number % 3].to_owned(),
                ..JobText::default()
            }
        })
        .collect()
}
