//! One score out of several, and the arms that weigh them differently.

use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::{Algorithm, diversity::Taste, ranking::Recipe};
use crate::config;

/// A way to weigh the parts of a score, by name, so that lists can be compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, sqlx::Type)]
#[sqlx(type_name = "recommendation_arm", rename_all = "snake_case")]
pub enum Arm {
    /// Likeness of profile and job alone.
    Content,
    /// What similar people did alone.
    Collaborative,
    /// The default: mostly content.
    Hybrid,
    /// The weights of the product's first description: half content, 0.3
    /// collaborative, 0.2 trending.
    SpecWeights,
    Trending,
}

impl Arm {
    pub const ALL: [Self; 5] = [
        Self::Content,
        Self::Collaborative,
        Self::Hybrid,
        Self::SpecWeights,
        Self::Trending,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::Content => "content",
            Self::Collaborative => "collaborative",
            Self::Hybrid => "hybrid",
            Self::SpecWeights => "spec_weights",
            Self::Trending => "trending",
        }
    }

    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|arm| arm.name() == name)
    }

    pub fn algorithm(self) -> Algorithm {
        match self {
            Self::Content => Algorithm::ContentBased,
            Self::Collaborative => Algorithm::Collaborative,
            Self::Hybrid | Self::SpecWeights => Algorithm::Hybrid,
            Self::Trending => Algorithm::Trending,
        }
    }

    /// What counts in this arm; `configured` is what counts in the default one.
    pub fn weights(self, configured: Parts) -> Parts {
        let nothing = Parts::default();
        match self {
            Self::Content => Parts {
                content: 1.0,
                ..nothing
            },
            Self::Collaborative => Parts {
                collaborative: 1.0,
                ..nothing
            },
            Self::Hybrid => configured,
            Self::SpecWeights => Parts {
                content: 0.5,
                collaborative: 0.3,
                trending: 0.2,
                ..nothing
            },
            Self::Trending => Parts {
                trending: 1.0,
                ..nothing
            },
        }
    }
}

/// Buckets that users fall into.
const BUCKETS: u64 = 10_000;

/// The arm whose lists a user gets: the same as long as salt and shares are the same.
pub fn arm_of(config: &config::Recommendations, user_id: Uuid) -> Arm {
    let total: u64 = config.arms.iter().map(|(_, share)| u64::from(*share)).sum();
    let mut at = bucket(&config.salt, user_id) * total / BUCKETS;
    for (arm, share) in &config.arms {
        match at.checked_sub(u64::from(*share)) {
            None => return *arm,
            Some(rest) => at = rest,
        }
    }
    Arm::Hybrid
}

fn bucket(salt: &str, user_id: Uuid) -> u64 {
    let digest = Sha256::new()
        .chain_update(salt)
        .chain_update(user_id)
        .finalize();
    let number = digest
        .iter()
        .take(8)
        .fold(0_u64, |number, byte| (number << 8) | u64::from(*byte));
    number % BUCKETS
}

/// How the lists of a user are made.
pub fn recipe_of(config: &config::Recommendations, user_id: Uuid) -> Recipe {
    let arm = arm_of(config, user_id);
    Recipe {
        arm,
        weights: arm.weights(Parts::configured(config)),
        taste: Taste {
            lambda: config.diversity_lambda,
            company_cap: config.max_per_company,
            length: config.per_user,
        },
    }
}

/// Scores, weights or shares of the sources.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Parts {
    pub content: f64,
    pub collaborative: f64,
    pub trending: f64,
    /// How lately the job was published.
    pub recency: f64,
}

impl Parts {
    /// What counts in the default arm.
    pub fn configured(config: &config::Recommendations) -> Self {
        Self {
            content: config.content_weight,
            collaborative: config.collaborative_weight,
            trending: config.trending_weight,
            recency: config.recency_weight,
        }
    }

    pub fn sum(self) -> f64 {
        self.content + self.collaborative + self.trending + self.recency
    }

    pub(super) fn times(self, factor: f64) -> Self {
        self.zip(self, |part, _| part * factor)
    }

    fn zip(self, other: Self, with: impl Fn(f64, f64) -> f64) -> Self {
        Self {
            content: with(self.content, other.content),
            collaborative: with(self.collaborative, other.collaborative),
            trending: with(self.trending, other.trending),
            recency: with(self.recency, other.recency),
        }
    }
}

/// Days after which the recency of a job counts half.
const RECENCY_HALF_LIFE_DAYS: f64 = 21.0;

