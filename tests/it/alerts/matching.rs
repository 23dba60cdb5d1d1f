//! New jobs and the alerts that they match.

use jobboard_shared::{
    alerts::{self, AlertContent, Frequency, tasks::MatchJob},
    jobs::AdLanguage,
    search::Search,
};
use rand::{Rng, SeedableRng, rngs::StdRng, seq::IndexedRandom};
use serde_json::json;
use uuid::Uuid;

use super::{alert, matches, publish};
use crate::{
    search::naive::{
        WHOLE,
        board::{board, draw},
        by_cursor,
    },
    support::TestApp,
};

const SEARCHES: usize = 250;

/// Drawn as those that are held against plain SQL, with more to their words.
fn saved(random: &mut StdRng, app: &TestApp) -> Search {
    let texts = [
        "\"works with\" steel",
        "fitter OR welder",
        "welder -\"with wood\"",
        "\"works with wood\"",
        "-wood",
        "welders fitting",
        "it's \\ 'steel'",
        "the and",
        // In the languages of the ads, whose words have endings of their own.
        "Schweißern",
        "schweisser Werkstätten",
        "soudeurs -apprenti",
        "\"en acero\"",
        "東京",
        // By a synonym: of one word, of several, and in a part.
        "metalworker",
        "metalworker OR soudeur",
        "joiner of steel",
        "\"metalworker\" wood",
    ];
    let mut search = draw(random, app.clock.now());
    if random.random_bool(0.5) {
        search.text = texts.choose(random).unwrap().to_string();
    }
    if random.random_bool(0.3) {
        search.language = [AdLanguage::En, AdLanguage::De, AdLanguage::Fr]
            .choose(random)
            .copied();
    }
    if random.random_bool(0.05) {
        search.location = Some("remote".to_owned());
    }
    Search {
        posted_after: None,
        posted_within_days: None,
        sort: jobboard_shared::search::Sort::Date,
        ..search
    }
}

/// What the board has not: other languages, and terms that mean the same.
async fn more(app: &TestApp) -> Vec<Uuid> {
    let ids: Vec<Uuid> = sqlx::query_scalar(
        "insert into jobs (company_id, title, description, location, is_remote, status, published_at)
         select (select id from companies where name = 'Acme'), title, description, location,
                location = 'Remote', 'published', app_now()
         from (values
             ('Schweißer gesucht', 'Wir suchen für unsere Werkstatt in Potsdam einen Schweißer.', 'Potsdam'),
             ('Leiter der Werkstätten', 'Sie leiten die Schweißer und die Schlosser der Firma.', 'Remote'),
             ('Soudeur', 'Nous cherchons un soudeur pour notre atelier, de préférence à Lyon.', ''),
             ('Apprenti soudeur', 'Un apprenti pour les soudeurs de notre atelier.', 'Remote'),
             ('Soldador', 'Buscamos un soldador con experiencia en acero para nuestra empresa.', ''),
             ('溶接工', '東京の工場で働く溶接工を募集しています。', 'Tokyo')) more (title, description, location)
         returning id",
    )
    .fetch_all(&app.db)
    .await
    .unwrap();
    let admin = app.admin().await;
    for body in [
        json!({"term": "metalworker", "synonyms": ["welder", "soudeur"]}),
        json!({"term": "joiner of steel", "synonyms": ["welder", "works with steel"]}),
    ] {
        admin.post("/api/admin/synonyms/", body).await.expect(201);
    }
    let mut tx = app.db.begin().await.unwrap();
    jobboard_shared::search::refresh(&mut tx, &ids)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    ids
}

#[tokio::test]
async fn a_job_matches_the_alerts_whose_search_finds_it() {
    let app = TestApp::start().await;
    let mut random = StdRng::seed_from_u64(11);
    let mut jobs = board(&app, &mut random).await;
    jobs.extend(more(&app).await);
    let user = app.freelancer().await;
    let now = app.clock.now();
    let mut conn = app.db.acquire().await.unwrap();
    sqlx::query("insert into system_settings (key, value) values ('max_alerts', '1000')")
        .execute(&mut *conn)
        .await
        .unwrap();
    let (mut stored, mut refused) = (vec![], 0);
    for number in 0..SEARCHES {
        if number == SEARCHES / 2 {
            // From now on it is known which tokens are common.
            sqlx::query("analyze job_search_documents")
                .execute(&mut *conn)
                .await
                .unwrap();
        }
        let search = saved(&mut random, &app);
        let content = AlertContent {
            name: number.to_string(),
            search: search.clone(),
            frequency: Frequency::Daily,
            time_zone: "UTC".to_owned(),
            local_hour: 8,
            weekday: 1,
            is_paused: false,
        };
        match alerts::create(&mut conn, now, user.user_id, &content).await {
            Ok(alert) => stored.push((alert.id, search)),
            Err(jobboard_shared::Error::Invalid(errors)) => {
                refused += 1;
                assert_eq!(errors[0].code, "no_filter", "{search:?}");
            }
            Err(error) => panic!("{error}: {search:?}"),
        }
    }
    assert!(refused > 0 && refused < SEARCHES / 3, "{refused}");
    // The jobs are older than the alerts.
    sqlx::query("update job_alerts set watches_since = '-infinity'")
        .execute(&mut *conn)
        .await
        .unwrap();
    for job_id in &jobs {
        app.enqueue(&MatchJob {
            job_id: *job_id,
            after: None,
        })
        .await;
    }
    let drained = app.drain_tasks().await;
    assert!(drained.failures.is_empty(), "{:?}", drained.failures);
    let mut found_any = 0;
    for (alert_id, search) in stored {
        let mut expected = by_cursor(&app, WHOLE, &search).await;
        expected.sort();
        found_any += usize::from(!expected.is_empty());
        assert_eq!(matches(&app, alert_id).await, expected, "{search:?}");
    }
    assert!(found_any > SEARCHES / 4, "{found_any}");
    let keys: Vec<(i64, i64)> =
        sqlx::query_as("select count(*), count(*) filter (where key = '*') from alert_keys")
            .fetch_all(&app.db)
            .await
            .unwrap();
    assert!(
        keys[0].1 * 10 < keys[0].0,
        "looked up by what is rare: {keys:?}"
    );
}

