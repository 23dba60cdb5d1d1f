//! What the check names, and that what it lets pass can be parsed.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};
use poem_openapi::{
    Enum, Object, Union,
    types::{Email, MaybeUndefined, ParseFromJSON},
};
use proptest::prelude::*;
use rust_decimal::Decimal;
use serde_json::{Value, json};
use url::Url;
use uuid::Uuid;

use super::*;

#[derive(Debug, Enum)]
#[oai(rename_all = "snake_case")]
enum JobType {
    FullTime,
    PartTime,
}

#[derive(Debug, Object)]
struct Skill {
    #[oai(validator(min_length = 1, max_length = 5))]
    name: String,
    years: Option<u8>,
}

#[derive(Debug, Union)]
#[oai(discriminator_name = "kind")]
enum Place {
    City(City),
    Remote(Remote),
}

#[derive(Debug, Object)]
struct City {
    city: String,
}

#[derive(Debug, Object)]
struct Remote {
    timezone: String,
}

#[derive(Debug, Object)]
struct NewJob {
    #[oai(read_only)]
    id: Uuid,
    #[oai(validator(min_length = 3, max_length = 10))]
    title: String,
    job_type: JobType,
    #[oai(default)]
    is_remote: bool,
    #[oai(validator(minimum(value = "0"), maximum(value = "1000", exclusive)))]
    salary_min: Option<i32>,
    rate: Option<Decimal>,
    score: Option<f64>,
    company_id: Option<Uuid>,
    expires_at: MaybeUndefined<DateTime<Utc>>,
    starts_on: Option<NaiveDate>,
    email: Option<Email>,
    website: Option<Url>,
    #[oai(default, validator(max_items = 3))]
    skills: Vec<Skill>,
    #[oai(validator(max_length = 4, pattern = "^[a-z]*$"))]
    tags: Option<Vec<String>>,
    #[oai(validator(unique_items))]
    codes: Option<Vec<i64>>,
    answers: Option<HashMap<String, Value>>,
    place: Option<Place>,
    extra: Option<Value>,
}

fn errors(value: &Value) -> Vec<(String, String)> {
    Schema::of::<NewJob>()
        .check(value)
        .into_iter()
        .map(|error| (error.field, error.code.into_owned()))
        .collect()
}

fn assert_errors(value: &Value, expected: &[(&str, &str)]) {
    let mut expected: Vec<_> = expected
        .iter()
        .map(|(field, code)| ((*field).to_owned(), (*code).to_owned()))
        .collect();
    let mut found = errors(value);
    expected.sort();
    found.sort();
    assert_eq!(found, expected, "{value}");
}

fn good() -> Value {
    json!({
        "title": "Painter",
        "job_type": "full_time",
        "salary_min": 999,
        "rate": 12.5,
        "expires_at": null,
        "starts_on": "2026-01-31",
        "skills": [{"name": "paint", "years": 3}],
        "tags": ["wall"],
        "answers": {"why": [1, 2]},
        "place": {"kind": "City", "city": "Oslo"},
    })
}

#[test]
fn a_good_body_has_no_errors_and_parses() {
    assert_errors(&good(), &[]);
    NewJob::parse_from_json(Some(good())).unwrap();
}

#[test]
fn every_error_is_found_in_one_pass() {
    assert_errors(
        &json!({
            "id": "x",
            "title": "ab",
            "job_type": "fulltime",
            "is_remote": "yes",
            "salary_min": 1000,
            "rate": "much",
            "company_id": "42",
            "expires_at": "tomorrow",
            "starts_on": "2026-02-30",
            "email": "nobody",
            "website": "example.com",
            "skills": [{"name": ""}, {"years": 300}, 5],
            "tags": ["toolong", "A"],
            "codes": [1, 1],
            "salery_max": 1,
            "place": {"kind": "City"},
        }),
        &[
            ("id", "read_only"),
            ("title", "too_short"),
            ("job_type", "invalid_choice"),
            ("is_remote", "invalid_type"),
            ("salary_min", "out_of_range"),
            ("rate", "invalid_format"),
            ("company_id", "invalid_format"),
            ("expires_at", "invalid_format"),
            ("starts_on", "invalid_format"),
            ("email", "invalid_format"),
            ("website", "invalid_format"),
            ("skills.0.name", "too_short"),
            ("skills.1.name", "required"),
            ("skills.1.years", "out_of_range"),
            ("skills.2", "invalid_type"),
            ("tags.0", "too_long"),
            ("tags.1", "invalid_format"),
            ("codes", "duplicate"),
            ("salery_max", "unknown_field"),
            ("place.city", "required"),
        ],
    );
}

