//! From a profile to a list: the candidates of every source, one score, arranged.

use std::collections::{HashMap, HashSet};

use rayon::prelude::*;
use serde_json::json;
use uuid::Uuid;

use super::{
    CandidateFacts, Neighbour, NewRecommendation, StoredNeighbours,
    diversity::{self, Candidate, Taste},
    hybrid::{Arm, Parts, blend, recency},
    kernel::{Index, Match, Scratch},
    lowered::{Doubts, Lowered, lower},
    nearest::{self, ROWS},
    pool::{Seeker, candidates, loudest},
    profile::{Contribution, EventJobs, Interests, Profile},
    reasons::{self, Voices},
};

/// Users whose candidates are looked up together, by one thread.
const TOGETHER: usize = 50;
/// Parts of a content score that are stored with it.
const PARTS_STORED: usize = 5;

/// How one arm makes its lists.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Recipe {
    pub arm: Arm,
    pub weights: Parts,
    pub taste: Taste,
}

/// A user and the jobs that may fit, before anybody looked whether they are live.
#[derive(Clone, Debug)]
pub struct Matched {
    pub profile: Profile,
    pub interests: Interests,
    /// Without what trends and when it was published, which are looked up with the other
    /// facts.
    pub found: Vec<(u32, Parts)>,
}

/// A job of the model and its place in a list.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ranked {
    pub job: u32,
    /// What the sources said.
    pub raw: Parts,
    /// What each adds to the score, of which the best candidate of the user has 1.
    pub shares: Parts,
    /// What is taken from it.
    pub lowered: Lowered,
}

impl Ranked {
    fn score(&self) -> f64 {
        self.shares.sum() + self.lowered.sum()
    }
}

/// The list of one user, out of candidates with all their parts.
pub fn ranked(index: &Index, found: &[(u32, Parts)], weights: Parts, taste: Taste) -> Vec<Ranked> {
    ranked_with(index, found, weights, taste, |_| Doubts::default())
}

/// The same, where something speaks against some of them.
pub fn ranked_with(
    index: &Index,
    found: &[(u32, Parts)],
    weights: Parts,
    taste: Taste,
    doubts: impl Fn(u32) -> Doubts,
) -> Vec<Ranked> {
    let raw: Vec<Parts> = found.iter().map(|(_, parts)| *parts).collect();
    let doubts: Vec<Doubts> = found.iter().map(|(job, _)| doubts(*job)).collect();
    let mut shares = blend(&raw, weights);
    let lowered = lower(&mut shares, &doubts);
    let all: HashMap<u32, Ranked> = found
        .iter()
        .zip(shares.into_iter().zip(lowered))
        .map(|(&(job, raw), (shares, lowered))| {
            let ranked = Ranked {
                job,
                raw,
                shares,
                lowered,
            };
            (job, ranked)
        })
        .collect();
    let candidates = found
        .iter()
        .map(|(job, _)| Candidate {
            job: *job,
            company_id: index.job(*job).company_id,
            score: all[job].score(),
        })
        .filter(|candidate| candidate.score > 0.0)
        .collect();
    diversity::arrange(candidates, taste, |a, b| index.likeness(a, b))
        .into_iter()
        .map(|candidate| all[&candidate.job])
        .collect()
}

/// Candidates for each profile, without the jobs that its user must not be shown.
pub fn matched(
    index: &Index,
    events: &EventJobs,
    profiles: Vec<Profile>,
    hidden: &HashMap<Uuid, HashSet<Uuid>>,
    trending: &[u32],
) -> Vec<Matched> {
    profiles
        .into_par_iter()
        .chunks(TOGETHER)
        .map_init(Scratch::default, |scratch, profiles| {
            matched_together(index, events, profiles, hidden, trending, scratch)
        })
        .flatten_iter()
        .collect()
}

fn matched_together(
    index: &Index,
    events: &EventJobs,
    profiles: Vec<Profile>,
    hidden: &HashMap<Uuid, HashSet<Uuid>>,
    trending: &[u32],
    scratch: &mut Scratch,
) -> Vec<Matched> {
    let interests: Vec<Interests> = profiles
        .iter()
        .map(|profile| Interests::new(profile, index.model(), |job_id| events.vector(job_id)))
        .collect();
    let seekers: Vec<Seeker> = profiles
        .iter()
        .zip(&interests)
        .map(|(profile, interests)| {
            let hidden = hidden.get(&profile.user_id).into_iter().flatten();
            Seeker {
                interests,
                events: &profile.events,
                trending,
                unwanted: hidden.filter_map(|id| index.number_of(*id)).collect(),
            }
        })
        .collect();
    let found = candidates(index, &seekers, scratch);
    profiles
        .into_iter()
        .zip(interests)
        .zip(found)
        .map(|((profile, interests), found)| Matched {
            profile,
            interests,
            found,
        })
        .collect()
}

