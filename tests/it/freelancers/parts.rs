//! The lists of a profile: projects, work, education, certificates.

use std::time::Duration;

use chrono::{Days, NaiveDate, Utc};
use futures::future::join_all;
use jobboard_shared::recommendations::tasks::RefreshUser;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    auth::assert_problem,
    support::{Client, TestApp},
};

const EXPERIENCE: &str = "/api/freelancers/experience/";

struct Kind {
    path: &'static str,
    whole: Value,
    /// The least that is enough, and what it becomes.
    least: Value,
    required: &'static [&'static str],
    /// A body with faults, and the faults.
    wrong: Value,
    faults: &'static [(&'static str, &'static str)],
}

fn kinds() -> Vec<Kind> {
    vec![
        Kind {
            path: "/api/freelancers/portfolio/",
            whole: json!({
                "title": "A bridge", "description": "Of steel.\nOver water.",
                "project_url": "https://p.example/1", "thumbnail_url": "https://p.example/2",
                "images": ["https://p.example/3"], "technologies_used": ["Steel", "Rivets"],
                "project_date": "2021-05-06", "client_name": "The town", "project_type": "public",
                "is_featured": true,
            }),
            least: json!({"title": "Another bridge"}),
            required: &["title"],
            wrong: json!({
                "title": "A\nbridge", "project_url": "ftp://x", "images": ["x"],
                "technologies_used": [" "], "project_date": "1700-01-01",
            }),
            faults: &[
                ("images.0", "invalid_url"),
                ("project_date", "out_of_range"),
                ("project_url", "invalid_url"),
                ("technologies_used.0", "blank"),
                ("title", "invalid_character"),
            ],
        },
        Kind {
            path: EXPERIENCE,
            whole: json!({
                "company_name": "Steel & Co", "job_title": "Welder", "description": "Welding",
                "responsibilities": "Seams", "location": "Essen", "start_date": "2018-02-03",
                "end_date": "2020-02-03", "is_current": false,
            }),
            least: json!({
                "company_name": "Iron", "job_title": "Smith", "start_date": "2020-03-01",
                "is_current": true,
            }),
            required: &["company_name", "job_title", "start_date"],
            wrong: json!({
                "company_name": "\u{7}", "job_title": " ", "start_date": "2999-01-01",
                "end_date": "2998-01-01", "is_current": true,
            }),
            faults: &[
                ("company_name", "invalid_character"),
                ("end_date", "before_start"),
                ("end_date", "conflicting"),
                ("end_date", "in_the_future"),
                ("job_title", "blank"),
                ("start_date", "in_the_future"),
            ],
        },
        Kind {
            path: "/api/freelancers/education/",
            whole: json!({
                "institution": "Technical school", "degree": "Master", "field_of_study": "Metals",
                "description": "Two years", "start_date": "2015-09-01", "end_date": "2017-07-01",
                "is_current": false, "gpa": "3.75",
            }),
            least: json!({"institution": "School", "degree": "Diploma", "start_date": "2010-09-01"}),
            required: &["degree", "institution", "start_date"],
            wrong: json!({
                "institution": "S", "degree": "D", "start_date": "2015-09-01",
                "end_date": "2014-01-01", "is_current": true, "gpa": 100,
            }),
            faults: &[
                ("end_date", "before_start"),
                ("end_date", "conflicting"),
                ("gpa", "too_large"),
            ],
        },
        Kind {
            path: "/api/freelancers/certifications/",
            whole: json!({
                "name": "Welder's licence", "issuing_organization": "Guild", "credential_id": "W-1",
                "credential_url": "https://g.example/w-1", "issue_date": "2019-01-02",
                "expiry_date": "2029-01-02", "does_not_expire": false,
            }),
            least: json!({"name": "Driver", "issuing_organization": "State", "issue_date": "2005-06-07"}),
            required: &["issue_date", "issuing_organization", "name"],
            wrong: json!({
                "name": "N", "issuing_organization": "O", "issue_date": "2019-01-02",
                "expiry_date": "2018-01-02", "does_not_expire": true, "credential_url": "x",
            }),
            faults: &[
                ("credential_url", "invalid_url"),
                ("expiry_date", "before_start"),
                ("expiry_date", "conflicting"),
            ],
        },
    ]
}

async fn refreshes(app: &TestApp) -> usize {
    let count = app.pending_tasks::<RefreshUser>().await.len();
    app.drain_tasks().await;
    count
}

#[track_caller]
fn assert_has(entry: &Value, body: &Value) {
    for (field, value) in body.as_object().unwrap() {
        assert_eq!(entry[field], *value, "{field} of {entry}");
    }
}

