//! The jobs of an index, laid out for products with many vectors.
//!
//! Terms that many jobs have are the columns of a dense matrix, whose products a
//! library makes faster than any list of jobs could be walked. The other terms are
//! lists of jobs, cut into tiles of [`TILE`] jobs, so that the sums of a tile stay in
//! the nearest cache. Nothing is left out: the sums are exact but for their 32 bits.

use std::ops::Range;

use ndarray::{Array2, ArrayViewMut2, Axis, Slice, linalg::general_mat_mul};

use super::model::Feature;

/// Jobs of a tile; the numbers within fit 16 bits.
pub(super) const TILE: usize = 2048;
/// Terms that a larger share of the jobs has are columns of the matrix.
const DENSE_SHARE: f64 = 0.16;

/// Of one vector with the jobs of a tile.
pub(super) type Sums = [f32; TILE];

/// Jobs by what they have of each feature.
#[derive(Clone, Default)]
pub(super) struct Tiles {
    /// Of each feature: its column, or beyond the columns the number of its list.
    places: Vec<u32>,
    jobs: usize,
    /// Jobs by columns.
    dense: Array2<f32>,
    tiles: Vec<Tile>,
}

/// The lists of the terms that are no columns, for some jobs: those from `starts` of a
/// term to that of the next.
#[derive(Clone)]
struct Tile {
    starts: Vec<u32>,
    jobs: Vec<u16>,
    weights: Vec<f32>,
}

/// Vectors whose sums are made together.
pub(super) struct Rows {
    dense: Array2<f32>,
    /// The lists that each is in, with its weights.
    lists: Vec<Vec<(usize, f32)>>,
}

impl Tiles {
    /// `vectors` tells what a job has, by its number.
    pub(super) fn new<V>(features: usize, jobs: usize, vectors: impl Fn(u32) -> V) -> Self
    where
        V: Iterator<Item = (Feature, f32)>,
    {
        let mut frequencies = vec![0_u32; features];
        for job in 0..jobs as u32 {
            for (feature, _) in vectors(job) {
                frequencies[feature as usize] += 1;
            }
        }
        let is_dense = |frequency: u32| f64::from(frequency) > DENSE_SHARE * jobs as f64;
        let columns = frequencies.iter().filter(|df| is_dense(**df)).count();
        let (mut column, mut list) = (0, columns as u32);
        let places = frequencies
            .iter()
            .map(|&frequency| {
                let next = match is_dense(frequency) {
                    true => &mut column,
                    false => &mut list,
                };
                *next += 1;
                *next - 1
            })
            .collect();
        let mut tiles = Self {
            places,
            jobs: 0,
            dense: Array2::zeros((0, columns)),
            tiles: Vec::with_capacity(jobs.div_ceil(TILE)),
        };
        tiles.grow(jobs, vectors);
        tiles
    }

    /// Takes in the jobs after those that are there, so that there are `jobs`.
    pub(super) fn grow<V>(&mut self, jobs: usize, vectors: impl Fn(u32) -> V)
    where
        V: Iterator<Item = (Feature, f32)>,
    {
        // The last tile may have room left; it is laid out anew.
        let kept = self.jobs / TILE * TILE;
        self.tiles.truncate(kept / TILE);
        let columns = self.columns();
        let lists = self.places.len() - columns;
        let mut dense = Array2::zeros((jobs, columns));
        let rows = Slice::from(..kept);
        dense
            .slice_axis_mut(Axis(0), rows)
            .assign(&self.dense.slice_axis(Axis(0), rows));
        for from in (kept..jobs).step_by(TILE) {
            let mut sparse = Vec::new();
            for job in from..(from + TILE).min(jobs) {
                for (feature, weight) in vectors(job as u32) {
                    let place = self.places[feature as usize] as usize;
                    match place.checked_sub(columns) {
                        None => dense[[job, place]] = weight,
                        Some(list) => sparse.push((list, (job - from) as u16, weight)),
                    }
                }
            }
            self.tiles.push(Tile::new(lists, &sparse));
        }
        self.dense = dense;
        self.jobs = jobs;
    }

