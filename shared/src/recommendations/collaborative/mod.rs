//! What people did with the same things, without looking at the things.
//!
//! [`Interactions`] are users' weights of items. From them come scores of items for
//! a user's row: [`Popularity`], [`Neighbourhood`] (item kNN and [`rp3beta`]) and
//! [`Ease`]. All of it is deterministic: equal data gives equal bytes, on any number of
//! threads.

mod cholesky;
mod ease;
mod interactions;
mod neighbourhood;
mod signals;

pub use self::{
    cholesky::NotPositiveDefinite,
    ease::{Ease, EaseParams},
    interactions::{Interactions, Row},
    neighbourhood::{Bm25, Neighbourhood, RandomWalk, item_knn, rp3beta},
    signals::{Signal, SignalWeights},
};

/// Scores every item for what a user has.
pub trait Scorer: Sync {
    /// Adds up into `scores`, which holds one zero for each item.
    fn score(&self, row: Row<'_>, scores: &mut [f32]);
}

/// How many have an item, for everybody the same.
#[derive(Clone, Debug, PartialEq)]
pub struct Popularity {
    shares: Vec<f32>,
}

impl Popularity {
    pub fn new(interactions: &Interactions) -> Self {
        let counts = interactions.item_counts();
        let most = counts.iter().copied().max().unwrap_or(0).max(1) as f32;
        Self {
            shares: counts.iter().map(|&count| count as f32 / most).collect(),
        }
    }
}

impl Scorer for Popularity {
    fn score(&self, _: Row<'_>, scores: &mut [f32]) {
        for (score, share) in scores.iter_mut().zip(&self.shares) {
            *score += share;
        }
    }
}

#[cfg(test)]
mod tests;
