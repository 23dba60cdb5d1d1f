//! The nearest of all jobs to each, by the products of all pairs.
//!
//! Terms that many jobs have are the columns of a dense matrix, whose products a
//! library makes faster than any list of jobs could be walked. The other terms are
//! lists of jobs, cut into tiles of [`TILE`] jobs, so that the sums of a tile stay in
//! the nearest cache. No pair is left out: what comes out is exact.

use std::ops::Range;

use ndarray::{Array2, ArrayView2, ArrayViewMut2, Axis, Slice, linalg::general_mat_mul};

use super::kernel::{Index, Match, Scratch};

/// Jobs of a tile; the numbers within fit 16 bits.
const TILE: usize = 2048;
/// Jobs whose sums are made together. Tiles end where some of these do.
pub const ROWS: usize = 256;
/// Terms that a larger share of the jobs has are columns of the matrix.
const DENSE_SHARE: f64 = 0.2;
/// Jobs held in addition to those wanted: the sums that choose are of 32 bits, the
/// order in the end is not.
const SPARE: usize = 4;
/// Those held are sorted out whenever they are so many times as many as are kept.
const HELD: usize = 3;
/// Sums that are looked at together.
const LANES: usize = 16;

/// The jobs of an index, of length 1, laid out for products.
pub struct Products<'a> {
    index: &'a Index,
    /// Of each feature: its column, or beyond the columns the number of its list.
    places: Vec<u32>,
    /// Jobs by columns.
    dense: Array2<f32>,
    tiles: Vec<Tile>,
}

/// The lists of the terms that are no columns, for some jobs: those from `starts` of a
/// term to that of the next.
struct Tile {
    starts: Vec<u32>,
    jobs: Vec<u16>,
    weights: Vec<f32>,
}

/// Of one job with those of a tile.
type Sums = [f32; TILE];

/// Jobs whose sums are made together, and of each the lists that it is in with its weights.
struct Rows {
    jobs: Range<usize>,
    lists: Vec<Vec<(usize, f32)>>,
}

impl<'a> Products<'a> {
    pub fn new(index: &'a Index) -> Self {
        let jobs = index.model().jobs.len();
        let mut frequencies = vec![0_u32; index.model().features()];
        for number in 0..jobs as u32 {
            for (feature, _) in index.vector(number) {
                frequencies[*feature as usize] += 1;
            }
        }
        let is_dense = |frequency: u32| f64::from(frequency) > DENSE_SHARE * jobs as f64;
        let columns = frequencies.iter().filter(|df| is_dense(**df)).count();
        let (mut column, mut list) = (0, columns as u32);
        let places: Vec<u32> = frequencies
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
        let lists = places.len() - columns;
        let mut dense = Array2::zeros((jobs, columns));
        let tiles = (0..jobs)
            .step_by(TILE)
            .map(|from| {
                let mut sparse = Vec::new();
                for job in from..(from + TILE).min(jobs) {
                    for (place, weight) in placed(index, &places, job) {
                        match place.checked_sub(columns) {
                            None => dense[[job, place]] = weight,
                            Some(list) => sparse.push((list, (job - from) as u16, weight)),
                        }
                    }
                }
                Tile::new(lists, &sparse)
            })
            .collect();
        Self {
            index,
            places,
            dense,
            tiles,
        }
    }

    /// The `k` most alike of each job, best first, equals in order of the jobs.
    pub fn all(&self, k: usize) -> Vec<Vec<Match>> {
        let jobs = self.jobs();
        let mut held = Held::new(0..jobs, k + SPARE);
        let mut sums = vec![[0.0; TILE]; ROWS];
        for from in (0..jobs).step_by(ROWS) {
            let rows = self.rows(from, jobs);
            for tile in from / TILE..self.tiles.len() {
                // Each pair once: of the tile that the rows are in, what follows them.
                self.sum(&rows, tile, true, &mut sums);
                held.take_both(rows.jobs.clone(), self.jobs_of(tile), &sums);
            }
        }
        self.ranked(held, k)
    }

    /// The same for some of the jobs alone.
    pub fn of(&self, jobs: Range<usize>, k: usize) -> Vec<Vec<Match>> {
        let mut held = Held::new(jobs.clone(), k + SPARE);
        let mut sums = vec![[0.0; TILE]; ROWS];
        for from in jobs.clone().step_by(ROWS) {
            let rows = self.rows(from, jobs.end);
            for tile in 0..self.tiles.len() {
                self.sum(&rows, tile, false, &mut sums);
                held.take(rows.jobs.clone(), self.jobs_of(tile), &sums);
            }
        }
        self.ranked(held, k)
    }

    fn jobs(&self) -> usize {
        self.index.model().jobs.len()
    }

    fn jobs_of(&self, tile: usize) -> Range<usize> {
        tile * TILE..((tile + 1) * TILE).min(self.jobs())
    }

    /// The products of `rows` with the jobs of a tile, a row of [`TILE`] sums each; if
    /// `after` is set, those with jobs that come before a row are not to be used.
    fn sum(&self, rows: &Rows, tile: usize, after: bool, sums: &mut [Sums]) {
        let columns = self.jobs_of(tile);
        let skipped = match after && columns.contains(&rows.jobs.start) {
            true => rows.jobs.start - columns.start,
            false => 0,
        };
        self.multiply(rows, columns.start + skipped..columns.end, skipped, sums);
        let tile = &self.tiles[tile];
        for ((job, row), sums) in rows.jobs.clone().zip(&rows.lists).zip(sums) {
            for &(list, weight) in row {
                let (jobs, weights) = tile.list(list);
                let skipped = match after && columns.contains(&job) {
                    true => jobs.partition_point(|other| columns.start + *other as usize <= job),
                    false => 0,
                };
                scatter(sums, &jobs[skipped..], &weights[skipped..], weight);
            }
        }
    }

