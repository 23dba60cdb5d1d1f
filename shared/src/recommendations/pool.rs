//! Which jobs are considered for a list: the best of each source.

use std::collections::{BTreeMap, HashSet};

use uuid::Uuid;

use super::{
    collaborative::{Row, SignalWeights},
    hybrid::Parts,
    kernel::{Index, Match, Query, Scratch},
    profile::{Event, Interests},
    ranking::sum,
};

/// Candidates of each source. More than are kept, since some are closed by now and
/// alike ones give way.
pub const POOL: usize = 150;

/// Somebody for whom jobs are looked for.
pub struct Seeker<'a> {
    pub interests: &'a Interests,
    pub events: &'a [Event],
    /// What the board proposes.
    pub trending: &'a [u32],
    /// What they must not be shown.
    pub unwanted: HashSet<u32>,
}

/// Jobs that one of the sources proposes, in order of their numbers, for each of them.
pub fn candidates(
    index: &Index,
    seekers: &[Seeker],
    scratch: &mut Scratch,
) -> Vec<Vec<(u32, Parts)>> {
    let together: Vec<BTreeMap<u32, f64>> = seekers
        .iter()
        .map(|seeker| together(index, seeker))
        .collect();
    let queries: Vec<Query> = seekers
        .iter()
        .zip(&together)
        .map(|(seeker, together)| Query {
            weights: seeker.interests.query(),
            also: also(seeker, together),
            unwanted: &seeker.unwanted,
        })
        .collect();
    let found = index.top(&queries, POOL, scratch);
    seekers
        .iter()
        .zip(&together)
        .zip(found)
        .map(|((seeker, together), found)| with_parts(index, seeker, together, found))
        .collect()
}

/// What others liked most, and what trends.
fn also(seeker: &Seeker, together: &BTreeMap<u32, f64>) -> Vec<u32> {
    let mut strongest: Vec<(u32, f64)> =
        together.iter().map(|(job, score)| (*job, *score)).collect();
    strongest.sort_unstable_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    let strongest = strongest.into_iter().take(POOL).map(|(job, _)| job);
    let trending = seeker.trending.iter().copied();
    strongest
        .chain(trending.filter(|job| !seeker.unwanted.contains(job)))
        .collect()
}

fn with_parts(
    index: &Index,
    seeker: &Seeker,
    together: &BTreeMap<u32, f64>,
    found: Vec<Match>,
) -> Vec<(u32, Parts)> {
    let mut found: Vec<(u32, Parts)> = found
        .into_iter()
        .map(|found| {
            let content = if seeker.interests.knows(index.job(found.job).id) {
                sum(&seeker.interests.explain(index, found.job))
            } else {
                found.score
            };
            let parts = Parts {
                content,
                collaborative: together.get(&found.job).copied().unwrap_or_default(),
                ..Parts::default()
            };
            (found.job, parts)
        })
        .collect();
    found.sort_unstable_by_key(|(job, _)| *job);
    found
}

/// What goes with the jobs of the events.
fn together(index: &Index, seeker: &Seeker) -> BTreeMap<u32, f64> {
    let mut scores = BTreeMap::new();
    for (event, weight) in weighed(seeker.events) {
        for (other, strength) in row_of(index, event.job_id) {
            if !seeker.unwanted.contains(&other) {
                *scores.entry(other).or_default() += weight * f64::from(strength);
            }
        }
    }
    scores
}

fn weighed(events: &[Event]) -> impl Iterator<Item = (&Event, f64)> {
    let weights = SignalWeights::default();
    events
        .iter()
        .map(move |event| (event, f64::from(weights.of_event(event))))
}

fn row_of(index: &Index, job_id: Uuid) -> impl Iterator<Item = (u32, f32)> {
    let together = &index.model().together;
    let row = index
        .number_of(job_id)
        .filter(|number| (*number as usize) < together.items())
        .map_or(
            Row {
                items: &[],
                weights: &[],
            },
            |number| together.of(number),
        );
    row.items.iter().copied().zip(row.weights.iter().copied())
}

/// The event that speaks loudest for a job through what others did.
pub(super) fn loudest(index: &Index, events: &[Event], job: u32) -> Option<usize> {
    let mut best: Option<(f64, usize)> = None;
    for (at, (event, weight)) in weighed(events).enumerate() {
        let strength = row_of(index, event.job_id)
            .find(|(other, _)| *other == job)
            .map_or(0.0, |(_, strength)| weight * f64::from(strength));
        if strength > 0.0 && best.is_none_or(|(most, _)| strength > most) {
            best = Some((strength, at));
        }
    }
    best.map(|(_, at)| at)
}
