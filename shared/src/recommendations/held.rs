//! The best of many sums, kept while the sums come.

use std::ops::Range;

use super::tiles::Sums;

/// Those held are sorted out whenever they are so many times as many as are kept.
const HELD: usize = 3;
/// Held in addition to those wanted: the sums that choose are of 32 bits, the order in
/// the end is not.
const SPARE: usize = 4;
/// Sums that are looked at together.
const LANES: usize = 16;

/// The best found so far of some rows.
pub(super) struct Held {
    kept: usize,
    /// What a sum must be above to matter.
    bars: Vec<f32>,
    found: Vec<Vec<(f32, u32)>>,
}

impl Held {
    /// For those `k` of each row with the largest sums, and some more.
    pub(super) fn new(rows: usize, k: usize) -> Self {
        let kept = k + SPARE;
        Self {
            bars: vec![0.0; rows],
            found: vec![Vec::with_capacity(HELD * kept); rows],
            kept,
        }
    }

    /// Takes notice of the sums of rows with the jobs of a tile.
    pub(super) fn take(&mut self, rows: Range<usize>, jobs: Range<usize>, sums: &[Sums]) {
        for (row, sums) in rows.zip(sums) {
            for (from, lane) in jobs
                .clone()
                .step_by(LANES)
                .zip(sums[..jobs.len()].chunks(LANES))
            {
                if let Some(lane) = lane.first_chunk()
                    && !any_above(lane, &[f32::INFINITY; LANES], self.bars[row])
                {
                    continue;
                }
                for (job, sum) in (from..).zip(lane) {
                    if *sum > self.bars[row] {
                        self.push(row, *sum, job);
                    }
                }
            }
        }
    }

    /// The same where the rows are jobs too: of each job with those after it, for both.
    pub(super) fn take_both(&mut self, rows: Range<usize>, jobs: Range<usize>, sums: &[Sums]) {
        for (row, sums) in rows.zip(sums) {
            let mut job = jobs.start.max(row + 1);
            while job < jobs.end {
                let here = job - jobs.start;
                if let (Some(sums), Some(bars)) = (
                    sums[..jobs.len()][here..].first_chunk::<LANES>(),
                    self.bars[job..].first_chunk::<LANES>(),
                ) && !any_above(sums, bars, self.bars[row])
                {
                    job += LANES;
                    continue;
                }
                for job in job..(job + LANES).min(jobs.end) {
                    let sum = sums[job - jobs.start];
                    if sum > self.bars[row] {
                        self.push(row, sum, job);
                    }
                    if sum > self.bars[job] {
                        self.push(job, sum, row);
                    }
                }
                job += LANES;
            }
        }
    }

    fn push(&mut self, row: usize, sum: f32, job: usize) {
        self.found[row].push((sum, job as u32));
        if self.found[row].len() == HELD * self.kept {
            self.cut(row);
        }
    }

    fn cut(&mut self, row: usize) {
        let found = &mut self.found[row];
        if found.len() > self.kept {
            let order = |a: &(f32, u32), b: &(f32, u32)| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1));
            let (_, last, _) = found.select_nth_unstable_by(self.kept - 1, order);
            self.bars[row] = last.0;
            found.truncate(self.kept);
        }
    }

    /// The jobs held of each row, in no order.
    pub(super) fn finish(mut self) -> impl Iterator<Item = impl Iterator<Item = u32>> {
        for row in 0..self.found.len() {
            self.cut(row);
        }
        self.found
            .into_iter()
            .map(|found| found.into_iter().map(|(_, job)| job))
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
