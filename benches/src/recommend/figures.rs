//! Means over users with intervals, by drawing the users again (bootstrap).

use std::{fmt, ops::Range};

use rand::{Rng, SeedableRng, rngs::StdRng};

const DRAWS: usize = 2_000;

/// A mean and the bounds that hold 95 % of the means of drawn users.
pub(super) struct Estimate {
    pub(super) mean: f64,
    pub(super) bounds: Range<f64>,
}

impl fmt::Display for Estimate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Range { start, end } = self.bounds;
        write!(f, "{:.4} ({start:.4} to {end:.4})", self.mean)
    }
}

fn mean(values: impl ExactSizeIterator<Item = f64>) -> f64 {
    let count = values.len().max(1) as f64;
    values.sum::<f64>() / count
}

/// The mean of one value per user.
pub(super) fn estimate(values: &[f64], seed: u64) -> Estimate {
    let of = |drawn: &[usize]| mean(drawn.iter().map(|&user| values[user]));
    Estimate {
        mean: mean(values.iter().copied()),
        bounds: bounds(values.len(), seed, of),
    }
}

/// The mean difference of two values of the same users.
pub(super) fn paired(ours: &[f64], others: &[f64], seed: u64) -> Estimate {
    let differences: Vec<f64> = ours.iter().zip(others).map(|(a, b)| a - b).collect();
    estimate(&differences, seed)
}

/// The bounds of any figure of drawn users.
pub(super) fn bounds(users: usize, seed: u64, figure: impl Fn(&[usize]) -> f64) -> Range<f64> {
    if users == 0 {
        return 0.0..0.0;
    }
    let mut random = StdRng::seed_from_u64(seed);
    let mut figures: Vec<f64> = (0..DRAWS)
        .map(|_| {
            let drawn: Vec<usize> = (0..users).map(|_| random.random_range(0..users)).collect();
            figure(&drawn)
        })
        .collect();
    figures.sort_by(f64::total_cmp);
    figures[DRAWS / 40]..figures[DRAWS - 1 - DRAWS / 40]
}

/// Of one wanted set and a list, best first: recall (of what the list could hold) and
/// NDCG.
pub(super) fn recall_and_ndcg(
    list: &[u32],
    wanted: impl Fn(u32) -> bool,
    wanted_count: usize,
    places: usize,
) -> (f64, f64) {
    let possible = wanted_count.min(places);
    if possible == 0 {
        return (0.0, 0.0);
    }
    let gain = |place: usize| 1.0 / (place as f64 + 2.0).log2();
    let (mut hits, mut gained) = (0, 0.0);
    for (place, &item) in list.iter().take(places).enumerate() {
        if wanted(item) {
            hits += 1;
            gained += gain(place);
        }
    }
    let ideal: f64 = (0..possible).map(gain).sum();
    (hits as f64 / possible as f64, gained / ideal)
}
