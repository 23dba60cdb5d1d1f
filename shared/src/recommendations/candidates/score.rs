//! How well a freelancer fits a job.

use std::collections::BTreeMap;

use uuid::Uuid;

use super::grounds::{Ground, Reason};
use crate::recommendations::{
    kernel::Index,
    model::{Block, JobText, Vector},
    profile::{Interests, Profile, Source},
};

/// What it counts that the job pays what somebody asks for.
const PAY: f64 = 0.1;

/// A freelancer and what speaks for them.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Weighed {
    pub(super) user_id: Uuid,
    pub(super) score: f64,
    pub(super) reasons: Vec<Reason>,
}

impl Weighed {
    /// The score as cursors hold it: a whole number comes back as it was given.
    pub(super) fn points(&self) -> u64 {
        (self.score * 1e9).round() as u64
    }
}

/// What one ground adds, and by which skill or experience.
#[derive(Default)]
struct Share {
    value: f64,
    by_number: BTreeMap<usize, f64>,
}

pub(super) fn weigh(
    index: &Index,
    job: &JobText,
    vector: &Vector,
    profile: &Profile,
    is_paid_enough: Option<bool>,
) -> Weighed {
    let interests = Interests::new(profile, index.model(), |_| None);
    let most = attainable(index, vector);
    let mut shares: BTreeMap<Ground, Share> = BTreeMap::new();
    for contribution in interests.explain_vector(index, job.id, vector) {
        let Some(ground) = Ground::of(contribution.source).filter(|_| most > 0.0) else {
            continue;
        };
        let value = contribution.value / most * (1.0 - PAY);
        let share = shares.entry(ground).or_default();
        share.value += value;
        if let Source::Skill(number) | Source::Experience(number) = contribution.source {
            *share.by_number.entry(number).or_default() += value;
        }
    }
    // Pay alone is no reason.
    if is_paid_enough == Some(true) && !shares.is_empty() {
        let share = Share {
            value: PAY,
            ..Share::default()
        };
        shares.insert(Ground::Pay, share);
    }
    let mut reasons: Vec<Reason> = shares
        .into_iter()
        .map(|(ground, share)| {
            let mut numbers: Vec<(usize, f64)> = share.by_number.into_iter().collect();
            numbers.sort_by(|a, b| b.1.total_cmp(&a.1));
            let numbers: Vec<usize> = numbers.into_iter().map(|(number, _)| number).collect();
            Reason {
                ground,
                share: share.value,
                text: ground.say(profile, job, &numbers),
            }
        })
        .collect();
    reasons.sort_by(|a, b| b.share.total_cmp(&a.share));
    Weighed {
        user_id: profile.user_id,
        score: reasons.iter().map(|reason| reason.share).sum(),
        reasons,
    }
}

/// What somebody has whose profile says in every block exactly what the job says: no
/// block of a profile is longer than 1. Nobody is asked to name the company.
fn attainable(index: &Index, vector: &Vector) -> f64 {
    let mut squares = [0.0; Block::COUNT];
    for &(feature, weight) in vector {
        let block = index.model().block_of(feature);
        squares[block as usize] += f64::from(weight) * f64::from(weight);
    }
    Block::ALL
        .into_iter()
        .filter(|block| *block != Block::Company)
        .map(|block| index.weights()[block as usize] * f64::sqrt(squares[block as usize]))
        .sum()
}
