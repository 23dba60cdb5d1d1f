//! TF-IDF of long ads and their nearest neighbours, against scikit-learn and scipy.

use std::{collections::HashMap, path::Path, time::Duration};

use chrono::DateTime;
use jobboard_shared::recommendations::{
    fit::fit,
    kernel::{Index, Match},
    model::{Block, JobText, Model},
    nearest,
};
use rand::{
    SeedableRng,
    rngs::StdRng,
    seq::{IndexedRandom, index},
};
use rayon::ThreadPoolBuilder;
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Options, peers::Peers};
use crate::{Result, processes::cpu_of_thread, search::ads::Vocabulary};

const NEIGHBOURS: usize = 20;
const SAMPLE: usize = 1_000;
/// The ads have nothing but texts.
const TEXT_ALONE: [f64; Block::COUNT] = {
    let mut weights = [0.0; Block::COUNT];
    weights[Block::Description as usize] = 1.0;
    weights
};

struct Ours {
    index: Index,
    lists: Vec<Vec<Match>>,
    fit: Duration,
    neighbours: Duration,
}

#[derive(Deserialize)]
struct Theirs {
    fit_seconds: f64,
    neighbour_seconds: f64,
    terms: usize,
    /// Of the sample: number, neighbours and their scores.
    lists: Vec<(u32, Vec<u32>, Vec<f64>)>,
    /// Of the first of the sample, weights by number of the term.
    vectors: Vec<HashMap<String, f64>>,
    names: Vec<String>,
}

pub(super) fn measure(data: &Path, count: usize, options: &Options) -> Result<()> {
    let texts = texts(data, count, options.seed)?;
    let bytes: usize = texts.iter().map(String::len).sum();
    println!(
        "{count} ads, {:.1} MB of text, seed {}",
        bytes as f64 / 1e6,
        options.seed
    );
    let alone = ThreadPoolBuilder::new().num_threads(1).build()?;
    let ours = alone.install(|| ours(&texts).map_err(|error| error.to_string()))?;
    let seconds = [ours.fit, ours.neighbours].map(|took| took.as_secs_f64());
    println!(
        "\n| one thread, processor | TF-IDF | {NEIGHBOURS} neighbours of each | both | terms |"
    );
    println!("|---|---|---|---|---|");
    let row = |name: &str, [fit, neighbours]: [f64; 2], terms: usize| {
        println!(
            "| {name} | {fit:.2} s | {neighbours:.2} s | {:.2} s | {terms} |",
            fit + neighbours
        );
    };
    let terms = ours.index.model().vocabulary(Block::Description).len();
    row("ours", seconds, terms);
    if options.peers {
        let mut random = StdRng::seed_from_u64(options.seed);
        let sample = index::sample(&mut random, count, SAMPLE.min(count)).into_vec();
        let theirs = theirs(&texts, &sample, options)?;
        let their_seconds = [theirs.fit_seconds, theirs.neighbour_seconds];
        row("scikit-learn and scipy", their_seconds, theirs.terms);
        println!(
            "\n{:.1} times less processor time",
            their_seconds.iter().sum::<f64>() / seconds.iter().sum::<f64>()
        );
        compare(&ours, &theirs, &sample);
    }
    Ok(())
}

/// Each as long as some real ad, its sentences from all.
fn texts(data: &Path, count: usize, seed: u64) -> Result<Vec<String>> {
    let lengths: Vec<usize> = std::fs::read_to_string(data.join("jobs/remote_ads.ndjson"))?
        .lines()
        .map(|line| -> Result<usize> {
            let ad: Value = serde_json::from_str(line)?;
            let text = ad["description"].as_str().unwrap_or_default();
            Ok(text.split_whitespace().count())
        })
        .collect::<Result<_>>()?;
    let vocabulary = Vocabulary::read(data)?;
    let mut random = StdRng::seed_from_u64(seed);
    Ok((0..count)
        .map(|_| {
            let words = lengths.choose(&mut random).copied().unwrap_or_default();
            // What looks like a tag is text to the other side.
            vocabulary.text(&mut random, words).replace('<', " ")
        })
        .collect())
}

fn ours(texts: &[String]) -> Result<Ours> {
    let jobs: Vec<JobText> = texts
        .iter()
        .zip(0..)
        .map(|(text, number)| JobText {
            id: Uuid::from_u128(number),
            description: text.clone(),
            ..JobText::default()
        })
        .collect();
    let begun = cpu_of_thread()?;
    let model = fit(
        Uuid::nil(),
        DateTime::UNIX_EPOCH,
        &jobs,
        &TEXT_ALONE,
        usize::MAX,
    );
    let fitted = cpu_of_thread()?;
    let index = Index::new(model, TEXT_ALONE);
    let lists = nearest::all(&index, NEIGHBOURS);
    let done = cpu_of_thread()?;
    Ok(Ours {
        index,
        lists,
        fit: fitted - begun,
        neighbours: done - fitted,
    })
}

fn theirs(texts: &[String], sample: &[usize], options: &Options) -> Result<Theirs> {
    let peers = Peers::install(options)?;
    let lines: Vec<String> = texts.iter().map(|text| json!(text).to_string()).collect();
    std::fs::write(peers.folder().join("ads.ndjson"), lines.join("\n"))?;
    peers.write_settings(&json!({"neighbours": NEIGHBOURS, "sample": sample}))?;
    peers
        .run("tfidf.py")?
        .pop()
        .ok_or_else(|| "scikit-learn said nothing".into())
}

fn compare(ours: &Ours, theirs: &Theirs, sample: &[usize]) {
    let (mut same, mut wanted, mut whole) = (0, 0, 0);
    for (number, neighbours, scores) in &theirs.lists {
        // Of equally near ones either may stand at the end.
        let last = scores.last().copied().unwrap_or_default() - 1e-6;
        let found = &ours.lists[*number as usize];
        let right = found
            .iter()
            .filter(|found| neighbours.contains(&found.job) || found.score >= last)
            .count();
        same += right;
        wanted += neighbours.len();
        whole += usize::from(right == neighbours.len());
    }
    println!(
        "of {} ads drawn: {:.3} % of the neighbours the same, {:.1} % of the lists as a whole",
        theirs.lists.len(),
        100.0 * same as f64 / wanted.max(1) as f64,
        100.0 * whole as f64 / theirs.lists.len().max(1) as f64
    );
    let model = ours.index.model();
    let largest = sample
        .iter()
        .zip(&theirs.vectors)
        .map(|(number, vector)| {
            difference(model, *number as u32, &ours.index, vector, &theirs.names)
        })
        .fold(0.0, f64::max);
    println!(
        "largest difference of a weight of the first {}: {largest:.1e}",
        theirs.vectors.len()
    );
}

fn difference(
    model: &Model,
    number: u32,
    index: &Index,
    theirs: &HashMap<String, f64>,
    names: &[String],
) -> f64 {
    let mut ours: HashMap<&str, f64> = index
        .vector(number)
        .iter()
        .filter(|(feature, _)| model.block_of(*feature) == Block::Description)
        .map(|&(feature, weight)| (model.term_of(feature), f64::from(weight)))
        .collect();
    let of_theirs = theirs.iter().map(|(at, weight)| {
        let name = at.parse().ok().and_then(|at: usize| names.get(at));
        let own = name.and_then(|name| ours.remove(name.as_str()));
        (own.unwrap_or_default() - weight).abs()
    });
    let largest = of_theirs.fold(0.0, f64::max);
    ours.values().fold(largest, |a, &b| a.max(b))
}
