//! How many of 200 misspelt titles and skills are put right.

use std::{collections::BTreeSet, io::Read, path::Path};

use flate2::read::GzDecoder;
use jobboard_shared::search;
use rand::{
    SeedableRng,
    rngs::StdRng,
    seq::{IndexedRandom, SliceRandom},
};

use super::typos::{is_right, misspell};
use crate::support::TestApp;

/// A column of one of the shipped lists, every value once.
fn column(file: &str, number: usize) -> Vec<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("shared/data/taxonomy")
        .join(file);
    let mut text = String::new();
    GzDecoder::new(std::fs::File::open(path).expect("a shipped list"))
        .read_to_string(&mut text)
        .expect("text");
    let values = text.lines().filter_map(|line| line.split('\t').nth(number));
    let values: BTreeSet<_> = values
        .filter(|value| value.len() <= 90)
        .map(str::to_owned)
        .collect();
    values.into_iter().collect()
}

/// A board of 3,000 jobs with titles of O*NET and ESCO and skills of O*NET; the first
/// of the shuffled lists come much more often than the last, as on real boards.
async fn fill(app: &TestApp, random: &mut StdRng) -> (Vec<String>, Vec<String>) {
    const JOBS: usize = 3_000;
    let mut titles = column("onet_titles.tsv.gz", 2);
    titles.extend(column("esco_occupations.tsv.gz", 0));
    let mut skills = column("onet_technology.tsv.gz", 1);
    let mut often = |list: &mut Vec<String>| -> Vec<String> {
        list.shuffle(random);
        // The n-th comes with a weight of 1 / (n + 10).
        let weighted: Vec<(usize, f64)> = (0..list.len())
            .map(|n| (n, 1.0 / (n as f64 + 10.0)))
            .collect();
        (0..JOBS)
            .map(|_| {
                list[weighted
                    .choose_weighted(random, |one| one.1)
                    .expect("a weight")
                    .0]
                    .clone()
            })
            .collect()
    };
    let (titles, skills) = (often(&mut titles), often(&mut skills));
    sqlx::query("insert into companies (name, slug) values ('Acme', 'acme')")
        .execute(&app.db)
        .await
        .expect("a company");
    sqlx::query(
        "insert into skills (name, slug) select name, 'skill-' || row_number() over ()
         from (select distinct name from unnest($1::text[]) as name) names",
    )
    .bind(&skills)
    .execute(&app.db)
    .await
    .expect("skills");
    sqlx::query(
        "with made as (
             insert into jobs (company_id, title, description, job_type, status, published_at)
             select c.id, title, skill, 'full_time', 'published', app_now()
             from companies c, unnest($1::text[], $2::text[]) as given (title, skill)
             where c.slug = 'acme'
             returning id, description)
         insert into job_skills (job_id, skill_id)
         select made.id, s.id from made join skills s on s.name = made.description",
    )
    .bind(&titles)
    .bind(&skills)
    .execute(&app.db)
    .await
    .expect("jobs");
    (titles, skills)
}

#[tokio::test]
async fn nine_of_ten_misspelt_titles_and_skills_are_put_right() {
    const ASKED: usize = 200;
    const AT_LEAST: f64 = 0.9;
    let app = TestApp::start().await;
    let mut random = StdRng::seed_from_u64(5);
    let (titles, skills) = fill(&app, &mut random).await;
    app.build_vocabulary().await;
    let known: BTreeSet<String> = titles.into_iter().chain(skills).collect();
    let known: Vec<String> = known.into_iter().collect();
    let mut conn = app.db.acquire().await.expect("a connection");
    let (mut asked, mut wrong) = (0, vec![]);
    while asked < ASKED {
        let meant = known.choose(&mut random).expect("a name");
        let Some(misspelt) = misspell(meant, &mut random) else {
            continue;
        };
        asked += 1;
        let corrected = search::correct(&mut conn, &misspelt)
            .await
            .expect("a correction");
        if !corrected
            .as_deref()
            .is_some_and(|text| is_right(text, meant))
        {
            wrong.push((misspelt, corrected, meant));
        }
    }
    let share = 1.0 - wrong.len() as f64 / ASKED as f64;
    println!("{share:.3} of {ASKED} put right");
    assert!(share >= AT_LEAST, "{share}: {wrong:#?}");
}