#[test]
fn what_is_missing_or_null_is_required() {
    assert_errors(
        &json!({"title": null}),
        &[("title", "required"), ("job_type", "required")],
    );
    assert_errors(&json!([]), &[("", "invalid_type")]);
}

#[test]
fn a_number_is_not_taken_for_a_string_nor_a_fraction_for_a_whole() {
    let mut body = good();
    body["title"] = json!(12345);
    body["salary_min"] = json!(1.5);
    body["rate"] = json!(1e300);
    assert_errors(
        &body,
        &[
            ("title", "invalid_type"),
            ("salary_min", "invalid_type"),
            ("rate", "out_of_range"),
        ],
    );
}

#[test]
fn the_nearest_known_name_is_suggested() {
    let mut body = good();
    body["salary_mim"] = json!(1);
    let errors = Schema::of::<NewJob>().check(&body);
    assert_eq!(errors.len(), 1);
    assert!(errors[0].message.contains("`salary_min`"), "{errors:?}");
}

#[test]
fn the_nul_character_is_refused_wherever_it_hides() {
    let mut body = good();
    body["title"] = json!("a\0bc");
    body["answers"] = json!({"a": {"b": ["\0"]}, "c\0": 1});
    body["extra"] = json!({"\0": 1});
    assert_errors(
        &body,
        &[
            ("title", "invalid_character"),
            ("answers.a", "invalid_character"),
            ("answers", "invalid_character"),
            ("extra", "invalid_character"),
        ],
    );
}

#[test]
fn an_answer_cannot_be_made_long() {
    let mut body = good();
    for i in 0..1000 {
        body[format!("{i}{}", "x".repeat(1000))] = json!(1);
    }
    let errors = Schema::of::<NewJob>().check(&body);
    assert_eq!(errors.len(), MAX_ERRORS);
    assert!(errors.iter().all(|error| error.field.len() < 100));
}

/// Any JSON, with a liking for what lies at the edges of the rules.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        (-2_i64..1002).prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "\\PC{0,12}".prop_map(Value::from),
        "[0-9.+:TZ-]{0,25}".prop_map(Value::from),
        prop::sample::select(vec![
            "full_time",
            "part_time",
            "2026-01-31T12:00:00Z",
            "2016-12-31T23:59:60Z",
            "2026-01-31 12:00:00+00:00",
            "+262143-12-31",
            "2026-1-3",
            "67e55044-10b1-426f-9247-bb680e5fe0c8",
            "{67e55044-10b1-426f-9247-bb680e5fe0c8}",
            "a@b.c",
            "\"a b\"@[127.0.0.1]",
            "http://[::1]:99999/",
            "https://example.com",
            "1e5",
            "79228162514264337593543950336",
            "0.00000000000000000000000000001",
            ".5",
            "City",
            "Remote",
        ])
        .prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        let key = prop_oneof![
            "[a-z_]{0,8}",
            Just("name".to_owned()),
            Just("kind".to_owned()),
            Just("city".to_owned())
        ];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::hash_map(key, inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

/// A good body with some fields replaced by anything.
fn nearly_good() -> impl Strategy<Value = Value> {
    let fields = vec![
        "title",
        "job_type",
        "is_remote",
        "salary_min",
        "rate",
        "score",
        "company_id",
        "expires_at",
        "starts_on",
        "email",
        "website",
        "skills",
        "tags",
        "codes",
        "answers",
        "place",
        "extra",
    ];
    prop::collection::vec((prop::sample::select(fields), any_json()), 0..3).prop_map(|changes| {
        let mut body = good();
        for (field, value) in changes {
            body[field] = value;
        }
        body
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn anything_can_be_checked(value in any_json()) {
        let _ = errors(&value);
    }

    #[test]
    fn what_passes_the_check_parses(body in nearly_good()) {
        if errors(&body).is_empty() {
            let parsed = NewJob::parse_from_json(Some(body.clone()));
            prop_assert!(parsed.is_ok(), "{body}: {:?}", parsed.err().map(|e| e.into_message()));
        }
    }
}
