//! A model made ready for looking up which jobs fit best.

use std::{
    collections::{HashMap, HashSet},
    ops::Range,
    sync::OnceLock,
};

use uuid::Uuid;

use super::{
    held::Held,
    model::{BlockWeights, Feature, JobText, Model, ModelJob, Vector},
    postings::Postings,
    tiles::{Sums, TILE, Tiles},
};

/// Queries whose sums are made together.
const TOGETHER: usize = 64;
/// Fewer are looked up one after the other.
const FEW: usize = 4;

/// A model and the jobs of each term.
#[derive(Clone)]
pub struct Index {
    model: Model,
    weights: BlockWeights,
    /// The block's weight of each term, looked up often.
    feature_weights: Vec<f64>,
    /// Of each job under the weights.
    lengths: Vec<f64>,
    /// The jobs under the weights, of length 1.
    tiles: Tiles,
    /// The same for one query alone, once there was one.
    postings: OnceLock<Postings>,
    numbers: HashMap<Uuid, u32>,
}

/// A job of the index by number, and how well it matched.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Match {
    pub job: u32,
    pub score: f64,
}

impl Index {
    pub fn new(model: Model, weights: BlockWeights) -> Self {
        let features = model.features() as Feature;
        let feature_weights = (0..features)
            .map(|feature| weights[model.block_of(feature) as usize])
            .collect();
        let jobs = model.jobs.len();
        let mut index = Self {
            feature_weights,
            lengths: Vec::with_capacity(jobs),
            tiles: Tiles::default(),
            postings: OnceLock::new(),
            numbers: HashMap::with_capacity(jobs),
            model,
            weights,
        };
        index.number_from(0);
        let vectors = |job| index.of_length_one(job);
        index.tiles = Tiles::new(index.model.features(), jobs, vectors);
        index
    }

    /// Adds jobs that came after the fit, weighed with the fit's own idf. Those that
    /// are there already stay as they are.
    pub fn add(&mut self, jobs: &[JobText], terms_kept: usize) {
        let known = self.model.jobs.len();
        for job in jobs {
            if self.numbers.contains_key(&job.id) {
                continue;
            }
            let vector = self.model.vectorize(job, &self.weights, terms_kept);
            let added = ModelJob {
                id: job.id,
                company_id: job.company_id,
            };
            self.model.push(added, vector);
            self.number_from(self.model.jobs.len() - 1);
        }
        if self.model.jobs.len() > known {
            let mut tiles = std::mem::take(&mut self.tiles);
            tiles.grow(self.model.jobs.len(), |job| self.of_length_one(job));
            self.tiles = tiles;
        }
        if let Some(mut postings) = self.postings.take() {
            for job in known..self.model.jobs.len() {
                postings.add(job as u32, self.of_length_one(job as u32));
            }
            self.postings = OnceLock::from(postings);
        }
    }

    fn postings(&self) -> &Postings {
        self.postings.get_or_init(|| {
            let mut postings = Postings::new(self.model.features());
            for job in 0..self.model.jobs.len() as u32 {
                postings.add(job, self.of_length_one(job));
            }
            postings
        })
    }

    fn number_from(&mut self, first: usize) {
        for number in first..self.model.jobs.len() {
            self.numbers
                .insert(self.model.jobs[number].id, number as u32);
            let number = number as u32;
            self.lengths.push(self.product(number, number).sqrt());
        }
    }

    pub(super) fn tiles(&self) -> &Tiles {
        &self.tiles
    }

    pub fn model(&self) -> &Model {
        &self.model
    }

    pub fn weights(&self) -> &BlockWeights {
        &self.weights
    }

    pub fn job(&self, number: u32) -> ModelJob {
        self.model.jobs[number as usize]
    }

    pub fn vector(&self, number: u32) -> &Vector {
        &self.model.vectors[number as usize]
    }

    pub fn number_of(&self, job_id: Uuid) -> Option<u32> {
        self.numbers.get(&job_id).copied()
    }

