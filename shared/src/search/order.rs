//! What lists are ordered by beside relevance and date: pay and distance.
//!
//! Each match has a key, the least first; of equal keys the newest comes first.
//! Tokens look up any span of keys, so a list is read a span at a time.

use super::{
    climb::Effort,
    conditions::{Conditions, Group},
    locality::{Ring, near_places},
    pay,
    tokens::{Kind, token},
};

/// Keys from one to another, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Keys {
    pub(super) from: i32,
    pub(super) to: i32,
}

impl Keys {
    pub(super) fn is_one(self) -> bool {
        self.from == self.to
    }
}

#[derive(Clone, Debug)]
pub(super) enum Order {
    /// What a year may pay at most, the highest first; then what is not told.
    Pay,
    /// From the nearest place asked for, the nearest first; then what lies in an
    /// area asked for, and not within the radius.
    Distance(Reach),
}

/// The places within a radius.
#[derive(Clone, Debug)]
pub(super) struct Reach {
    /// By key, with the token of each.
    places: Vec<(i32, i32)>,
    /// The key of the radius.
    radius: i32,
    has_areas: bool,
}

/// The key of pay that is not told, after all steps, which count down to 0.
pub(super) const PAY_UNKNOWN: i32 = 1;
/// The key of what is not within the radius. Others are tenths of kilometres.
pub(super) const FAR: i32 = 1_000_000;
/// Below every key.
const FIRST: i32 = i32::MIN;
/// Places that are looked up at once.
const MOST_PLACES: usize = 1_000;

impl Order {
    /// None where the conditions name no place.
    pub(super) fn by_distance(conditions: &Conditions) -> Option<Self> {
        let near = conditions.near.as_ref()?;
        if near.points.is_empty() {
            return None;
        }
        Some(Self::Distance(Reach {
            places: near_places(near),
            radius: tenths(near.radius_km.into()),
            has_areas: !near.areas.is_empty(),
        }))
    }

    /// The last key but the one of what has none of its own.
    fn last(&self) -> i32 {
        match self {
            Self::Pay => 0,
            Self::Distance(reach) => reach.radius,
        }
    }

    /// The key of what has none of its own.
    fn rest(&self) -> Option<i32> {
        match self {
            Self::Pay => Some(PAY_UNKNOWN),
            Self::Distance(reach) => reach.has_areas.then_some(FAR),
        }
    }

    /// The conditions, and a key in the span.
    pub(super) fn narrowed(&self, conditions: &Conditions, keys: Keys) -> Conditions {
        let mut narrowed = conditions.clone();
        let tokens = match self {
            Self::Pay if keys.from == PAY_UNKNOWN => vec![token(Kind::SalaryUnknown, 0)],
            Self::Pay => pay::cover(keys.to.saturating_neg(), keys.from.saturating_neg()),
            Self::Distance(reach) => {
                if let Some(near) = &mut narrowed.near {
                    near.ring = match keys.from {
                        FAR => Ring::Beyond,
                        _ => Ring::Tenths(keys.from.max(0), keys.to),
                    };
                }
                match keys.from {
                    FAR => return narrowed,
                    _ => reach.tokens(keys),
                }
            }
        };
        // Also where there is none: then nothing has such a key.
        narrowed.groups.push(Group {
            facet: None,
            tokens,
        });
        narrowed
    }

    /// The span that is to be read next, from `from` on: few enough matches to sort, or
    /// one key. `sample` are the keys of some matches, in order, each of which
    /// stands for `weight`.
    pub(super) fn next_keys(
        &self,
        effort: Effort,
        from: Option<i32>,
        sample: &[i32],
        weight: f64,
    ) -> Option<Keys> {
        let wanted = 2.0 * f64::from(effort.block);
        let most_of_one = f64::from(effort.all);
        let from = from.unwrap_or(FIRST);
        if from > self.last() {
            let rest = self.rest().filter(|rest| from <= *rest)?;
            return Some(Keys {
                from: rest,
                to: rest,
            });
        }
        let mut to = self.last();
        let mut counted = 0.0;
        let ahead = &sample[sample.partition_point(|key| *key < from)..];
        for equal in ahead.chunk_by(|a, b| a == b) {
            let (Some(key), count) = (equal.first(), equal.len()) else {
                break;
            };
            if *key > self.last() {
                break;
            }
            let weighs = count as f64 * weight;
            let is_heavy = count > 1 && weighs > most_of_one;
            if is_heavy {
                to = if *key > from { key - 1 } else { from };
                break;
            }
            counted += weighs;
            if counted >= wanted {
                to = *key;
                break;
            }
        }
        Some(Keys {
            from,
            to: self.lookable(from, to),
        })
    }

    /// `to`, or less where too many places lie before it.
    fn lookable(&self, from: i32, to: i32) -> i32 {
        let Self::Distance(reach) = self else {
            return to;
        };
        let first = reach.places.partition_point(|(key, _)| *key < from);
        let most = reach.places.get(first.saturating_add(MOST_PLACES));
        most.map_or(to, |(key, _)| to.min(*key).max(from))
    }
}

impl Reach {
    /// Of the places with these keys; SQL may find a place a tenth nearer or farther.
    fn tokens(&self, keys: Keys) -> Vec<i32> {
        let first = self
            .places
            .partition_point(|(key, _)| *key < keys.from.saturating_sub(1));
        let places = self.places[first..].iter();
        places
            .take_while(|(key, _)| *key <= keys.to.saturating_add(1))
            .map(|(_, token)| *token)
            .collect()
    }
}

pub(super) fn tenths(km: f64) -> i32 {
    ((km * 10.0).floor() as i32).clamp(0, FAR - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spans(order: &Order, sample: &[i32], weight: f64) -> Vec<Keys> {
        let mut spans = vec![];
        let mut from = None;
        while let Some(keys) = order.next_keys(Effort::default(), from, sample, weight) {
            from = Some(keys.to + 1);
            spans.push(keys);
        }
        spans
    }

    #[test]
    fn spans_leave_nothing_out_and_part_heavy_keys() {
        let sample = [-900, -800, -800, -800, -700, -600, -600, 1, 1];
        let spans = spans(&Order::Pay, &sample, 400.0);
        let told: Vec<(i32, i32)> = spans.iter().map(|keys| (keys.from, keys.to)).collect();
        assert_eq!(
            told,
            [
                (FIRST, -900),
                (-899, -801),
                (-800, -800),
                (-799, -700),
                (-699, -601),
                (-600, -600),
                (-599, 0),
                (1, 1)
            ]
        );
    }

    #[test]
    fn few_of_a_sample_are_read_together() {
        let sample: Vec<i32> = (-400..0).collect();
        let spans = spans(&Order::Pay, &sample, 1.5);
        assert_eq!(spans.len(), 4, "{spans:?}");
        assert!(spans.windows(2).all(|two| two[0].to + 1 == two[1].from));
    }
}
