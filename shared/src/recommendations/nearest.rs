//! The nearest of all jobs to each, by the products of all pairs: no pair is left out.

use std::ops::Range;

use super::{
    held::Held,
    kernel::{Index, Match, Scratch},
    tiles::{Rows, TILE},
};

/// Jobs whose sums are made together. Tiles end where some of these do.
pub const ROWS: usize = 256;

/// The `k` most alike of each job, best first, equals in order of the jobs.
pub fn all(index: &Index, k: usize) -> Vec<Vec<Match>> {
    let tiles = index.tiles();
    let jobs = index.model().jobs.len();
    let mut held = Held::new(jobs, k);
    let mut sums = vec![[0.0; TILE]; ROWS];
    for from in (0..jobs).step_by(ROWS) {
        let of = from..(from + ROWS).min(jobs);
        let rows = rows(index, of.clone());
        for tile in from / TILE..tiles.count() {
            // Each pair once: of the tile that the rows are in, what follows them.
            tiles.sum(&rows, tile, Some(from), &mut sums);
            held.take_both(of.clone(), tiles.jobs_of(tile), &sums);
        }
    }
    ranked(index, 0..jobs, held, k)
}

/// The same for some of the jobs alone.
pub fn of(index: &Index, jobs: Range<usize>, k: usize) -> Vec<Vec<Match>> {
    let tiles = index.tiles();
    let mut held = Held::new(jobs.len(), k);
    let mut sums = vec![[0.0; TILE]; ROWS];
    for from in jobs.clone().step_by(ROWS) {
        let of = from..(from + ROWS).min(jobs.end);
        let rows = rows(index, of.clone());
        for tile in 0..tiles.count() {
            tiles.sum(&rows, tile, None, &mut sums);
            let others = tiles.jobs_of(tile);
            for (job, sums) in of.clone().zip(&mut sums) {
                if others.contains(&job) {
                    sums[job - others.start] = 0.0;
                }
            }
            held.take(from - jobs.start..of.end - jobs.start, others, &sums);
        }
    }
    ranked(index, jobs, held, k)
}

fn rows(index: &Index, jobs: Range<usize>) -> Rows {
    index
        .tiles()
        .rows(jobs.map(|job| index.of_length_one(job as u32)))
}

/// By the likeness that is computed for a pair alone, so that it does not matter in
/// which parts the sums were made.
fn ranked(index: &Index, jobs: Range<usize>, held: Held, k: usize) -> Vec<Vec<Match>> {
    let mut scratch = Scratch::default();
    jobs.zip(held.finish())
        .map(|(job, others)| index.rank(&mut scratch, job as u32, others, k))
        .collect()
}

#[cfg(test)]
#[path = "nearest_tests.rs"]
mod tests;