    /// The weight of the block that a term belongs to.
    pub fn weight_of(&self, feature: Feature) -> f64 {
        self.feature_weights[feature as usize]
    }

    /// For each query its `k` best jobs, best first, of those which share a term with it;
    /// equal scores come in order of the jobs. After them those that it asks for also.
    /// `scratch` is reused between calls.
    pub fn top(&self, queries: &[Query], k: usize, scratch: &mut Scratch) -> Vec<Vec<Match>> {
        queries
            .chunks(TOGETHER)
            .flat_map(|queries| self.top_together(queries, k, scratch))
            .collect()
    }

    fn top_together(&self, queries: &[Query], k: usize, scratch: &mut Scratch) -> Vec<Vec<Match>> {
        let mut held = Held::new(queries.len(), k);
        if queries.len() < FEW {
            self.hold_each(queries, &mut held, &mut scratch.sums);
        } else {
            self.hold_all(queries, &mut held, &mut scratch.sums);
        }
        queries
            .iter()
            .zip(held.finish())
            .map(|(query, jobs)| self.scored(query, jobs, k, scratch))
            .collect()
    }

    fn hold_all(&self, queries: &[Query], held: &mut Held, sums: &mut Vec<Sums>) {
        let vectors = queries.iter().map(|query| self.vector_of(query));
        let rows = self.tiles.rows(vectors);
        sums.resize(queries.len(), [0.0; TILE]);
        for tile in 0..self.tiles.count() {
            let jobs = self.tiles.jobs_of(tile);
            self.tiles.sum(&rows, tile, None, sums);
            for (query, sums) in queries.iter().zip(&mut *sums) {
                self.finish_sums(query, jobs.clone(), sums);
            }
            held.take(0..queries.len(), jobs, sums);
        }
    }

    fn hold_each(&self, queries: &[Query], held: &mut Held, sums: &mut Vec<Sums>) {
        sums.resize(self.tiles.count(), [0.0; TILE]);
        for (row, query) in queries.iter().enumerate() {
            self.postings().sum(self.vector_of(query), sums);
            for (tile, sums) in sums.iter_mut().enumerate() {
                let jobs = self.tiles.jobs_of(tile);
                self.finish_sums(query, jobs.clone(), sums);
                held.take(row..row + 1, jobs, std::slice::from_ref(sums));
            }
        }
    }

    /// What is multiplied with jobs of length 1.
    fn vector_of(&self, query: &Query) -> impl Iterator<Item = (Feature, f32)> {
        query.weights.iter().map(|&(feature, weight)| {
            let weight = weight * self.weight_of(feature).sqrt();
            (feature, weight as f32)
        })
    }

    /// Gives jobs the lengths that they have, and nothing to those that are unwanted.
    fn finish_sums(&self, query: &Query, jobs: Range<usize>, sums: &mut Sums) {
        for (sum, length) in sums.iter_mut().zip(&self.lengths[jobs.clone()]) {
            *sum *= *length as f32;
        }
        for job in query.unwanted {
            if jobs.contains(&(*job as usize)) {
                sums[*job as usize - jobs.start] = 0.0;
            }
        }
    }

    /// Those `k` of the jobs with the highest scores, and those asked for also.
    fn scored(
        &self,
        query: &Query,
        jobs: impl Iterator<Item = u32>,
        k: usize,
        scratch: &mut Scratch,
    ) -> Vec<Match> {
        let weights = query
            .weights
            .iter()
            .map(|&(feature, weight)| (feature, weight * self.weight_of(feature)));
        scratch.spread(self.model.features(), weights);
        let score = |job: u32| Match {
            job,
            score: scratch.product(self.vector(job)),
        };
        let mut matches: Vec<Match> = jobs.map(score).collect();
        let others: Vec<Match> = query.also.iter().copied().map(score).collect();
        scratch.clear(query.weights.iter().map(|(feature, _)| *feature));
        keep_best(&mut matches, k);
        let mut listed: HashSet<u32> = matches.iter().map(|found| found.job).collect();
        matches.extend(others.into_iter().filter(|other| listed.insert(other.job)));
        matches
    }