/// The lists of all of them, each by its recipe. Jobs without facts are not live.
pub fn lists(
    index: &Index,
    events: &EventJobs,
    matched: &[Matched],
    facts: &HashMap<Uuid, CandidateFacts>,
    recipe_of: impl Fn(Uuid) -> Recipe + Sync,
) -> Vec<NewRecommendation> {
    matched
        .par_iter()
        .flat_map_iter(|matched| {
            let recipe = recipe_of(matched.profile.user_id);
            list(index, events, matched, facts, recipe)
        })
        .collect()
}

pub fn list(
    index: &Index,
    events: &EventJobs,
    matched: &Matched,
    facts: &HashMap<Uuid, CandidateFacts>,
    recipe: Recipe,
) -> Vec<NewRecommendation> {
    let live: Vec<(u32, Parts)> = matched
        .found
        .iter()
        .filter_map(|&(job, parts)| {
            let facts = facts.get(&index.job(job).id)?;
            let with_facts = Parts {
                trending: facts.trending,
                recency: recency(facts.age_days),
                ..parts
            };
            Some((job, with_facts))
        })
        .collect();
    let says_something = |(_, parts): &(u32, Parts)| parts.content + parts.collaborative > 0.0;
    if recipe.arm != Arm::Trending && !live.iter().any(says_something) {
        // What trends for everybody is a step of its own.
        return Vec::new();
    }
    let doubts = |job: u32| match facts.get(&index.job(job).id) {
        Some(facts) => Doubts::of(index, events, &matched.profile, job, facts),
        None => Doubts::default(),
    };
    ranked_with(index, &live, recipe.weights, recipe.taste, doubts)
        .into_iter()
        .zip(1..)
        .filter_map(|(ranked, position)| {
            let job_id = index.job(ranked.job).id;
            let facts = facts.get(&job_id)?;
            let contributions = matched.interests.explain(index, ranked.job);
            let voices = Voices {
                shares: ranked.shares,
                together: loudest(index, &matched.profile.events, ranked.job),
            };
            let doubts = Doubts::of(index, events, &matched.profile, ranked.job, facts);
            let reason = reasons::personal(&contributions, &matched.profile, events, facts, voices);
            Some(NewRecommendation {
                user_id: matched.profile.user_id,
                job_id,
                score: ranked.score().clamp(0.0, 1.0),
                algorithm: recipe.arm.algorithm(),
                position,
                reason: reasons::but(reason, &matched.profile, events, doubts),
                shares: Some(ranked.shares),
                lowered: ranked.lowered,
                has_events: !matched.profile.events.is_empty(),
                metadata: json!({
                    "model": index.model().version,
                    "arm": recipe.arm.name(),
                    "content": ranked.raw.content,
                    "content_share": ranked.shares.content,
                    "collaborative": ranked.raw.collaborative,
                    "collaborative_share": ranked.shares.collaborative,
                    "trending": ranked.raw.trending,
                    "trending_share": ranked.shares.trending,
                    "recency": ranked.raw.recency,
                    "recency_share": ranked.shares.recency,
                    "dislikes_share": ranked.lowered.dislikes,
                    "wishes_share": ranked.lowered.wishes,
                    "parts": parts(index, &contributions),
                }),
            })
        })
        .collect()
}

pub(super) fn sum(contributions: &[Contribution]) -> f64 {
    contributions
        .iter()
        .map(|contribution| contribution.value)
        .sum()
}

/// The strongest terms with what each adds to the content.
pub(super) fn parts(index: &Index, contributions: &[Contribution]) -> Vec<serde_json::Value> {
    let mut by_term: Vec<(u32, f64)> = contributions
        .chunk_by(|a, b| a.feature == b.feature)
        .map(|same| (same[0].feature, sum(same)))
        .collect();
    by_term.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    by_term
        .into_iter()
        .take(PARTS_STORED)
        .map(|(feature, value)| {
            json!({
                "block": index.model().block_of(feature).name(),
                "term": index.model().term_of(feature),
                "value": value,
            })
        })
        .collect()
}

/// The jobs most like each of the jobs number `from` up to `to`.
pub fn neighbours(index: &Index, from: u32, to: u32, k: usize) -> Vec<StoredNeighbours> {
    let to = to.min(index.model().jobs.len() as u32);
    let parts: Vec<u32> = (from..to).step_by(ROWS).collect();
    parts
        .into_par_iter()
        .flat_map_iter(|from| {
            let jobs = from as usize..to.min(from + ROWS as u32) as usize;
            let lists = nearest::of(index, jobs.clone(), k);
            jobs.zip(lists)
                .map(|(job, found)| stored_neighbours(index, job as u32, found))
        })
        .collect()
}

fn stored_neighbours(index: &Index, job: u32, found: Vec<Match>) -> StoredNeighbours {
    StoredNeighbours {
        job_id: index.job(job).id,
        neighbours: found
            .into_iter()
            .map(|found| Neighbour {
                job_id: index.job(found.job).id,
                score: found.score,
                reason: reasons::mutual(index, job, found.job),
            })
            .collect(),
    }
}

#[cfg(test)]
#[path = "ranking_tests.rs"]
mod tests;