    /// The products of the columns with jobs of a tile that begin at `place` of it.
    fn multiply(&self, rows: &Rows, others: Range<usize>, place: usize, sums: &mut [Sums]) {
        let of = |jobs: &Range<usize>| -> ArrayView2<'_, f32> {
            self.dense.slice_axis(Axis(0), Slice::from(jobs.clone()))
        };
        let mut sums = ArrayViewMut2::from(&mut sums[..rows.jobs.len()]);
        let mut sums = sums.slice_axis_mut(Axis(1), Slice::from(place..place + others.len()));
        general_mat_mul(1.0, &of(&rows.jobs), &of(&others).t(), 0.0, &mut sums);
    }

    /// The next jobs whose sums are made together, from `from` and before `end`.
    fn rows(&self, from: usize, end: usize) -> Rows {
        let jobs = from..(from + ROWS).min(end);
        let columns = self.dense.ncols();
        let lists = jobs.clone().map(|job| {
            placed(self.index, &self.places, job)
                .filter_map(|(place, weight)| Some((place.checked_sub(columns)?, weight)))
                .collect()
        });
        Rows {
            lists: lists.collect(),
            jobs,
        }
    }

    /// By the likeness that is computed for a pair alone, so that it does not matter in
    /// which parts the sums were made.
    fn ranked(&self, held: Held, k: usize) -> Vec<Vec<Match>> {
        let mut scratch = Scratch::default();
        let first = held.jobs.start;
        held.finish()
            .into_iter()
            .enumerate()
            .map(|(at, others)| {
                let others = others.into_iter().map(|(_, job)| job);
                self.index
                    .rank(&mut scratch, (first + at) as u32, others, k)
            })
            .collect()
    }
}

/// A job's terms with the places of their features.
fn placed(index: &Index, places: &[u32], job: usize) -> impl Iterator<Item = (usize, f32)> {
    index
        .of_length_one(job as u32)
        .map(|(feature, weight)| (places[feature as usize] as usize, weight))
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

/// The best found so far of some jobs.
struct Held {
    jobs: Range<usize>,
    kept: usize,
    /// What a sum must be above to matter.
    bars: Vec<f32>,
    found: Vec<Vec<(f32, u32)>>,
}

impl Held {
    fn new(jobs: Range<usize>, kept: usize) -> Self {
        Self {
            bars: vec![0.0; jobs.len()],
            found: vec![Vec::with_capacity(HELD * kept); jobs.len()],
            jobs,
            kept,
        }
    }

    /// Takes notice of the sums for the rows alone.
    fn take(&mut self, rows: Range<usize>, columns: Range<usize>, sums: &[Sums]) {
        for (row, sums) in rows.zip(sums) {
            let at = row - self.jobs.start;
            for (from, lane) in columns
                .clone()
                .step_by(LANES)
                .zip(sums[..columns.len()].chunks(LANES))
            {
                if let Some(lane) = lane.first_chunk()
                    && !any_above(lane, &[f32::INFINITY; LANES], self.bars[at])
                {
                    continue;
                }
                for (column, sum) in (from..).zip(lane) {
                    if *sum > self.bars[at] && column != row {
                        self.push(at, *sum, column);
                    }
                }
            }
        }
    }

    /// Takes notice of the sums for rows and columns, which are all jobs.
    fn take_both(&mut self, rows: Range<usize>, columns: Range<usize>, sums: &[Sums]) {
        for (row, sums) in rows.zip(sums) {
            let mut column = columns.start.max(row + 1);
            while column < columns.end {
                let here = column - columns.start;
                if let (Some(sums), Some(bars)) = (
                    sums[..columns.len()][here..].first_chunk::<LANES>(),
                    self.bars[column..].first_chunk::<LANES>(),
                ) && !any_above(sums, bars, self.bars[row])
                {
                    column += LANES;
                    continue;
                }
                for column in column..(column + LANES).min(columns.end) {
                    let sum = sums[column - columns.start];
                    if sum > self.bars[row] {
                        self.push(row, sum, column);
                    }
                    if sum > self.bars[column] {
                        self.push(column, sum, row);
                    }
                }
                column += LANES;
            }
        }
    }

    fn push(&mut self, at: usize, sum: f32, other: usize) {
        self.found[at].push((sum, other as u32));
        if self.found[at].len() == HELD * self.kept {
            self.cut(at);
        }
    }

    fn cut(&mut self, at: usize) {
        let found = &mut self.found[at];
        if found.len() > self.kept {
            let order = |a: &(f32, u32), b: &(f32, u32)| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1));
            let (_, last, _) = found.select_nth_unstable_by(self.kept - 1, order);
            self.bars[at] = last.0;
            found.truncate(self.kept);
        }
    }

    fn finish(mut self) -> Vec<Vec<(f32, u32)>> {
        for at in 0..self.found.len() {
            self.cut(at);
        }
        self.found
    }
}

/// Without a way out before the end, which a processor does for all at once.
fn any_above(sums: &[f32; LANES], bars: &[f32; LANES], bar: f32) -> bool {
    let mut any = false;
    for (sum, other) in sums.iter().zip(bars) {
        let least = if *other < bar { *other } else { bar };
        any |= *sum > least;
    }
    any
}

#[cfg(test)]
#[path = "nearest_tests.rs"]
mod tests;