    /// Weighted product of two jobs; with a job itself the square of its length.
    pub fn product(&self, a: u32, b: u32) -> f64 {
        let (a, b) = (self.vector(a), self.vector(b));
        let (mut i, mut j, mut sum) = (0, 0, 0.0);
        while let (Some(x), Some(y)) = (a.get(i), b.get(j)) {
            if x.0 == y.0 {
                sum += self.weight_of(x.0) * f64::from(x.1) * f64::from(y.1);
            }
            // Which of the two comes next cannot be foreseen: no branch for it.
            i += usize::from(x.0 <= y.0);
            j += usize::from(y.0 <= x.0);
        }
        sum
    }

    /// How alike two jobs are, 0 to 1.
    pub fn likeness(&self, a: u32, b: u32) -> f64 {
        let lengths = self.lengths[a as usize] * self.lengths[b as usize];
        if lengths > 0.0 {
            (self.product(a, b) / lengths).clamp(0.0, 1.0)
        } else {
            0.0
        }
    }

    /// A job's vector under the weights, of length 1: the product of two is their likeness.
    pub(super) fn of_length_one(&self, number: u32) -> impl Iterator<Item = (Feature, f32)> {
        let length = self.lengths[number as usize];
        self.vector(number)
            .iter()
            .filter_map(move |&(feature, weight)| {
                let weight = self.weight_of(feature).sqrt() * f64::from(weight) / length;
                (weight > 0.0).then_some((feature, weight as f32))
            })
    }

    /// Those `k` of some jobs that are most like a job, best first, equals in order.
    pub(super) fn rank(
        &self,
        scratch: &mut Scratch,
        number: u32,
        others: impl Iterator<Item = u32>,
        k: usize,
    ) -> Vec<Match> {
        let weights = self.vector(number).iter();
        let weights =
            weights.map(|&(feature, w)| (feature, f64::from(w) * self.weight_of(feature)));
        scratch.spread(self.model.features(), weights);
        let mut matches: Vec<Match> = others
            .map(|job| {
                let lengths = self.lengths[number as usize] * self.lengths[job as usize];
                let score = (scratch.product(self.vector(job)) / lengths).clamp(0.0, 1.0);
                Match { job, score }
            })
            .collect();
        scratch.clear(self.vector(number).iter().map(|(feature, _)| *feature));
        keep_best(&mut matches, k);
        matches
    }
}

fn keep_best(matches: &mut Vec<Match>, k: usize) {
    matches.sort_unstable_by(|a, b| b.score.total_cmp(&a.score).then(a.job.cmp(&b.job)));
    matches.truncate(k);
}

/// What a list is looked up for.
#[derive(Clone, Debug)]
pub struct Query<'a> {
    /// None below zero, by feature.
    pub weights: Vec<(Feature, f64)>,
    /// Scored in any case.
    pub also: Vec<u32>,
    /// Not among the best, whatever their scores.
    pub unwanted: &'a HashSet<u32>,
}

/// Working memory of [`Index::top`].
#[derive(Default)]
pub struct Scratch {
    sums: Vec<Sums>,
    /// The weights of what is asked by feature, zero between calls.
    spread: Vec<f64>,
}

impl Scratch {
    fn spread(&mut self, features: usize, weights: impl Iterator<Item = (Feature, f64)>) {
        self.spread.resize(features, 0.0);
        for (feature, weight) in weights {
            self.spread[feature as usize] = weight;
        }
    }

    fn product(&self, other: &Vector) -> f64 {
        other
            .iter()
            .map(|&(feature, weight)| self.spread[feature as usize] * f64::from(weight))
            .sum()
    }

    fn clear(&mut self, features: impl Iterator<Item = Feature>) {
        for feature in features {
            self.spread[feature as usize] = 0.0;
        }
    }
}

#[cfg(test)]
#[path = "kernel_tests.rs"]
mod tests;
