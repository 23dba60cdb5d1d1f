//! Medians, percentiles and the machine's mood.

use std::{hint::black_box, time::Instant};

/// Milliseconds that a fixed amount of computing takes now: what other users of
/// the machine and its clock do to the figure beside it.
pub(super) fn calibrate() -> f64 {
    let begun = Instant::now();
    let mut state = black_box(0x9e37_79b9_7f4a_7c15_u64);
    for _ in 0..50_000_000 {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
    }
    black_box(state);
    begun.elapsed().as_secs_f64() * 1e3
}

/// The value below which this share of the others lies; NaN of none.
pub(super) fn percentile(values: &[f64], share: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let place = (share * (sorted.len().max(1) - 1) as f64).round() as usize;
    sorted.get(place).copied().unwrap_or(f64::NAN)
}

pub(super) fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    percentile(&values.into_iter().collect::<Vec<_>>(), 0.5)
}

/// A row of a table in Markdown.
pub(super) fn row<const N: usize>(cells: [&dyn std::fmt::Display; N]) -> String {
    let cells: Vec<_> = cells.iter().map(ToString::to_string).collect();
    format!("| {} |", cells.join(" | "))
}

pub(super) fn thousands(per_second: f64) -> String {
    format!("{:.1} k/s", per_second / 1e3)
}
