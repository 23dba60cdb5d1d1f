//! What takes from a score: likeness to what somebody said does not interest them, and
//! wishes that a job does not meet. It never takes all: a job that fits stays in sight.

use super::{
    CandidateFacts,
    hybrid::Parts,
    kernel::Index,
    model::{Block, Vector},
    profile::{EventJobs, Profile},
};

/// A job just like one that does not interest them loses this share of its score.
const DISLIKED: f64 = 0.5;
/// One that pays less than they ask for.
const UNDERPAID: f64 = 0.3;
/// One that is done from afar, of who does not want that.
const AWAY: f64 = 0.2;
/// In which a job is like another that does not interest somebody: not by its place,
/// which is where they live.
const TELLING: [Block; 3] = [Block::Title, Block::Category, Block::Company];

/// Which shares of a score are taken away.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Doubts {
    pub dislikes: f64,
    pub wishes: f64,
    /// The one of the profile's dislikes that the job is most like.
    pub nearest: Option<usize>,
    pub is_underpaid: bool,
}

/// What is taken from a score; not above zero. Score and this add up.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Lowered {
    pub dislikes: f64,
    pub wishes: f64,
}

impl Lowered {
    pub fn sum(self) -> f64 {
        self.dislikes + self.wishes
    }

    fn times(self, factor: f64) -> Self {
        Self {
            dislikes: self.dislikes * factor,
            wishes: self.wishes * factor,
        }
    }
}

impl Doubts {
    /// What speaks against the job number `job`.
    pub fn of(
        index: &Index,
        events: &EventJobs,
        profile: &Profile,
        job: u32,
        facts: &CandidateFacts,
    ) -> Self {
        let likeness = |number: usize| {
            let vector = events.vector(profile.dislikes[number])?;
            Some((number, telling_likeness(index, vector, index.vector(job))))
        };
        let nearest = (0..profile.dislikes.len())
            .filter_map(likeness)
            .filter(|(_, likeness)| *likeness > 0.0)
            .max_by(|a, b| a.1.total_cmp(&b.1).then(b.0.cmp(&a.0)));
        let is_underpaid = match (&profile.pay, &facts.pay) {
            (Some(wish), Some(pay)) => wish.currency == pay.currency && pay.yearly < wish.yearly,
            _ => false,
        };
        let is_away = facts.is_remote && !profile.is_open_to_remote;
        let share = |applies: bool, share: f64| if applies { share } else { 0.0 };
        Self {
            dislikes: nearest.map_or(0.0, |(_, likeness)| DISLIKED * likeness),
            wishes: share(is_underpaid, UNDERPAID) + share(is_away, AWAY),
            nearest: nearest.map(|(number, _)| number),
            is_underpaid,
        }
    }
}

/// 0 to 1: 1 where title, category and company are the same.
fn telling_likeness(index: &Index, a: &Vector, b: &Vector) -> f64 {
    let most: f64 = TELLING
        .iter()
        .map(|block| index.weights()[*block as usize])
        .sum();
    let both = a.iter().filter_map(|&(feature, weight)| {
        if !TELLING.contains(&index.model().block_of(feature)) {
            return None;
        }
        let at = b.binary_search_by_key(&feature, |(other, _)| *other).ok()?;
        Some(index.weight_of(feature) * f64::from(weight) * f64::from(b[at].1))
    });
    if most > 0.0 {
        (both.sum::<f64>() / most).clamp(0.0, 1.0)
    } else {
        0.0
    }
}

/// Takes from the scores what the doubts say and makes the best of them 1 again. Where
/// nobody doubts anything, nothing changes.
pub fn lower(shares: &mut [Parts], doubts: &[Doubts]) -> Vec<Lowered> {
    let mut lowered: Vec<Lowered> = shares
        .iter()
        .zip(doubts)
        .map(|(shares, doubts)| Lowered {
            dislikes: -shares.sum() * doubts.dislikes,
            wishes: -shares.sum() * (1.0 - doubts.dislikes) * doubts.wishes,
        })
        .collect();
    if lowered.iter().all(|one| one.sum() == 0.0) {
        return vec![Lowered::default(); shares.len()];
    }
    let most = shares
        .iter()
        .zip(&lowered)
        .map(|(shares, lowered)| shares.sum() + lowered.sum())
        .fold(0.0, f64::max);
    if most > 0.0 {
        for (shares, lowered) in shares.iter_mut().zip(&mut lowered) {
            *shares = shares.times(1.0 / most);
            *lowered = lowered.times(1.0 / most);
        }
    }
    lowered
}

#[cfg(test)]
mod tests {
    use super::*;

    fn content(content: f64) -> Parts {
        Parts {
            content,
            ..Parts::default()
        }
    }

    #[test]
    fn what_is_taken_adds_up_and_the_best_has_one_again() {
        let mut shares = [content(1.0), content(0.9), content(0.5)];
        let doubts = [
            Doubts {
                dislikes: 0.5,
                wishes: 0.3,
                ..Doubts::default()
            },
            Doubts::default(),
            Doubts::default(),
        ];
        let lowered = lower(&mut shares, &doubts);
        let scores: Vec<f64> = shares
            .iter()
            .zip(&lowered)
            .map(|(shares, lowered)| shares.sum() + lowered.sum())
            .collect();
        for (score, expected) in scores.iter().zip([0.35 / 0.9, 1.0, 0.5 / 0.9]) {
            assert!((score - expected).abs() < 1e-12, "{scores:?}");
        }
        assert!(lowered[0].dislikes < 0.0 && lowered[0].wishes < 0.0);
    }

    #[test]
    fn without_doubts_nothing_changes() {
        let before = [content(0.999_999), content(0.3)];
        let mut shares = before;
        let lowered = lower(&mut shares, &[Doubts::default(); 2]);
        assert_eq!((shares, lowered), (before, vec![Lowered::default(); 2]));
    }
}
