//! Learning the vocabularies and weighing the jobs.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use jobboard_shared::recommendations::model::{
    Block, BlockWeights, JobText, Model, ModelJob, Vector, Vocabulary,
};
use linfa_preprocessing::{CountVectorizer, PreprocessingError, Tokenizer};
use ndarray::Array1;
use rayon::prelude::*;
use uuid::Uuid;

/// Stands between tokens: no token holds it.
const SEPARATOR: char = '\n';
/// Below this number of documents rare words are not rare and common ones not common.
const ENOUGH_DOCUMENTS: usize = 100;
const MOST_TERMS: usize = 200_000;

/// A model of `jobs`. Equal jobs in equal order give an equal model.
pub(super) fn fit(
    version: Uuid,
    fitted_at: DateTime<Utc>,
    jobs: &[JobText],
    weights: &BlockWeights,
    terms_kept: usize,
) -> Result<Model, PreprocessingError> {
    let mut vocabularies: [Vocabulary; Block::COUNT] = Default::default();
    for block in Block::ALL {
        let documents: Vec<Vec<String>> = jobs.par_iter().map(|job| job.tokens(block)).collect();
        vocabularies[block as usize] = vocabulary(block, &documents)?;
    }
    let mut model = Model::new(version, fitted_at, vocabularies);
    let vectors: Vec<Vector> = jobs
        .par_iter()
        .map(|job| model.vectorize(job, weights, terms_kept))
        .collect();
    for (job, vector) in jobs.iter().zip(vectors) {
        let job = ModelJob {
            id: job.id,
            company_id: job.company_id,
        };
        model.push(job, vector);
    }
    Ok(model)
}

/// The terms that linfa's vectorizer keeps, in our order (its own is that of a hash
/// table), with how many documents hold each. Of its weights none are used: they
/// would depend on the documents being weighed.
fn vocabulary(block: Block, documents: &[Vec<String>]) -> Result<Vocabulary, PreprocessingError> {
    let joined: Array1<String> = documents
        .iter()
        .map(|tokens| tokens.join(&SEPARATOR.to_string()))
        .collect();
    let mut params = CountVectorizer::params()
        .tokenizer(Tokenizer::Function(tokens_of))
        .convert_to_lowercase(false)
        .normalize(false)
        .max_features(Some(MOST_TERMS));
    if block == Block::Description && documents.len() >= ENOUGH_DOCUMENTS {
        // In two jobs at least, and at most in half of them. linfa rounds the
        // number of documents down, so half a document more hits it.
        params = params.document_frequency(2.5 / documents.len() as f32, 0.5);
    }
    let vectorizer = params.fit(&joined)?;
    let mut frequencies: HashMap<&str, u32> = vectorizer
        .vocabulary()
        .iter()
        .map(|term| (term.as_str(), 0))
        .collect();
    for tokens in documents {
        let distinct: HashSet<&str> = tokens.iter().map(String::as_str).collect();
        for token in distinct {
            if let Some(frequency) = frequencies.get_mut(token) {
                *frequency += 1;
            }
        }
    }
    let terms = frequencies
        .into_iter()
        .map(|(term, frequency)| (term.to_owned(), frequency))
        .collect();
    Ok(Vocabulary::new(terms, documents.len() as u32))
}

fn tokens_of(document: &str) -> Vec<&str> {
    document
        .split(SEPARATOR)
        .filter(|token| !token.is_empty())
        .collect()
}

#[cfg(test)]
#[path = "fit_tests.rs"]
mod tests;