#[tokio::test]
async fn new_jobs_alone_are_told_and_each_once() {
    let app = TestApp::start().await;
    let (employer, user) = (app.employer().await, app.freelancer().await);
    let before = publish(&app, &employer, "Painter of before").await;
    let alert_id = alert(&user, json!({"frequency": "daily"})).await;
    publish(&app, &employer, "Roofer").await;
    let job_id = publish(&app, &employer, "Painter").await;
    assert_eq!(matches(&app, alert_id).await, [job_id]);
    // An edit is not news, nor is a job that comes back.
    let path = format!("/api/jobs/{job_id}/");
    for change in [
        json!({"title": "House painter"}),
        json!({"status": "closed"}),
        json!({"status": "published"}),
    ] {
        employer.patch(&path, change).await.expect(200);
        app.drain_tasks().await;
    }
    assert_eq!(matches(&app, alert_id).await, [job_id]);
    // Writing everything anew tells nothing either.
    sqlx::query("delete from job_search_documents")
        .execute(&app.db)
        .await
        .unwrap();
    let mut conn = app.db.acquire().await.unwrap();
    jobboard_shared::search::tasks::enqueue_refresh(&mut conn, &[before, job_id])
        .await
        .unwrap();
    app.drain_tasks().await;
    assert_eq!(matches(&app, alert_id).await, [job_id]);
    // What comes during a pause is not told, what comes after it is.
    let path = format!("/api/alerts/{alert_id}/");
    user.patch(&path, json!({"is_paused": true}))
        .await
        .expect(200);
    publish(&app, &employer, "Painter in the pause").await;
    user.patch(&path, json!({"is_paused": false}))
        .await
        .expect(200);
    let after = publish(&app, &employer, "Painter after it").await;
    assert_eq!(matches(&app, alert_id).await, [job_id, after]);
}

#[tokio::test]
async fn a_job_that_fits_everybody_is_matched_in_blocks() {
    let app = TestApp::start().await;
    let (employer, user) = (app.employer().await, app.freelancer().await);
    let first = alert(&user, json!({"frequency": "daily"})).await;
    sqlx::query(
        "with copies as (
             insert into job_alerts (user_id, name, search, frequency, time_zone, local_hour, weekday)
             select user_id, name, search, frequency, time_zone, local_hour, weekday
             from job_alerts, generate_series(1, 4500) where id = $1 returning id),
         searches as (
             insert into alert_searches select c.id, reading, asked, pays_at_least, starts_at_most,
                 or_unknown, near_lats, near_lons, near_km, near_areas, large_asked
             from alert_searches, copies c where alert_id = $1 returning alert_id)
         insert into alert_keys select key, s.alert_id from alert_keys k, searches s where k.alert_id = $1",
    )
    .bind(first)
    .execute(&app.db)
    .await
    .unwrap();
    let job_id = publish(&app, &employer, "Painter").await;
    let (told, runs): (i64, i64) = sqlx::query_as(
        "select (select count(*) from alert_matches where job_id = $1),
                (select count(*) from finished_tasks where kind = 'alerts.match_job')",
    )
    .bind(job_id)
    .fetch_one(&app.db)
    .await
    .unwrap();
    assert_eq!((told, runs), (4_501, 3));
}

#[tokio::test]
async fn synonyms_that_change_change_what_alerts_mean() {
    let app = TestApp::start().await;
    let (employer, user) = (app.employer().await, app.freelancer().await);
    let alert_id = alert(&user, json!({"frequency": "daily", "q": "limner"})).await;
    publish(&app, &employer, "Painter").await;
    assert_eq!(matches(&app, alert_id).await, Vec::<Uuid>::new());
    let body = json!({"term": "limner", "synonyms": ["painter"]});
    let admin = app.admin().await;
    let synonym = admin
        .post("/api/admin/synonyms/", body)
        .await
        .expect(201)
        .id();
    app.drain_tasks().await;
    let job_id = publish(&app, &employer, "Painter").await;
    assert_eq!(matches(&app, alert_id).await, [job_id]);
    admin
        .delete(&format!("/api/admin/synonyms/{synonym}/"))
        .await
        .expect(204);
    app.drain_tasks().await;
    publish(&app, &employer, "Painter").await;
    assert_eq!(matches(&app, alert_id).await, [job_id]);
}

/// Read in each language of the board, many words are more than a row of a table takes.
#[tokio::test]
async fn a_search_of_very_many_words_is_saved_and_matched() {
    let app = TestApp::start().await;
    let (employer, user) = (app.employer().await, app.freelancer().await);
    // Each has another stem in each language.
    let text = "painter foundation organization specification communication administration transportation \
                documentation installation configuration visualization representation \
                investigation classification optimization automation innovation recommendation \
                certification verification notification publication translation registration \
                modernization restoration preparation exploration navigation calculation"
        .replace(' ', " OR ");
    let alert_id = alert(&user, json!({"frequency": "daily", "q": text})).await;
    let job_id = publish(&app, &employer, "Painter").await;
    publish(&app, &employer, "Roofer").await;
    assert_eq!(matches(&app, alert_id).await, [job_id]);
}