    /// How many tiles there are.
    pub(super) fn count(&self) -> usize {
        self.tiles.len()
    }

    pub(super) fn columns(&self) -> usize {
        self.dense.ncols()
    }

    /// The jobs of a tile.
    pub(super) fn jobs_of(&self, tile: usize) -> Range<usize> {
        tile * TILE..((tile + 1) * TILE).min(self.jobs)
    }

    /// Vectors laid out for products with the jobs.
    pub(super) fn rows<V>(&self, vectors: impl ExactSizeIterator<Item = V>) -> Rows
    where
        V: Iterator<Item = (Feature, f32)>,
    {
        let columns = self.columns();
        let mut dense = Array2::zeros((vectors.len(), columns));
        let lists = vectors
            .enumerate()
            .map(|(row, vector)| {
                let mut lists = Vec::with_capacity(vector.size_hint().0);
                for (feature, weight) in vector {
                    let place = self.places[feature as usize] as usize;
                    match place.checked_sub(columns) {
                        None => dense[[row, place]] = weight,
                        Some(list) => lists.push((list, weight)),
                    }
                }
                lists
            })
            .collect();
        Rows { dense, lists }
    }

    /// The products of `rows` with the jobs of a tile, in the order of both. With `first`
    /// the rows are the jobs from that on, and their products with jobs that do not come
    /// after them are not to be used.
    pub(super) fn sum(&self, rows: &Rows, tile: usize, first: Option<usize>, sums: &mut [Sums]) {
        let columns = self.jobs_of(tile);
        let first = first.filter(|first| columns.contains(first));
        let skipped = first.map_or(0, |first| first - columns.start);
        self.multiply(rows, columns.start + skipped..columns.end, skipped, sums);
        let tile = &self.tiles[tile];
        for (row, (lists, sums)) in rows.lists.iter().zip(sums).enumerate() {
            for &(list, weight) in lists {
                let (jobs, weights) = tile.list(list);
                let skipped = first.map_or(0, |first| {
                    jobs.partition_point(|job| columns.start + *job as usize <= first + row)
                });
                scatter(sums, &jobs[skipped..], &weights[skipped..], weight);
            }
        }
    }

    /// The products of the columns with jobs of a tile that begin at `place` of it.
    fn multiply(&self, rows: &Rows, jobs: Range<usize>, place: usize, sums: &mut [Sums]) {
        let mut sums = ArrayViewMut2::from(&mut sums[..rows.lists.len()]);
        let mut sums = sums.slice_axis_mut(Axis(1), Slice::from(place..place + jobs.len()));
        let jobs = self.dense.slice_axis(Axis(0), Slice::from(jobs));
        general_mat_mul(1.0, &rows.dense, &jobs.t(), 0.0, &mut sums);
    }
}

fn scatter(sums: &mut Sums, jobs: &[u16], weights: &[f32], weight: f32) {
    for (job, other) in jobs.iter().zip(weights) {
        // What is no place of the tile does not occur; so nothing has to be checked.
        sums[*job as usize % TILE] += weight * other;
    }
}

impl Tile {
    /// Of list, job and weight, in order of the jobs.
    fn new(lists: usize, entries: &[(usize, u16, f32)]) -> Self {
        let mut starts = vec![0_u32; lists + 1];
        for (list, _, _) in entries {
            starts[list + 1] += 1;
        }
        for at in 0..lists {
            starts[at + 1] += starts[at];
        }
        let mut next = starts.clone();
        let mut jobs = vec![0; entries.len()];
        let mut weights = vec![0.0; entries.len()];
        for &(list, job, weight) in entries {
            let at = next[list] as usize;
            next[list] += 1;
            (jobs[at], weights[at]) = (job, weight);
        }
        Self {
            starts,
            jobs,
            weights,
        }
    }

    fn list(&self, list: usize) -> (&[u16], &[f32]) {
        let range = self.starts[list] as usize..self.starts[list + 1] as usize;
        (&self.jobs[range.clone()], &self.weights[range])
    }
}
