//! A made-up file of ratings with the size and the skew of MovieLens-1M's.

use std::{
    fs::File,
    io::{BufWriter, Write},
    path::Path,
};

use rand::{Rng, SeedableRng, rngs::StdRng};

use crate::Result;

const USERS: usize = 6_000;
const ITEMS: usize = 3_100;
const PAIRS: usize = 575_000;
const TASTES: usize = 24;

/// Roughly normal, by the sum of uniform numbers.
fn normal(random: &mut StdRng) -> f64 {
    (0..12).map(|_| random.random::<f64>()).sum::<f64>() - 6.0
}

fn hidden(random: &mut StdRng) -> [f64; TASTES] {
    std::array::from_fn(|at| normal(random) / (1.0 + at as f64).sqrt())
}

/// Each user takes the items of most appeal: popularity, likeness of hidden tastes and
/// chance. How many differs as between few and many hundred.
pub(super) fn write(file: &Path, seed: u64) -> Result<()> {
    let mut random = StdRng::seed_from_u64(seed);
    let items: Vec<([f64; TASTES], f64)> = (0..ITEMS)
        .map(|_| (hidden(&mut random), 1.6 * normal(&mut random)))
        .collect();
    let activities: Vec<f64> = (0..USERS)
        .map(|_| (1.1 * normal(&mut random)).exp())
        .collect();
    let total: f64 = activities.iter().sum();
    let mut out = BufWriter::new(File::create(file)?);
    let mut pairs = 0;
    for (user, activity) in activities.iter().enumerate() {
        let wanted = (PAIRS as f64 * activity / total)
            .round()
            .clamp(5.0, ITEMS as f64 / 3.0);
        let tastes = hidden(&mut random);
        let mut appeals: Vec<(f64, usize)> = items
            .iter()
            .enumerate()
            .map(|(item, (features, popularity))| {
                let likeness: f64 = tastes.iter().zip(features).map(|(a, b)| a * b).sum();
                (
                    popularity + 0.9 * likeness + 1.4 * normal(&mut random),
                    item,
                )
            })
            .collect();
        appeals.sort_by(|a, b| b.0.total_cmp(&a.0));
        for (order, (_, item)) in appeals.iter().take(wanted as usize).enumerate() {
            writeln!(out, "{} {} {order}", user + 1, item + 1)?;
            pairs += 1;
        }
    }
    out.flush()?;
    println!("{pairs} pairs of {USERS} users and {ITEMS} items, seed {seed}");
    Ok(())
}
