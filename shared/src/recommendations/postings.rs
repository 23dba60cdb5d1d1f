//! The jobs of each term, for one vector at a time.
//!
//! Tiles serve many vectors, for each of which they are in a near cache already. One
//! alone would look most of its terms up in memory once a tile; here it does once.

use super::{
    model::Feature,
    tiles::{Sums, TILE},
};

/// Of each feature the jobs that have it, in order, with their weights.
#[derive(Clone, Default)]
pub(super) struct Postings(Vec<Vec<(u32, f32)>>);

impl Postings {
    pub(super) fn new(features: usize) -> Self {
        Self(vec![Vec::new(); features])
    }

    /// Takes in a job that comes after all that are there.
    pub(super) fn add(&mut self, job: u32, vector: impl Iterator<Item = (Feature, f32)>) {
        for (feature, weight) in vector {
            self.0[feature as usize].push((job, weight));
        }
    }

    /// The products of a vector with all jobs, by tiles: those that are there are
    /// overwritten.
    pub(super) fn sum(&self, vector: impl Iterator<Item = (Feature, f32)>, sums: &mut [Sums]) {
        sums.as_flattened_mut().fill(0.0);
        for (feature, weight) in vector {
            for &(job, other) in &self.0[feature as usize] {
                sums[job as usize / TILE][job as usize % TILE] += weight * other;
            }
        }
    }
}