#[tokio::test]
async fn entries_are_added_read_replaced_and_removed() {
    let app = TestApp::start().await;
    let (seeker, other) = (app.freelancer().await, app.freelancer().await);
    for kind in kinds() {
        let added = seeker.post(kind.path, kind.whole.clone()).await.expect(201);
        assert_has(&added.json, &kind.whole);
        assert_eq!(refreshes(&app).await, 1, "{}", kind.path);
        let address = format!("{}{}/", kind.path, added.id());
        assert_eq!(added.headers["location"], address.as_str());
        assert_eq!(seeker.get(&address).await.expect(200).json, added.json);
        let list = seeker.get(kind.path).await.expect(200);
        assert_eq!(list.results(), std::slice::from_ref(&added.json));

        // Nobody else's, and nowhere else.
        other.get(&address).await.expect(404);
        other.put(&address, kind.least.clone()).await.expect(404);
        other.delete(&address).await.expect(404);
        assert!(other.get(kind.path).await.expect(200).results().is_empty());
        assert_eq!(refreshes(&app).await, 0, "{}", kind.path);

        let replaced = seeker.put(&address, kind.least.clone()).await.expect(200);
        assert_has(&replaced.json, &kind.least);
        assert_eq!(replaced.json["created_at"], added.json["created_at"]);
        for (field, value) in kind.whole.as_object().unwrap() {
            if kind.least.get(field).is_none() && *value != json!(false) {
                assert_ne!(replaced.json[field], *value, "{field} is emptied");
            }
        }
        assert_eq!(refreshes(&app).await, 1, "{}", kind.path);
        seeker.delete(&address).await.expect(204);
        assert_eq!(refreshes(&app).await, 1, "{}", kind.path);
        seeker.delete(&address).await.expect(404);
        seeker.get(&address).await.expect(404);
        seeker.put(&address, kind.least).await.expect(404);
        assert_eq!(refreshes(&app).await, 0, "{}", kind.path);
    }
}

#[tokio::test]
async fn the_lists_are_for_freelancers_alone() {
    let app = TestApp::start().await;
    let (employer, admin) = (app.employer().await, app.admin().await);
    for kind in kinds() {
        let one = format!("{}{}/", kind.path, Uuid::now_v7());
        for client in [&employer, &admin] {
            assert_problem(&client.get(kind.path).await, 403, "role_required");
            let answer = client.post(kind.path, kind.least.clone()).await;
            assert_problem(&answer, 403, "role_required");
            assert_problem(&client.get(&one).await, 403, "role_required");
            assert_problem(&client.delete(&one).await, 403, "role_required");
        }
        app.anonymous().get(kind.path).await.expect(401);
        app.anonymous().delete(&one).await.expect(401);
    }
}

#[tokio::test]
async fn wrong_entries_are_refused_with_every_fault() {
    let app = TestApp::start().await;
    let seeker = app.freelancer().await;
    for kind in kinds() {
        let kept = seeker.post(kind.path, kind.least.clone()).await.expect(201);
        let address = format!("{}{}/", kind.path, kept.id());
        app.drain_tasks().await;
        let faults = |pairs: &[(&str, &str)]| {
            pairs
                .iter()
                .map(|(field, code)| ((*field).to_owned(), (*code).to_owned()))
                .collect::<Vec<_>>()
        };
        for refused in [
            seeker.post(kind.path, kind.wrong.clone()).await,
            seeker.put(&address, kind.wrong.clone()).await,
        ] {
            assert_eq!(
                refused.expect(422).field_errors(),
                faults(kind.faults),
                "{}",
                kind.path
            );
        }
        let refused = seeker.post(kind.path, json!({})).await.expect(422);
        let required: Vec<_> = kind
            .required
            .iter()
            .map(|field| (*field, "required"))
            .collect();
        assert_eq!(refused.field_errors(), faults(&required), "{}", kind.path);
        for read_only in ["id", "created_at", "freelancer_profile_id"] {
            let mut body = kind.least.clone();
            body[read_only] = json!("x");
            let refused = seeker.post(kind.path, body).await.expect(422);
            assert_eq!(
                refused.field_errors(),
                faults(&[(read_only, "unknown_field")])
            );
        }
        assert_eq!(seeker.get(&address).await.expect(200).json, kept.json);
        assert!(app.pending_tasks::<RefreshUser>().await.is_empty());
    }
    let open = json!({"company_name": "C", "job_title": "T", "start_date": "2020-01-01"});
    let refused = seeker.post(EXPERIENCE, open).await.expect(422);
    assert_eq!(
        refused.field_errors(),
        [("end_date".to_owned(), "required".to_owned())]
    );
}

fn worked(from: NaiveDate, to: Option<NaiveDate>) -> Value {
    json!({
        "company_name": "C", "job_title": "T", "start_date": from, "end_date": to,
        "is_current": to.is_none(),
    })
}

async fn add_work(client: &Client, from: NaiveDate, to: Option<NaiveDate>) -> Uuid {
    client
        .post(EXPERIENCE, worked(from, to))
        .await
        .expect(201)
        .id()
}

