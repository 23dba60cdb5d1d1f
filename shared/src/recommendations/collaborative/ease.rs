//! EASE: the item-item weights that rebuild each user's row best from its other items.
//!
//! With the Gram matrix `G = X'X` and `P = (G + Λ)^-1` they are `B = I - P diag(P)^-1`
//! (in closed form, zero on the diagonal). Dense: for catalogues of some thousand items.

use ndarray::Array2;

use super::{Interactions, NotPositiveDefinite, Row, Scorer, cholesky};

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EaseParams {
    /// Added to the diagonal.
    pub lambda: f64,
    /// Share of a row that is thought to be missing: adds `dropout / (1 - dropout)` times
    /// the diagonal to it, which holds back popular items. From 0 to below 1.
    pub dropout: f64,
    /// How much users with many items are held back: their rows are divided by their
    /// length to this power.
    pub row_power: f64,
}

impl Default for EaseParams {
    fn default() -> Self {
        Self {
            lambda: 250.0,
            dropout: 0.0,
            row_power: 0.0,
        }
    }
}

/// Fitted weights.
#[derive(Clone, Debug, PartialEq)]
pub struct Ease {
    /// What an item (row) says for another one (column).
    weights: Array2<f32>,
}

impl Ease {
    /// # Errors
    /// When lambda is too small (or not a number) for these data.
    pub fn fit(
        interactions: &Interactions,
        params: EaseParams,
    ) -> Result<Self, NotPositiveDefinite> {
        let mut weights = gram(interactions, params.row_power);
        let stretch = 1.0 + params.dropout / (1.0 - params.dropout);
        for value in weights.diag_mut() {
            *value = (f64::from(*value) * stretch + params.lambda) as f32;
        }
        cholesky::invert(&mut weights)?;
        let factors = weights.diag().mapv(|value| -1.0 / value);
        for mut row in weights.rows_mut() {
            row *= &factors;
        }
        weights.diag_mut().fill(0.0);
        Ok(Self { weights })
    }

    /// What `item` says for every item.
    pub fn of(&self, item: u32) -> &[f32] {
        let items = self.weights.ncols();
        let from = item as usize * items;
        self.weights
            .as_slice()
            .and_then(|all| all.get(from..from + items))
            .unwrap_or_default()
    }
}

impl Scorer for Ease {
    fn score(&self, row: Row<'_>, scores: &mut [f32]) {
        for (item, weight) in row.iter() {
            for (score, strength) in scores.iter_mut().zip(self.of(item)) {
                *score += weight * strength;
            }
        }
    }
}

/// The lower triangle of `X'X`, a row at a time, so that sums stay in the cache.
fn gram(interactions: &Interactions, row_power: f64) -> Array2<f32> {
    let scaled;
    let interactions = if row_power == 0.0 {
        interactions
    } else {
        scaled = interactions.map(|user, _, weight| {
            let length = interactions.row(user).items.len() as f64;
            (f64::from(weight) * length.powf(-row_power)) as f32
        });
        &scaled
    };
    let by_item = interactions.transposed();
    let mut gram = Array2::zeros((interactions.items(), interactions.items()));
    for (item, mut sums) in gram.rows_mut().into_iter().enumerate() {
        let Some(sums) = sums.as_slice_mut() else {
            continue;
        };
        for (user, weight) in by_item.row(item).iter() {
            let row = interactions.row(user as usize);
            for (other, value) in row.iter().take_while(|(other, _)| *other as usize <= item) {
                sums[other as usize] += weight * value;
            }
        }
    }
    gram
}
