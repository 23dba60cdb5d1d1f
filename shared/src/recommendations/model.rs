//! What a fit learns, and how it weighs texts.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{collaborative::Neighbourhood, text, vicinity};
use crate::config;

/// One aspect of a job with a vocabulary and a norm of its own, so that a long
/// description cannot drown a place or a title.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Block {
    Title,
    Skills,
    Description,
    Location,
    /// Tiles of the map that its places lie on: near places share most of them.
    Vicinity,
    Category,
    Company,
}

impl Block {
    pub const ALL: [Self; 7] = [
        Self::Title,
        Self::Skills,
        Self::Description,
        Self::Location,
        Self::Vicinity,
        Self::Category,
        Self::Company,
    ];
    pub const COUNT: usize = Self::ALL.len();

    pub fn name(self) -> &'static str {
        match self {
            Self::Title => "title",
            Self::Skills => "skills",
            Self::Description => "description",
            Self::Location => "location",
            Self::Vicinity => "vicinity",
            Self::Category => "category",
            Self::Company => "company",
        }
    }
}

/// One weight per block, in the order of [`Block::ALL`].
pub type BlockWeights = [f64; Block::COUNT];

pub fn block_weights(config: &config::Recommendations) -> BlockWeights {
    Block::ALL.map(|block| match block {
        Block::Title => config.title_weight,
        Block::Skills => config.skills_weight,
        Block::Description => config.description_weight,
        Block::Location => config.location_weight,
        Block::Vicinity => config.vicinity_weight,
        Block::Category => config.category_weight,
        Block::Company => config.company_weight,
    })
}

/// A term of a block, numbered through all blocks of a model.
pub type Feature = u32;

/// Weights by feature, in rising order of the features.
pub type Vector = Vec<(Feature, f32)>;

/// The fields of a job that a model reads.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct JobText {
    pub id: Uuid,
    pub company_id: Uuid,
    pub title: String,
    /// Description, requirements and responsibilities.
    pub description: String,
    pub location: String,
    pub is_remote: bool,
    pub category: Option<String>,
    /// The company's normalised name.
    pub company: String,
    /// Slugs.
    pub skills: Vec<String>,
}

impl JobText {
    /// Tells `take` the tokens of a block, one by one.
    pub fn each_token(&self, block: Block, take: &mut dyn FnMut(&str)) {
        match block {
            Block::Title => text::each_word(&self.title, take),
            Block::Skills => self.skills.iter().for_each(|skill| take(skill)),
            Block::Description => text::each_word_of_long_text(&self.description, take),
            Block::Location => {
                let tokens = text::place(&self.location);
                tokens.iter().for_each(|token| take(token));
                if self.is_remote && !tokens.iter().any(|token| token == text::REMOTE) {
                    take(text::REMOTE);
                }
            }
            Block::Vicinity => vicinity::tiles(&self.location)
                .iter()
                .for_each(|tile| take(tile)),
            Block::Category => {
                if let Some(category) = &self.category {
                    take(&text::label(category));
                }
            }
            Block::Company => take(&self.company),
        }
    }

    pub fn tokens(&self, block: Block) -> Vec<String> {
        let mut tokens = Vec::new();
        self.each_token(block, &mut |token| tokens.push(token.to_owned()));
        tokens
    }
}

/// The terms of one block and how many documents of the fit held each.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Vocabulary {
    /// Sorted, so that equal corpora give equal numbers.
    terms: Vec<String>,
    document_frequency: Vec<u32>,
    documents: u32,
    idf: Vec<f64>,
    numbers: HashMap<String, u32>,
}

impl Vocabulary {
    /// `terms` with their document frequencies among `documents` documents.
    pub fn new(mut terms: Vec<(String, u32)>, documents: u32) -> Self {
        terms.sort_unstable();
        terms.dedup_by(|a, b| a.0 == b.0);
        let (terms, document_frequency): (Vec<String>, Vec<u32>) = terms.into_iter().unzip();
        let idf = document_frequency
            .iter()
            .map(|&df| ((1.0 + f64::from(documents)) / (1.0 + f64::from(df))).ln() + 1.0)
            .collect();
        let numbers = terms
            .iter()
            .zip(0..)
            .map(|(term, number)| (term.clone(), number))
            .collect();
        Self {
            terms,
            document_frequency,
            documents,
            idf,
            numbers,
        }
    }

    pub fn len(&self) -> usize {
        self.terms.len()
    }

