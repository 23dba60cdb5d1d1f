use serde_json::Value;

use super::*;
use crate::recommendations::{codec, kernel::Index, model::Feature};

const EVEN: BlockWeights = [1.0; Block::COUNT];

fn job(number: u128, title: &str) -> JobText {
    JobText {
        id: Uuid::from_u128(number),
        company_id: Uuid::from_u128(number % 2),
        title: title.to_owned(),
        company: "acme".to_owned(),
        ..JobText::default()
    }
}

fn corpus() -> Vec<JobText> {
    vec![
        job(1, "Senior Python Developer"),
        job(2, "Python developer (Django, C++)"),
        job(3, "Data engineer: Python, python & SQL"),
        job(4, "Nurse"),
    ]
}

fn fitted(jobs: &[JobText]) -> Model {
    fit(Uuid::nil(), DateTime::UNIX_EPOCH, jobs, &EVEN, 64)
}

fn titles(model: &Model, vector: &[(Feature, f32)]) -> Vec<(String, f64)> {
    vector
        .iter()
        .filter(|(feature, _)| model.block_of(*feature) == Block::Title)
        .map(|&(feature, weight)| (model.term_of(feature).to_owned(), f64::from(weight)))
        .collect()
}

fn assert_near(found: &[(String, f64)], expected: &[(&str, f64)]) {
    assert_eq!(found.len(), expected.len(), "{found:?}");
    for ((term, weight), (expected_term, expected_weight)) in found.iter().zip(expected) {
        assert_eq!(term, expected_term);
        assert!((weight - expected_weight).abs() < 1e-6, "{term}: {weight}");
    }
}

// The expected numbers were printed by scikit-learn 1.9.1:
// v = TfidfVectorizer(token_pattern=r"(?u)\b\w[\w+#]+"); v.fit_transform(titles)
#[test]
fn weights_are_those_of_scikit_learn() {
    let model = fitted(&corpus());
    let expected: [&[(&str, f64)]; 4] = [
        &[
            ("developer", 0.5534923153),
            ("python", 0.4480997314),
            ("senior", 0.7020348194),
        ],
        &[
            ("c++", 0.5745795257),
            ("developer", 0.4530050977),
            ("django", 0.5745795257),
            ("python", 0.3667466684),
        ],
        &[
            ("data", 0.46475741),
            ("engineer", 0.46475741),
            ("python", 0.5932972691),
            ("sql", 0.46475741),
        ],
        &[("nurse", 1.0)],
    ];
    for (vector, expected) in model.vectors.iter().zip(expected) {
        assert_near(&titles(&model, vector), expected);
    }
}

// v.transform(["python nurse unknown"]) of the same vectorizer.
#[test]
fn a_document_that_came_later_is_weighed_with_the_idf_of_the_fit() {
    let model = fitted(&corpus());
    let vector = model.vectorize(&job(5, "python nurse unknown"), &EVEN, 64);
    assert_near(
        &titles(&model, &vector),
        &[("nurse", 0.8429263482), ("python", 0.5380289691)],
    );
}

/// Made-up ads and the weights of scikit-learn 1.9.1, written by
/// `benches/peers/tfidf_fixture.py`.
#[test]
fn weights_of_long_texts_are_those_of_scikit_learn_too() {
    let fixture: Value = serde_json::from_str(include_str!("fixtures/tfidf.json")).unwrap();
    let ads = |name: &str| -> Vec<JobText> {
        let ads = fixture[name].as_array().unwrap().iter().zip(0..);
        ads.map(|(ad, number)| JobText {
            id: Uuid::from_u128(number),
            description: ad["text"].as_str().unwrap().to_owned(),
            ..JobText::default()
        })
        .collect()
    };
    let (jobs, later) = (ads("fitted"), ads("later"));
    assert_eq!((jobs.len(), later.len()), (200, 10));
    let model = fit(Uuid::nil(), DateTime::UNIX_EPOCH, &jobs, &EVEN, 64);
    let transformed: Vec<Vector> = later
        .iter()
        .map(|job| model.vectorize(job, &EVEN, 64))
        .collect();
    for (name, vectors) in [("fitted", &model.vectors), ("later", &transformed)] {
        for (at, vector) in vectors.iter().enumerate() {
            let expected = fixture[name][at]["weights"].as_object().unwrap();
            let words: Vec<&(Feature, f32)> = vector
                .iter()
                .filter(|(feature, _)| model.block_of(*feature) == Block::Description)
                .collect();
            assert_eq!(words.len(), expected.len(), "{name} {at}");
            for &&(feature, weight) in &words {
                let term = model.term_of(feature);
                let expected = expected[term].as_f64().unwrap();
                let difference = (f64::from(weight) - expected).abs();
                assert!(difference < 1e-6, "{name} {at} {term}: {weight} {expected}");
            }
        }
    }
}

