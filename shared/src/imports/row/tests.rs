use proptest::prelude::*;
use serde_json::json;

use super::*;

fn parse(row: Value) -> Result<ImportedJob, Vec<FieldError>> {
    let Value::Object(columns) = row else {
        panic!("an object")
    };
    let now = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
    ImportedJob::parse(&columns, &Mapping::parse([]).unwrap(), "feed", now)
}

#[test]
fn spellings_of_feeds_are_understood() {
    let job = parse(json!({
        "title": "Painter &#x2F; Decorator", "company": "Brush &amp; Co", "job_type": "Full-Time",
        "experience_level": "junior", "remote_type": "hybrid", "salary_min": 0,
        "salary_max": "85,000.50", "salary_type": "Annual", "tech_stack": ["c++", "C++", "go"],
        "posted_at": "2019-02-11T00:00:00.000", "description": "a\u{0}b"
    }))
    .unwrap();
    assert_eq!(job.title, "Painter / Decorator");
    assert_eq!(job.company, "Brush & Co");
    assert_eq!(job.experience_level, Some(ExperienceLevel::Entry));
    assert_eq!(
        (job.salary_min, job.salary_max),
        (None, Some("85000.5".parse().unwrap()))
    );
    assert_eq!(job.skills, ["c++", "go"]);
    assert_eq!(job.description, "ab");
    assert_eq!(job.source, "feed");
    assert!(!job.is_remote);
}

#[test]
fn everything_wrong_is_named_at_once() {
    let errors = parse(json!({
        "title": " ", "job_type": "sometimes", "salary_min": "a lot", "salary_max": -5,
        "posted_at": "2031-01-01", "description": {}, "url": "javascript:alert(1)"
    }))
    .unwrap_err();
    let mut seen: Vec<_> = errors
        .iter()
        .map(|e| (e.field.as_str(), e.code.as_ref()))
        .collect();
    seen.sort_unstable();
    assert_eq!(
        seen,
        [
            ("company", "required"),
            ("description", "invalid_type"),
            ("job_type", "invalid_choice"),
            ("posted_at", "in_future"),
            ("salary_max", "out_of_range"),
            ("salary_min", "invalid_format"),
            ("title", "required"),
            ("url", "invalid_format"),
        ]
    );
}

#[test]
fn a_salary_that_could_mean_two_things_is_refused() {
    let salary = |text: &str| parse(json!({"title": "t", "company": "c", "salary_min": text}));
    assert_eq!(
        salary("$85,000.50").unwrap().salary_min,
        Some("85000.5".parse().unwrap())
    );
    assert_eq!(
        salary("1,085,000").unwrap().salary_min,
        Some("1085000".parse().unwrap())
    );
    for text in ["85,50", "85.000,50", "85.000,500"] {
        assert_eq!(
            salary(text).unwrap_err()[0].code,
            "invalid_format",
            "{text}"
        );
    }
}

#[test]
fn an_id_identifies_else_the_content() {
    let with_id = |id: &str, title: &str| {
        parse(json!({"title": title, "company": "c", "external_id": id})).unwrap()
    };
    assert_eq!(with_id("1", "a").identity(), with_id("1", "b").identity());
    assert_ne!(with_id("1", "a").identity(), with_id("2", "a").identity());
    assert_ne!(
        with_id("1", "a").fingerprint(),
        with_id("1", "b").fingerprint()
    );
    let without = |title: &str| parse(json!({"title": title, "company": "c"})).unwrap();
    assert_eq!(without("a").identity(), without("a").identity());
    assert_ne!(without("a").identity(), without("b").identity());
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in "\\PC{0,40}|[&#x;a-z0-9]{0,20}") {
        let row = json!({"title": text, "company": text, "salary_min": text,
                         "posted_at": text, "skills": text, "location": text});
        if let Ok(job) = parse(row) {
            prop_assert!(!job.title.is_empty());
            prop_assert!(!job.title.contains('\0'));
        }
    }
}
