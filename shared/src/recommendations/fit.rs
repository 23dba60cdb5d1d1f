//! Learning the vocabularies and weighing the jobs.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use rayon::prelude::*;
use uuid::Uuid;

use super::{
    collaborative::{Interactions, RandomWalk, SignalWeights, rp3beta},
    counting::{Counting, Counts, Limits},
    model::{Block, BlockWeights, JobText, Model, ModelJob, Vector, Vocabulary},
    profile::{Event, EventKind},
};

/// Below this number of documents rare words are not rare and common ones not common.
const ENOUGH_DOCUMENTS: usize = 100;
const MOST_TERMS: usize = 200_000;
/// More are no person's.
pub const MOST_DEEDS: usize = 1_000;

/// A model of `jobs`. Equal jobs in equal order give an equal model.
///
/// Each text is read once: its counts are kept until the whole vocabulary is known.
pub fn fit(
    version: Uuid,
    fitted_at: DateTime<Utc>,
    jobs: &[JobText],
    weights: &BlockWeights,
    terms_kept: usize,
) -> Model {
    let learned: Vec<(Vocabulary, Vec<Counts>)> = Block::ALL
        .into_par_iter()
        .map(|block| {
            let mut counting = Counting::default();
            for job in jobs {
                counting.add(|take| job.each_token(block, take));
            }
            counting.finish(limits(block, jobs.len()))
        })
        .collect();
    let (vocabularies, counts): (Vec<Vocabulary>, Vec<_>) = learned.into_iter().unzip();
    let vocabularies = vocabularies.try_into().unwrap_or_default();
    let mut model = Model::new(version, fitted_at, vocabularies);
    let vectors: Vec<Vector> = (0..jobs.len())
        .into_par_iter()
        .map(|at| {
            let blocks = Block::ALL.into_iter().map(|block| {
                let counted = &counts[block as usize][at];
                let vocabulary = model.vocabulary(block);
                let weights = vocabulary.weigh_numbers(
                    counted
                        .iter()
                        .map(|&(number, count)| (number, f64::from(count)))
                        .collect(),
                );
                (block, weights)
            });
            model.strongest(blocks, weights, terms_kept)
        })
        .collect();
    for (job, vector) in jobs.iter().zip(vectors) {
        let job = ModelJob {
            id: job.id,
            company_id: job.company_id,
        };
        model.push(job, vector);
    }
    model
}

/// What somebody did with a job.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Deed {
    pub user_id: Uuid,
    pub job_id: Uuid,
    pub kind: EventKind,
    pub age_days: f64,
}

/// Learns which jobs of `model` go together. Who did something with more than
/// [`MOST_DEEDS`] jobs tells nothing and is left out, and so are other jobs.
pub fn learn_together(model: &mut Model, deeds: &[Deed], walk: RandomWalk) {
    let numbers: HashMap<Uuid, u32> = model.jobs.iter().map(|job| job.id).zip(0..).collect();
    let mut users: Vec<Uuid> = deeds.iter().map(|deed| deed.user_id).collect();
    users.sort_unstable();
    let users: HashMap<Uuid, u32> = users
        .chunk_by(|a, b| a == b)
        .filter(|same| same.len() <= MOST_DEEDS)
        .map(|same| same[0])
        .zip(0..)
        .collect();
    let weights = SignalWeights::default();
    let entries = deeds.iter().filter_map(|deed| {
        let event = Event {
            job_id: deed.job_id,
            kind: deed.kind,
            age_days: deed.age_days,
        };
        let (user, job) = (users.get(&deed.user_id)?, numbers.get(&deed.job_id)?);
        Some((*user, *job, weights.of_event(&event)))
    });
    let interactions = Interactions::new(users.len(), model.jobs.len(), entries);
    model.together = rp3beta(&interactions, walk);
}

fn limits(block: Block, documents: usize) -> Limits {
    let limits = Limits {
        most_terms: MOST_TERMS,
        ..Limits::NONE
    };
    if block == Block::Description && documents >= ENOUGH_DOCUMENTS {
        return Limits {
            least_documents: 2,
            most_documents: 0.5,
            ..limits
        };
    }
    limits
}

#[cfg(test)]
#[path = "fit_tests.rs"]
mod tests;