#[test]
fn a_job_alone_weighs_the_same_as_in_the_batch() {
    let jobs = corpus();
    let model = fitted(&jobs);
    for (job, vector) in jobs.iter().zip(&model.vectors) {
        assert_eq!(&model.vectorize(job, &EVEN, 64), vector);
    }
    let mut index = Index::new(fitted(&jobs[..4]), EVEN);
    let again = JobText {
        id: Uuid::from_u128(9),
        ..jobs[1].clone()
    };
    index.add(std::slice::from_ref(&again), 64);
    let number = index.number_of(again.id).unwrap();
    assert_eq!(index.vector(number), index.vector(1));
    assert!((index.likeness(number, 1) - 1.0).abs() < 1e-6);
}

#[test]
fn blocks_have_vocabularies_of_their_own() {
    let mut jobs = corpus();
    jobs[0].location = "Python, Ohio".to_owned();
    jobs[0].is_remote = true;
    let model = fitted(&jobs);
    let terms: Vec<&str> = model
        .vocabulary(Block::Location)
        .terms()
        .map(|(term, _)| term)
        .collect();
    assert_eq!(terms, ["ohio", "python", "remote"]);
    let places = model.vectors[0]
        .iter()
        .filter(|(feature, _)| model.block_of(*feature) == Block::Location)
        .map(|(_, weight)| f64::from(*weight).powi(2))
        .sum::<f64>();
    assert!(
        (places - 1.0).abs() < 1e-6,
        "a block has length 1: {places}"
    );
}

#[test]
fn only_the_strongest_terms_are_kept() {
    let model = fit(Uuid::nil(), DateTime::UNIX_EPOCH, &corpus(), &EVEN, 2);
    // The company is a block of one term, so its weight is 1.
    let terms: Vec<&str> = model.vectors[0]
        .iter()
        .map(|(feature, _)| model.term_of(*feature))
        .collect();
    assert_eq!(terms, ["senior", "acme"]);
}

#[test]
fn equal_jobs_give_equal_models_and_bytes() {
    let model = fitted(&corpus());
    assert_eq!(model, fitted(&corpus()));
    let bytes = codec::encode(&model).unwrap();
    assert_eq!(bytes, codec::encode(&fitted(&corpus())).unwrap());
    let back = codec::decode(model.version, model.fitted_at, &bytes).unwrap();
    assert_eq!(back, model);
    assert!(codec::decode(model.version, model.fitted_at, &bytes[..bytes.len() / 2]).is_err());
}

#[test]
fn words_of_one_ad_or_of_most_ads_are_dropped_from_long_texts() {
    let jobs: Vec<JobText> = (0..200)
        .map(|number| JobText {
            description: format!("we offer skill{} only{number}", number % 20),
            ..job(number, "Clerk")
        })
        .collect();
    let model = fitted(&jobs);
    let terms = model.vocabulary(Block::Description);
    assert_eq!(terms.len(), 20);
    assert!(
        terms
            .terms()
            .all(|(term, documents)| term.starts_with("skill") && documents == 10)
    );
}

#[test]
fn an_empty_board_has_an_empty_model() {
    let model = fitted(&[]);
    assert_eq!((model.features(), model.jobs.len()), (0, 0));
    let bytes = codec::encode(&model).unwrap();
    assert_eq!(
        codec::decode(model.version, model.fitted_at, &bytes).unwrap(),
        model
    );
}