/// 1 for a job published today, half of it every three weeks; 0 where it is not out yet.
/// Whole days count, so that lists made anew the same day are the same.
pub fn recency(age_days: f64) -> f64 {
    if age_days < 0.0 {
        return 0.0;
    }
    0.5_f64.powf(age_days.floor() / RECENCY_HALF_LIFE_DAYS)
}

/// How much each source adds to the scores of one user's candidates, of which `raw` are
/// the sources' own scores (not below zero): each source in relation to its best
/// candidate, times its weight, and the whole so that the best candidate has 1. Recency
/// is 0 to 1 by itself: where all is old, nothing is new. The shares of a candidate add
/// up to its score.
pub fn blend(raw: &[Parts], weights: Parts) -> Vec<Parts> {
    let best = raw
        .iter()
        .fold(Parts::default(), |best, parts| best.zip(*parts, f64::max));
    let best = Parts {
        recency: 1.0,
        ..best
    };
    let factors = weights.zip(
        best,
        |weight, best| {
            if best > 0.0 { weight / best } else { 0.0 }
        },
    );
    let shares: Vec<Parts> = raw
        .iter()
        .map(|parts| parts.zip(factors, |part, factor| part * factor))
        .collect();
    let most = shares.iter().map(|parts| parts.sum()).fold(0.0, f64::max);
    if most <= 0.0 {
        return vec![Parts::default(); raw.len()];
    }
    shares
        .into_iter()
        .map(|parts| parts.zip(parts, |part, _| part / most))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(content: f64, collaborative: f64, trending: f64) -> Parts {
        Parts {
            content,
            collaborative,
            trending,
            ..Parts::default()
        }
    }

    #[test]
    fn users_fall_into_arms_by_their_shares_and_stay_there() {
        let config = config::Recommendations {
            arms: vec![(Arm::Hybrid, 3), (Arm::Content, 1)],
            ..config::Recommendations::default()
        };
        let users: Vec<Uuid> = (0..4_000).map(Uuid::from_u128).collect();
        let arms: Vec<Arm> = users.iter().map(|user| arm_of(&config, *user)).collect();
        let content = arms.iter().filter(|arm| **arm == Arm::Content).count();
        assert!((900..1_100).contains(&content), "{content}");
        assert!(
            arms.iter()
                .all(|arm| matches!(arm, Arm::Hybrid | Arm::Content))
        );
        let again: Vec<Arm> = users.iter().map(|user| arm_of(&config, *user)).collect();
        assert_eq!(arms, again);
        let salted = config::Recommendations {
            salt: "another".to_owned(),
            ..config
        };
        assert!(
            users
                .iter()
                .zip(&arms)
                .any(|(user, arm)| arm_of(&salted, *user) != *arm)
        );
    }

    #[test]
    fn sources_count_by_weight_whatever_their_scale() {
        let raw = [parts(4.0, 0.0, 100.0), parts(2.0, 0.001, 0.0)];
        let shares = blend(&raw, parts(1.0, 0.3, 0.05));
        assert!((shares[0].sum() - 1.0).abs() < 1e-12);
        assert!((shares[1].content - 0.5 / 1.05).abs() < 1e-12, "{shares:?}");
        assert!((shares[1].collaborative - 0.3 / 1.05).abs() < 1e-12);
    }

    #[test]
    fn recency_fades_and_is_not_stretched_where_all_is_old() {
        assert_eq!([recency(0.0), recency(0.9)], [1.0, 1.0]);
        assert!((recency(RECENCY_HALF_LIFE_DAYS) - 0.5).abs() < 1e-12);
        assert_eq!(recency(-0.1), 0.0);
        let raw = [0.0, 365.0].map(|age_days| Parts {
            content: 1.0,
            recency: recency(age_days),
            ..Parts::default()
        });
        let weights = Parts {
            recency: 0.2,
            ..parts(1.0, 0.0, 0.0)
        };
        let shares = blend(&raw, weights);
        assert!((shares[0].recency - 0.2 / 1.2).abs() < 1e-12, "{shares:?}");
        let old = blend(&raw[1..], weights);
        assert!(old[0].recency < 1e-4 && (old[0].sum() - 1.0).abs() < 1e-12);
    }

    #[test]
    fn a_source_that_says_nothing_adds_nothing() {
        let raw = [parts(0.0, 0.0, 3.0), parts(0.0, 0.0, 0.0)];
        assert_eq!(
            blend(&raw, Arm::Hybrid.weights(parts(1.0, 0.3, 0.05)))[0].trending,
            1.0
        );
        assert_eq!(
            blend(&raw, Arm::Content.weights(parts(1.0, 0.3, 0.05))),
            [Parts::default(); 2]
        );
        assert!(blend(&[], parts(1.0, 1.0, 1.0)).is_empty());
    }
}