    pub fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }

    pub fn documents(&self) -> u32 {
        self.documents
    }

    pub fn terms(&self) -> impl Iterator<Item = (&str, u32)> {
        self.terms
            .iter()
            .map(String::as_str)
            .zip(self.document_frequency.iter().copied())
    }

    pub fn term(&self, number: u32) -> Option<&str> {
        self.terms.get(number as usize).map(String::as_str)
    }

    /// TF-IDF of a document in this block, of Euclidean length 1 (or empty where
    /// no token is known), by number of the term. Counts times the idf of the fit,
    /// `ln((1 + n) / (1 + df)) + 1`: what scikit-learn's `TfidfVectorizer` gives.
    pub fn weigh(&self, tokens: &[String]) -> Vec<(u32, f64)> {
        self.weigh_counts(
            text::counts(tokens)
                .into_iter()
                .map(|(token, count)| (token, f64::from(count))),
        )
    }

    /// The same for tokens that count for more or less than once.
    pub fn weigh_counts<'a>(
        &self,
        counts: impl IntoIterator<Item = (&'a str, f64)>,
    ) -> Vec<(u32, f64)> {
        let mut counts: Vec<(u32, f64)> = counts
            .into_iter()
            .filter_map(|(token, count)| Some((*self.numbers.get(token)?, count)))
            .collect();
        counts.sort_unstable_by_key(|(number, _)| *number);
        self.weigh_numbers(counts)
    }

    /// The same for counts by number of the term, in rising order.
    pub fn weigh_numbers(&self, counts: Vec<(u32, f64)>) -> Vec<(u32, f64)> {
        let mut weights = counts;
        for (number, weight) in &mut weights {
            *weight *= self.idf[*number as usize];
        }
        let length = weights.iter().map(|(_, w)| w * w).sum::<f64>().sqrt();
        if length > 0.0 {
            weights.iter_mut().for_each(|(_, w)| *w /= length);
        }
        weights
    }
}

/// A job of the model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ModelJob {
    pub id: Uuid,
    pub company_id: Uuid,
}

/// Vocabularies and the vectors of the jobs that were live at the fit.
#[derive(Clone, Debug, PartialEq)]
pub struct Model {
    pub version: Uuid,
    pub fitted_at: DateTime<Utc>,
    vocabularies: [Vocabulary; Block::COUNT],
    /// The number of the first feature of each block.
    offsets: [Feature; Block::COUNT],
    pub jobs: Vec<ModelJob>,
    /// As long as `jobs`.
    pub vectors: Vec<Vector>,
    /// Which jobs go together in what people did, by number; nothing of jobs that came
    /// later.
    pub together: Neighbourhood,
}

impl Model {
    /// A model without jobs yet.
    pub fn new(
        version: Uuid,
        fitted_at: DateTime<Utc>,
        vocabularies: [Vocabulary; Block::COUNT],
    ) -> Self {
        let mut offsets = [0; Block::COUNT];
        for at in 1..Block::COUNT {
            offsets[at] = offsets[at - 1] + vocabularies[at - 1].len() as Feature;
        }
        Self {
            version,
            fitted_at,
            vocabularies,
            offsets,
            jobs: Vec::new(),
            vectors: Vec::new(),
            together: Neighbourhood::default(),
        }
    }

    pub fn vocabulary(&self, block: Block) -> &Vocabulary {
        &self.vocabularies[block as usize]
    }

    pub fn features(&self) -> usize {
        self.vocabularies.iter().map(Vocabulary::len).sum()
    }

    pub fn block_of(&self, feature: Feature) -> Block {
        let at = self.offsets.partition_point(|&offset| offset <= feature);
        // Of several blocks with one offset all but the last are empty.
        Block::ALL[at.saturating_sub(1)]
    }

    pub fn term_of(&self, feature: Feature) -> &str {
        let block = self.block_of(feature);
        self.vocabulary(block)
            .term(feature - self.offsets[block as usize])
            .unwrap_or_default()
    }

    /// The feature numbers of a block's own numbers.
    pub fn lift(
        &self,
        block: Block,
        weights: Vec<(u32, f64)>,
    ) -> impl Iterator<Item = (Feature, f64)> {
        let offset = self.offsets[block as usize];
        weights
            .into_iter()
            .map(move |(number, weight)| (number + offset, weight))
    }

    /// A job's vector: each block of length 1, then of all blocks the `keep`
    /// terms that matter most under `block_weights`. It depends on this job and
    /// the vocabularies alone, so a job weighed by itself weighs the same as in
    /// the batch of the fit.
    pub fn vectorize(&self, job: &JobText, block_weights: &BlockWeights, keep: usize) -> Vector {
        let blocks = Block::ALL
            .into_iter()
            .map(|block| (block, self.vocabulary(block).weigh(&job.tokens(block))));
        self.strongest(blocks, block_weights, keep)
    }

    /// Of a job's blocks, as [`Vocabulary::weigh`] gives them, what is kept.
    pub(super) fn strongest(
        &self,
        blocks: impl Iterator<Item = (Block, Vec<(u32, f64)>)>,
        block_weights: &BlockWeights,
        keep: usize,
    ) -> Vector {
        let mut vector: Vec<(Feature, f64)> = blocks
            .flat_map(|(block, weights)| self.lift(block, weights))
            .collect();
        if vector.len() > keep {
            let strength =
                |&(feature, w): &(Feature, f64)| w * block_weights[self.block_of(feature) as usize];
            vector.sort_by(|a, b| strength(b).total_cmp(&strength(a)).then(a.0.cmp(&b.0)));
            vector.truncate(keep);
            vector.sort_unstable_by_key(|(feature, _)| *feature);
        }
        vector
            .into_iter()
            .map(|(feature, w)| (feature, w as f32))
            .collect()
    }

    /// Adds a job that the model does not have.
    pub fn push(&mut self, job: ModelJob, vector: Vector) {
        self.jobs.push(job);
        self.vectors.push(vector);
    }

    /// Ids of all jobs.
    pub fn job_ids(&self) -> HashSet<Uuid> {
        self.jobs.iter().map(|job| job.id).collect()
    }
}
