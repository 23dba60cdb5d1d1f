use chrono::DateTime;

use super::*;
use crate::recommendations::{fit::fit, made_up::jobs};

const WEIGHTS: BlockWeights = [1.0, 0.0, 0.0, 0.2, 0.0, 0.0, 0.0];

fn index(jobs: &[JobText]) -> Index {
    let model = fit(Uuid::nil(), DateTime::UNIX_EPOCH, jobs, &WEIGHTS, 64);
    Index::new(model, WEIGHTS)
}

fn query<'a>(index: &Index, text: &str, unwanted: &'a HashSet<u32>) -> Query<'a> {
    let text = JobText {
        title: text.to_owned(),
        location: "Paris".to_owned(),
        ..JobText::default()
    };
    let vector = index.model().vectorize(&text, &WEIGHTS, 64);
    let weights = vector
        .into_iter()
        .map(|(feature, w)| (feature, f64::from(w)));
    Query {
        weights: weights.collect(),
        also: vec![0],
        unwanted,
    }
}

/// One job after the other.
fn scores(index: &Index, query: &Query) -> Vec<f64> {
    let asked: HashMap<Feature, f64> = query.weights.iter().copied().collect();
    (0..index.model().jobs.len() as u32)
        .map(|job| {
            let shared = index.vector(job).iter().filter_map(|(feature, weight)| {
                Some(asked.get(feature)? * index.weight_of(*feature) * f64::from(*weight))
            });
            shared.sum()
        })
        .collect()
}

#[test]
fn the_best_are_those_of_scoring_every_job() {
    let index = index(&jobs(TILE + 300));
    let none = HashSet::new();
    let words: Vec<String> = (0..2 * TOGETHER)
        .map(|n| format!("word{n} word{}", n / 3))
        .collect();
    let queries: Vec<Query> = words
        .iter()
        .map(|words| query(&index, words, &none))
        .collect();
    let together = index.top(&queries, 20, &mut Scratch::default());
    for (query, found) in queries.iter().zip(&together) {
        let scores = scores(&index, query);
        let mut best = scores.clone();
        best.sort_by(|a, b| b.total_cmp(a));
        best.retain(|score| *score > 0.0);
        best.truncate(20);
        let (listed, also) = found.split_at(best.len());
        for (one, best) in listed.iter().zip(&best) {
            assert!((one.score - best).abs() < 1e-6, "{one:?}, {best}");
            assert!((one.score - scores[one.job as usize]).abs() < 1e-9);
        }
        assert!(also.iter().all(|one| one.job == 0), "{also:?}");
        assert!(found.iter().any(|one| one.job == 0));
        let alone = index.top(std::slice::from_ref(query), 20, &mut Scratch::default());
        assert_eq!(&alone[0], found);
    }
}

#[test]
fn the_unwanted_give_their_places_to_others() {
    let index = index(&jobs(200));
    let none = HashSet::new();
    let all = index.top(
        &[query(&index, "word1", &none)],
        20,
        &mut Scratch::default(),
    );
    let unwanted: HashSet<u32> = all[0][..5].iter().map(|found| found.job).collect();
    let asked = query(&index, "word1", &unwanted);
    let rest = index.top(&[asked], 15, &mut Scratch::default());
    let wanted = |one: &&Match| !unwanted.contains(&one.job);
    assert_eq!(
        rest[0].iter().filter(wanted).collect::<Vec<_>>(),
        all[0].iter().filter(wanted).collect::<Vec<_>>()
    );
}

#[test]
fn jobs_that_came_later_are_found_as_if_they_had_been_there() {
    let jobs = jobs(TILE + 40);
    let model = fit(Uuid::nil(), DateTime::UNIX_EPOCH, &jobs, &WEIGHTS, 64);
    let whole = Index::new(model.clone(), WEIGHTS);
    for known in [0, 1, TILE - 1, TILE, TILE + 1] {
        let mut fewer = model.clone();
        fewer.jobs.truncate(known);
        fewer.vectors.truncate(known);
        let mut grown = Index::new(fewer, WEIGHTS);
        for some in jobs[known..].chunks(TILE / 2) {
            grown.add(some, 64);
        }
        let none = HashSet::new();
        let asked = query(&whole, "word0 word7", &none);
        let asked = std::slice::from_ref(&asked);
        let jobs_of = |found: Vec<Vec<Match>>| -> Vec<u32> {
            found.iter().flatten().map(|one| one.job).collect()
        };
        assert_eq!(
            jobs_of(grown.top(asked, 20, &mut Scratch::default())),
            jobs_of(whole.top(asked, 20, &mut Scratch::default())),
            "{known}"
        );
        assert_eq!(grown.vector(TILE as u32), whole.vector(TILE as u32));
    }
}

#[test]
fn a_board_without_jobs_has_no_best() {
    let index = index(&[]);
    let none = HashSet::new();
    let asked = Query {
        weights: Vec::new(),
        also: Vec::new(),
        unwanted: &none,
    };
    assert_eq!(
        index.top(&[asked], 20, &mut Scratch::default()),
        [Vec::<Match>::new()]
    );
}
