//! From profiles to lists of jobs.

use std::collections::{HashMap, HashSet};

use jobboard_shared::{
    config,
    recommendations::{
        CandidateFacts, Neighbour, NewRecommendation, StoredNeighbours,
        diversity::{self, Candidate, Taste},
        kernel::{Index, Match, Scratch},
        profile::{Contribution, EventJobs, Interests, Profile},
        reasons,
    },
};
use rayon::prelude::*;
use serde_json::json;
use uuid::Uuid;

/// More than are kept, since some are closed by now and alike ones give way.
const CANDIDATES_PER_PLACE: usize = 3;
/// Parts of a score that are stored with it.
const PARTS_STORED: usize = 5;

/// A user and the jobs that fit best, before anybody looked whether they are live.
pub(super) struct Matched {
    pub profile: Profile,
    pub interests: Interests,
    pub matches: Vec<Match>,
}

/// The best jobs for each profile, without those applied for.
pub(super) fn matched(
    index: &Index,
    events: &EventJobs,
    profiles: Vec<Profile>,
    applied: &HashMap<Uuid, HashSet<Uuid>>,
    per_user: usize,
) -> Vec<Matched> {
    let none = HashSet::new();
    profiles
        .into_par_iter()
        .map_init(Scratch::default, |scratch, profile| {
            let interests = Interests::new(&profile, index.model(), |job_id| events.vector(job_id));
            let applied = applied.get(&profile.user_id).unwrap_or(&none);
            let mut matches = index.top(
                &interests.query(),
                per_user * CANDIDATES_PER_PLACE,
                scratch,
                |number| !applied.contains(&index.job(number).id),
            );
            for found in &mut matches {
                if interests.knows(index.job(found.job).id) {
                    found.score = sum(&interests.explain(index, found.job));
                }
            }
            matches.retain(|found| found.score > 0.0);
            Matched {
                profile,
                interests,
                matches,
            }
        })
        .collect()
}

/// The lists of all of them.
pub(super) fn lists(
    index: &Index,
    events: &EventJobs,
    matched: &[Matched],
    facts: &HashMap<Uuid, CandidateFacts>,
    config: &config::Recommendations,
) -> Vec<NewRecommendation> {
    matched
        .par_iter()
        .flat_map_iter(|matched| list(index, events, matched, facts, config))
        .collect()
}

/// The list of one user. Content and trending are each in relation to the user's
/// best candidate; so is the score, which makes the best one 1.
fn list(
    index: &Index,
    events: &EventJobs,
    matched: &Matched,
    facts: &HashMap<Uuid, CandidateFacts>,
    config: &config::Recommendations,
) -> Vec<NewRecommendation> {
    let live: Vec<(Match, &CandidateFacts)> = matched
        .matches
        .iter()
        .filter_map(|found| Some((*found, facts.get(&index.job(found.job).id)?)))
        .collect();
    let most_content = live
        .iter()
        .map(|(found, _)| found.score)
        .fold(0.0, f64::max);
    let most_trending = live
        .iter()
        .map(|(_, facts)| facts.trending)
        .fold(0.0, f64::max);
    if most_content <= 0.0 {
        return Vec::new();
    }
    let trending_factor = if most_trending > 0.0 {
        config.trending_weight / most_trending
    } else {
        0.0
    };
    let scored: HashMap<u32, (f64, &CandidateFacts)> = live
        .iter()
        .map(|(found, facts)| {
            let content = config.content_weight * found.score / most_content;
            (
                found.job,
                (content + trending_factor * facts.trending, *facts),
            )
        })
        .collect();
    let most = scored.values().map(|(score, _)| *score).fold(0.0, f64::max);
    if most <= 0.0 {
        return Vec::new();
    }
    let candidates = live
        .iter()
        .map(|(found, _)| Candidate {
            job: found.job,
            company_id: index.job(found.job).company_id,
            score: scored[&found.job].0 / most,
        })
        .collect();
    let taste = Taste {
        lambda: config.diversity_lambda,
        company_cap: config.max_per_company,
        length: config.per_user,
    };
    diversity::arrange(candidates, taste, |a, b| index.likeness(a, b))
        .into_iter()
        .zip(1..)
        .map(|(candidate, position)| {
            let contributions = matched.interests.explain(index, candidate.job);
            let facts = scored[&candidate.job].1;
            let content = sum(&contributions);
            NewRecommendation {
                user_id: matched.profile.user_id,
                job_id: index.job(candidate.job).id,
                score: candidate.score.clamp(0.0, 1.0),
                position,
                reason: reasons::personal(&contributions, &matched.profile, events, facts),
                metadata: json!({
                    "model": index.model().version,
                    "content": content,
                    "content_share": config.content_weight * content / most_content / most,
                    "trending": facts.trending,
                    "trending_share": trending_factor * facts.trending / most,
                    "parts": parts(index, &contributions),
                }),
            }
        })
        .collect()
}

fn sum(contributions: &[Contribution]) -> f64 {
    contributions
        .iter()
        .map(|contribution| contribution.value)
        .sum()
}

/// The strongest terms with what each adds to the content.
fn parts(index: &Index, contributions: &[Contribution]) -> Vec<serde_json::Value> {
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
pub(super) fn neighbours(index: &Index, from: u32, to: u32, k: usize) -> Vec<StoredNeighbours> {
    let to = to.min(index.model().jobs.len() as u32);
    (from..to)
        .into_par_iter()
        .map_init(Scratch::default, |scratch, number| StoredNeighbours {
            job_id: index.job(number).id,
            neighbours: index
                .neighbours(number, k, scratch)
                .into_iter()
                .map(|found| Neighbour {
                    job_id: index.job(found.job).id,
                    score: found.score,
                    reason: reasons::mutual(index, number, found.job),
                })
                .collect(),
        })
        .collect()
}

#[cfg(test)]
#[path = "matching_tests.rs"]
mod tests;
