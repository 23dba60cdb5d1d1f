//! Lists by the product's own engine, for users of a split.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use jobboard_shared::{
    config,
    recommendations::{
        collaborative::RandomWalk,
        diversity::Taste,
        engines::TERMS_PER_JOB,
        fit::{Deed, fit, learn_together},
        hybrid::{Parts, recency},
        kernel::{Index, Scratch},
        model::{JobText, block_weights},
        pool::{self, POOL, Seeker},
        profile::{Event, EventJobs, Interests, Profile},
        ranking,
    },
};
use rayon::prelude::*;
use uuid::Uuid;

use super::views::{Candidates, Case, Split, View};

pub(super) const PLACES: usize = 20;
/// What the product looks at, the latest.
const EVENTS: usize = 20;

/// How the lists of an arm are made.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Setting {
    pub(super) weights: Parts,
    /// 1 ranks by score alone.
    pub(super) lambda: f64,
    pub(super) company_cap: usize,
}

pub(super) struct Engine<'a> {
    pub(super) index: Index,
    events: EventJobs,
    known: Vec<View>,
    split: &'a Split,
    candidates: Candidates,
    /// By number among the jobs.
    published_by: Vec<Option<DateTime<Utc>>>,
    trending_half_life: f64,
}

/// What the sources say of one user's candidates.
type Pool = Vec<(u32, Parts)>;

impl<'a> Engine<'a> {
    pub(super) fn new(
        jobs: &[JobText],
        split: &'a Split,
        candidates: Candidates,
        config: &config::Recommendations,
        walk: RandomWalk,
    ) -> Self {
        let weights = block_weights(config);
        let mut model = fit(
            Uuid::nil(),
            DateTime::UNIX_EPOCH,
            jobs,
            &weights,
            TERMS_PER_JOB,
        );
        let end = split
            .known
            .iter()
            .map(|(_, view)| view.at)
            .max()
            .unwrap_or_default();
        let deeds: Vec<Deed> = split
            .known
            .iter()
            .map(|(user, view)| Deed {
                user_id: Uuid::from_u128(u128::from(*user)),
                job_id: jobs[view.job as usize].id,
                kind: view.kind(),
                age_days: (end - view.at).as_seconds_f64() / 86_400.0,
            })
            .collect();
        learn_together(&mut model, &deeds, walk);
        let index = Index::new(model, weights);
        let mut known: Vec<View> = split.known.iter().map(|(_, view)| *view).collect();
        known.sort_by_key(|view| (view.at, view.job));
        Self {
            events: EventJobs::new(jobs.to_vec(), &index, TERMS_PER_JOB),
            index,
            known,
            split,
            candidates,
            published_by: split.published_by(jobs),
            trending_half_life: 3.0 * 86_400.0,
        }
    }

    /// One list for each case of the split.
    pub(super) fn lists(&self, settings: &[Setting]) -> Vec<Vec<Vec<u32>>> {
        let by_case: Vec<Vec<Vec<u32>>> = self
            .split
            .cases
            .par_iter()
            .map_init(Scratch::default, |scratch, case| {
                let pool = self.pool(case, scratch);
                settings
                    .iter()
                    .map(|setting| self.list(&pool, *setting))
                    .collect()
            })
            .collect();
        (0..settings.len())
            .map(|at| by_case.iter().map(|lists| lists[at].clone()).collect())
            .collect()
    }

    pub(super) fn list_of(&self, case: &Case, setting: Setting, scratch: &mut Scratch) -> Vec<u32> {
        self.list(&self.pool(case, scratch), setting)
    }

    fn pool(&self, case: &Case, scratch: &mut Scratch) -> Pool {
        let profile = profile_of(case, |job| self.index.job(job).id);
        let interests = Interests::new(&profile, self.index.model(), |id| self.events.vector(id));
        let trending = self.trending(case);
        let mut most: Vec<(u32, f64)> =
            trending.iter().map(|(job, worth)| (*job, *worth)).collect();
        most.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        let most: Vec<u32> = most.into_iter().take(POOL).map(|(job, _)| job).collect();
        let seeker = Seeker {
            interests: &interests,
            events: &profile.events,
            trending: &most,
            unwanted: self.unwanted(case),
        };
        let found = pool::candidates(&self.index, &[seeker], scratch);
        let mut found: Pool = found.into_iter().flatten().collect();
        for (job, parts) in &mut found {
            parts.trending = trending.get(job).copied().unwrap_or_default();
            parts.recency = self.age_days(*job, case).map_or(0.0, recency);
        }
        found
    }

    fn unwanted(&self, case: &Case) -> HashSet<u32> {
        let mut unwanted: HashSet<u32> = case.history.iter().map(|view| view.job).collect();
        if self.candidates == Candidates::Published {
            let jobs = 0..self.published_by.len() as u32;
            unwanted.extend(jobs.filter(|job| self.age_days(*job, case).is_none()));
        }
        unwanted
    }

    /// `None` where it was not known to be out at the time of the case.
    fn age_days(&self, job: u32, case: &Case) -> Option<f64> {
        let published_by = self.published_by[job as usize]?;
        let age = (case.now - published_by).as_seconds_f64() / 86_400.0;
        (age >= 0.0).then_some(age)
    }

    fn list(&self, pool: &Pool, setting: Setting) -> Vec<u32> {
        let taste = Taste {
            lambda: setting.lambda,
            company_cap: setting.company_cap,
            length: PLACES,
        };
        ranking::ranked(&self.index, pool, setting.weights, taste)
            .into_iter()
            .map(|ranked| ranked.job)
            .collect()
    }

    /// What was viewed up to the time of the case, each view fading.
    fn trending(&self, case: &Case) -> HashMap<u32, f64> {
        let mut worths = HashMap::new();
        let end = self.known.partition_point(|view| view.at <= case.now);
        for view in &self.known[..end] {
            let age = (case.now - view.at).as_seconds_f64();
            *worths.entry(view.job).or_default() += 0.5_f64.powf(age / self.trending_half_life);
        }
        worths
    }
}

fn profile_of(case: &Case, id_of: impl Fn(u32) -> Uuid) -> Profile {
    let latest = case.history.iter().rev().take(EVENTS);
    Profile {
        events: latest
            .map(|view| Event {
                job_id: id_of(view.job),
                kind: view.kind(),
                age_days: (case.now - view.at).as_seconds_f64() / 86_400.0,
            })
            .collect(),
        ..Profile::default()
    }
}