#[tokio::test]
async fn a_list_is_paged_by_its_days() {
    let app = TestApp::start().await;
    let (seeker, other) = (app.freelancer().await, app.freelancer().await);
    let day = |year: i32| NaiveDate::from_ymd_opt(year, 1, 1).unwrap();
    for year in [2012, 2015, 2011, 2014, 2013] {
        add_work(&seeker, day(year), Some(day(2016))).await;
    }
    let mut days = Vec::new();
    let mut path = format!("{EXPERIENCE}?page_size=2");
    let mut cursor = String::new();
    loop {
        let page = seeker.get(&path).await.expect(200);
        days.extend(
            page.results()
                .iter()
                .map(|entry| entry["start_date"].clone()),
        );
        let Some(next) = page.json["next_cursor"].as_str() else {
            break;
        };
        cursor = next.to_owned();
        path = format!("{EXPERIENCE}?page_size=2&cursor={next}");
    }
    let expected: Vec<Value> = (2011..=2015).rev().map(|year| json!(day(year))).collect();
    assert_eq!(days, expected);
    let foreign = other
        .get(&format!("{EXPERIENCE}?cursor={cursor}"))
        .await
        .expect(422);
    assert_eq!(foreign.field_errors()[0].1, "invalid_cursor");
    let numbered = seeker
        .get(&format!("{EXPERIENCE}?page=3&page_size=2"))
        .await
        .expect(200);
    assert_eq!(
        (numbered.results().len(), &numbered.json["count"]),
        (1, &json!(5))
    );
    app.drain_tasks().await;
}

#[tokio::test]
async fn a_part_of_a_profile_is_bounded_also_for_fifty_at_once() {
    let app = TestApp::start().await;
    let (admin, seeker) = (app.admin().await, app.freelancer().await);
    let limit = json!({"max_profile_items": 3});
    admin.patch("/api/admin/settings/", limit).await.expect(200);
    for kind in kinds() {
        let answers = join_all((0..50).map(|_| seeker.post(kind.path, kind.least.clone()))).await;
        let added = answers.iter().filter(|answer| answer.status == 201).count();
        assert_eq!(added, 3, "{}", kind.path);
        for refused in answers.iter().filter(|answer| answer.status != 201) {
            assert_problem(refused, 409, "too_many_items");
        }
        assert_eq!(seeker.get(kind.path).await.expect(200).results().len(), 3);
    }
    app.drain_tasks().await;
}

async fn years(client: &Client) -> f64 {
    let profile = client.get("/api/freelancers/profile/").await.expect(200);
    profile.json["total_experience_years"].as_f64().unwrap()
}

#[tokio::test]
async fn years_of_work_count_overlaps_once_and_grow_by_themselves() {
    let app = TestApp::start().await;
    let seeker = app.freelancer().await;
    let day = |year: i32, month: u32| NaiveDate::from_ymd_opt(year, month, 1).unwrap();
    assert!(years(&seeker).await.abs() < 0.01);
    add_work(&seeker, day(2010, 1), Some(day(2012, 1))).await;
    assert!((years(&seeker).await - 2.0).abs() < 0.01);
    // Inside of the first, and half a year beyond it.
    add_work(&seeker, day(2010, 6), Some(day(2010, 9))).await;
    add_work(&seeker, day(2011, 1), Some(day(2012, 7))).await;
    assert!((years(&seeker).await - 2.5).abs() < 0.01);
    let apart = add_work(&seeker, day(2014, 1), Some(day(2015, 1))).await;
    assert!((years(&seeker).await - 3.5).abs() < 0.01);
    seeker
        .delete(&format!("{EXPERIENCE}{apart}/"))
        .await
        .expect(204);
    let today = Utc::now().date_naive();
    let year_ago = today.checked_sub_days(Days::new(365)).unwrap();
    add_work(&seeker, year_ago, None).await;
    assert!((years(&seeker).await - 3.5).abs() < 0.01);
    app.drain_tasks().await;
    app.advance_time(Duration::from_secs(2 * 365 * 24 * 3600))
        .await;
    let seeker = app.login(&seeker.email).await;
    assert!((years(&seeker).await - 5.5).abs() < 0.01);
}

#[tokio::test]
async fn fifty_jobs_added_at_once_all_count() {
    let app = TestApp::start().await;
    let seeker = app.freelancer().await;
    let day = |year: i32| NaiveDate::from_ymd_opt(year, 1, 1).unwrap();
    let additions = (0..50).map(|n| {
        let from = day(1960 + n);
        seeker.post(EXPERIENCE, worked(from, Some(day(1961 + n))))
    });
    for answer in join_all(additions).await {
        answer.expect(201);
    }
    assert!((years(&seeker).await - 50.0).abs() < 0.05);
    app.drain_tasks().await;
}
