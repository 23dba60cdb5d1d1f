//! Sparse products of one vector with all jobs.

use std::collections::{HashMap, HashSet};

use uuid::Uuid;

use super::model::{BlockWeights, Feature, JobText, Model, ModelJob, Vector};

/// A model turned round: the jobs of each term.
#[derive(Clone)]
pub struct Index {
    model: Model,
    weights: BlockWeights,
    /// The block's weight of each term, looked up often.
    feature_weights: Vec<f64>,
    /// Of each job under the weights.
    lengths: Vec<f64>,
    postings: Vec<Vec<(u32, f32)>>,
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
        let mut index = Self {
            feature_weights,
            lengths: Vec::with_capacity(model.jobs.len()),
            postings: vec![Vec::new(); model.features()],
            numbers: HashMap::with_capacity(model.jobs.len()),
            model,
            weights,
        };
        for number in 0..index.model.jobs.len() {
            index.post(number as u32);
        }
        index
    }

    /// Adds a job that came after the fit, weighed with the fit's own idf. A job
    /// that is there already stays as it is.
    pub fn add(&mut self, job: &JobText, terms_kept: usize) {
        if self.numbers.contains_key(&job.id) {
            return;
        }
        let vector = self.model.vectorize(job, &self.weights, terms_kept);
        let added = ModelJob {
            id: job.id,
            company_id: job.company_id,
        };
        self.model.push(added, vector);
        self.post(self.model.jobs.len() as u32 - 1);
    }

    fn post(&mut self, number: u32) {
        let at = number as usize;
        self.numbers.insert(self.model.jobs[at].id, number);
        for &(feature, weight) in &self.model.vectors[at] {
            self.postings[feature as usize].push((number, weight));
        }
        self.lengths.push(self.product(number, number).sqrt());
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

    /// The `k` best jobs for `query`, best first, among those for which `wanted`
    /// holds and which share a term with it. Equal scores come in order of the
    /// jobs. `scratch` is reused between calls.
    pub fn top(
        &self,
        query: &[(Feature, f64)],
        k: usize,
        scratch: &mut Scratch,
        wanted: impl Fn(u32) -> bool,
    ) -> Vec<Match> {
        self.top_and(query, k, &[], scratch, wanted)
    }

    /// The same, and after them those of `also` that are not among them, whatever
    /// their scores and whether they are wanted or not.
    pub fn top_and(
        &self,
        query: &[(Feature, f64)],
        k: usize,
        also: &[u32],
        scratch: &mut Scratch,
        wanted: impl Fn(u32) -> bool,
    ) -> Vec<Match> {
        scratch.sums.resize(self.model.jobs.len(), 0.0);
        for &(feature, weight) in query {
            let weight = weight * self.weight_of(feature);
            if weight == 0.0 {
                continue;
            }
            for &(job, posted) in &self.postings[feature as usize] {
                let sum = &mut scratch.sums[job as usize];
                if *sum == 0.0 {
                    scratch.touched.push(job);
                }
                *sum += weight * f64::from(posted);
            }
        }
        let others: Vec<Match> = also
            .iter()
            .map(|&job| Match {
                job,
                score: scratch.sums[job as usize].max(0.0),
            })
            .collect();
        let mut matches: Vec<Match> = Vec::with_capacity(scratch.touched.len());
        for job in scratch.touched.drain(..) {
            let score = std::mem::take(&mut scratch.sums[job as usize]);
            if score > 0.0 && wanted(job) {
                matches.push(Match { job, score });
            }
        }
        let order = |a: &Match, b: &Match| b.score.total_cmp(&a.score).then(a.job.cmp(&b.job));
        if matches.len() > k && k > 0 {
            matches.select_nth_unstable_by(k - 1, order);
        }
        matches.truncate(k);
        matches.sort_unstable_by(order);
        let mut listed: HashSet<u32> = matches.iter().map(|found| found.job).collect();
        matches.extend(others.into_iter().filter(|other| listed.insert(other.job)));
        matches
    }

    /// Weighted product of two jobs; with a job itself the square of its length.
    pub fn product(&self, a: u32, b: u32) -> f64 {
        let (a, b) = (self.vector(a), self.vector(b));
        let (mut i, mut j, mut sum) = (0, 0, 0.0);
        while let (Some(x), Some(y)) = (a.get(i), b.get(j)) {
            match x.0.cmp(&y.0) {
                std::cmp::Ordering::Less => i += 1,
                std::cmp::Ordering::Greater => j += 1,
                std::cmp::Ordering::Equal => {
                    sum += self.weight_of(x.0) * f64::from(x.1) * f64::from(y.1);
                    i += 1;
                    j += 1;
                }
            }
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
        scratch.spread(self, number);
        let mut matches: Vec<Match> = others
            .map(|job| {
                let lengths = self.lengths[number as usize] * self.lengths[job as usize];
                let product = scratch.product(self.vector(job));
                let score = (product / lengths).clamp(0.0, 1.0);
                Match { job, score }
            })
            .collect();
        scratch.clear(self.vector(number));
        matches.sort_unstable_by(|a, b| b.score.total_cmp(&a.score).then(a.job.cmp(&b.job)));
        matches.truncate(k);
        matches
    }
}

/// Working memory of [`Index::top`].
#[derive(Default)]
pub struct Scratch {
    sums: Vec<f64>,
    touched: Vec<u32>,
    /// One job's weights by feature, zero between calls.
    spread: Vec<f32>,
}

impl Scratch {
    fn spread(&mut self, index: &Index, number: u32) {
        self.spread.resize(index.model.features(), 0.0);
        for &(feature, weight) in index.vector(number) {
            self.spread[feature as usize] = weight * index.weight_of(feature) as f32;
        }
    }

    fn product(&self, other: &Vector) -> f64 {
        other
            .iter()
            .map(|&(feature, weight)| f64::from(self.spread[feature as usize] * weight))
            .sum()
    }

    fn clear(&mut self, vector: &Vector) {
        for &(feature, _) in vector {
            self.spread[feature as usize] = 0.0;
        }
    }
}
