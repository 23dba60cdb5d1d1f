//! Items that go with an item: random walks (RP3beta) and cosine (item kNN).

use rayon::prelude::*;

use super::{Interactions, Row, Scorer};

/// For each item the items that go with it and how strongly, pruned.
#[derive(Clone, Debug, PartialEq)]
pub struct Neighbourhood {
    starts: Vec<usize>,
    others: Vec<u32>,
    weights: Vec<f32>,
}

impl Default for Neighbourhood {
    /// Of no items.
    fn default() -> Self {
        Self::new(Vec::new())
    }
}

impl Neighbourhood {
    /// The items that go with an item, in rising order of their numbers.
    pub fn of(&self, item: u32) -> Row<'_> {
        let range = self.starts[item as usize]..self.starts[item as usize + 1];
        Row {
            items: &self.others[range.clone()],
            weights: &self.weights[range],
        }
    }

    pub fn items(&self) -> usize {
        self.starts.len() - 1
    }

    /// Kept pairs.
    pub fn len(&self) -> usize {
        self.others.len()
    }

    pub fn is_empty(&self) -> bool {
        self.others.is_empty()
    }

    /// Of one list of `(other, weight)` for each item, in order of the others.
    pub fn new(lists: Vec<Vec<(u32, f32)>>) -> Self {
        let mut starts = Vec::with_capacity(lists.len() + 1);
        starts.push(0);
        let total = lists.iter().map(Vec::len).sum();
        let (mut others, mut weights) = (Vec::with_capacity(total), Vec::with_capacity(total));
        for list in lists {
            for (other, weight) in list {
                others.push(other);
                weights.push(weight);
            }
            starts.push(others.len());
        }
        Self {
            starts,
            others,
            weights,
        }
    }
}

impl Scorer for Neighbourhood {
    fn score(&self, row: Row<'_>, scores: &mut [f32]) {
        for (item, weight) in row
            .iter()
            .filter(|(item, _)| (*item as usize) < self.items())
        {
            for (other, strength) in self.of(item).iter() {
                scores[other as usize] += weight * strength;
            }
        }
    }
}

/// What a random walk from item to user to item is like.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RandomWalk {
    /// The power that the walk's probabilities are raised to.
    pub alpha: f64,
    /// How much popular items are held back: 0 not at all, 1 by all of their popularity.
    pub beta: f64,
    /// Kept for each item.
    pub neighbours: usize,
}

impl Default for RandomWalk {
    fn default() -> Self {
        Self {
            alpha: 1.0,
            beta: 0.3,
            neighbours: 100,
        }
    }
}

/// RP3beta: the probability to come from an item to another one over somebody who has
/// both, divided by the other's popularity to the power of beta. No item goes with
/// itself.
pub fn rp3beta(interactions: &Interactions, walk: RandomWalk) -> Neighbourhood {
    let by_item = interactions.transposed();
    let share = |row: Row<'_>| -> f64 { row.weights.iter().map(|&w| f64::from(w)).sum() };
    let of_user: Vec<f64> = (0..interactions.users())
        .map(|user| share(interactions.row(user)))
        .collect();
    let of_item: Vec<f64> = (0..by_item.users())
        .map(|item| share(by_item.row(item)))
        .collect();
    let power = |probability: f64| {
        if walk.alpha == 1.0 {
            probability as f32
        } else {
            probability.powf(walk.alpha) as f32
        }
    };
    let to_item = interactions.map(|user, _, w| power(f64::from(w) / of_user[user]));
    let to_user = by_item.map(|item, _, w| power(f64::from(w) / of_item[item]));
    let held_back: Vec<f32> = of_item
        .iter()
        .map(|&sum| {
            if sum > 0.0 {
                sum.powf(-walk.beta) as f32
            } else {
                0.0
            }
        })
        .collect();
    products(&to_user, &to_item, walk.neighbours, |_, other, value| {
        value * held_back[other as usize]
    })
}

/// How item kNN weighs and prunes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bm25 {
    /// How much a further weight of the same pair counts.
    pub k1: f64,
    /// How much those count less who have many items: 0 not at all.
    pub b: f64,
    /// Kept for each item.
    pub neighbours: usize,
}

impl Default for Bm25 {
    fn default() -> Self {
        Self {
            k1: 100.0,
            b: 0.8,
            neighbours: 200,
        }
    }
}

/// Item kNN: the cosine of two items, whose users are weighed by BM25.
pub fn item_knn(interactions: &Interactions, bm25: Bm25) -> Neighbourhood {
    let by_item = interactions.transposed();
    let items = by_item.users();
    let mean = interactions.len() as f64 / items.max(1) as f64;
    let rarity: Vec<f64> = (0..interactions.users())
        .map(|user| {
            let has = interactions.row(user).items.len() as f64;
            (items as f64 / (1.0 + has)).ln().max(0.0)
        })
        .collect();
    let weighed = by_item.map(|item, user, weight| {
        let length = by_item.row(item).items.len() as f64 / mean.max(f64::MIN_POSITIVE);
        let (weight, norm) = (f64::from(weight), 1.0 - bm25.b + bm25.b * length);
        let value = weight * (bm25.k1 + 1.0) / (bm25.k1 * norm + weight);
        (value * rarity[user as usize]) as f32
    });
    let lengths: Vec<f32> = (0..items)
        .map(|item| {
            let squares: f32 = weighed.row(item).weights.iter().map(|w| w * w).sum();
            squares.sqrt()
        })
        .collect();
    let by_user = weighed.transposed();
    products(&weighed, &by_user, bm25.neighbours, |item, other, value| {
        let length = lengths[item as usize] * lengths[other as usize];
        if length > 0.0 { value / length } else { 0.0 }
    })
}

/// The rows of `left` times `right`, each pruned after `finish` and without the diagonal.
fn products(
    left: &Interactions,
    right: &Interactions,
    keep: usize,
    finish: impl Fn(u32, u32, f32) -> f32 + Sync,
) -> Neighbourhood {
    let lists = (0..left.users())
        .into_par_iter()
        .map_init(
            || (vec![0.0_f32; right.items()], Vec::new()),
            |(sums, touched), item| {
                for (middle, weight) in left.row(item).iter() {
                    for (other, value) in right.row(middle as usize).iter() {
                        let sum = &mut sums[other as usize];
                        if *sum == 0.0 {
                            touched.push(other);
                        }
                        *sum += weight * value;
                    }
                }
                let item = item as u32;
                let found = touched
                    .drain(..)
                    .map(|other: u32| (other, std::mem::take(&mut sums[other as usize])))
                    .filter(|(other, _)| *other != item)
                    .map(|(other, value)| (other, finish(item, other, value)))
                    .filter(|(_, value)| *value > 0.0)
                    .collect();
                strongest(found, keep)
            },
        )
        .collect();
    Neighbourhood::new(lists)
}

/// The `keep` strongest, of equals those with the lower numbers; in order of the numbers.
fn strongest(mut list: Vec<(u32, f32)>, keep: usize) -> Vec<(u32, f32)> {
    if list.len() > keep {
        let order = |a: &(u32, f32), b: &(u32, f32)| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0));
        if keep > 0 {
            list.select_nth_unstable_by(keep - 1, order);
        }
        list.truncate(keep);
    }
    list.sort_unstable_by_key(|(other, _)| *other);
    list
}
