//! A large board of which only what jobs are called matters.

use std::{collections::BTreeSet, fs, path::Path};

use rand::{
    Rng, SeedableRng,
    rngs::StdRng,
    seq::{IndexedRandom, SliceRandom},
};
use serde_json::Value;
use sqlx::PgPool;

use crate::Result;

/// Names as real ads and taxonomies have them, in a random order: the first are
/// frequent, the last rare.
pub(super) struct Names {
    titles: Vec<String>,
    skills: Vec<String>,
    locations: Vec<String>,
    random: StdRng,
}

/// What a job is called.
#[derive(Clone, Debug)]
pub(super) struct Job {
    pub(super) title: String,
    pub(super) skills: Vec<String>,
    location: String,
    company: usize,
}

impl Names {
    pub(super) fn read(data: &Path, seed: u64) -> Result<Self> {
        let mut titles = column(&data.join("taxonomy/onet_alternate_titles.tsv"), 2)?;
        let mut skills = column(&data.join("taxonomy/onet_technology_skills.tsv"), 2)?;
        let mut locations = BTreeSet::new();
        for line in fs::read_to_string(data.join("jobs/remote_ads.ndjson"))?.lines() {
            let ad: Value = serde_json::from_str(line)?;
            let of = |name: &str| ad[name].as_str().unwrap_or_default().trim().to_owned();
            titles.insert(of("title"));
            locations.insert(of("location"));
            let stack = ad["tech_stack"].as_array().into_iter().flatten();
            skills.extend(stack.filter_map(|skill| Some(skill.as_str()?.to_owned())));
        }
        let mut random = StdRng::seed_from_u64(seed);
        let mut shuffled = |names: BTreeSet<String>| -> Vec<String> {
            let mut names: Vec<_> = names
                .into_iter()
                .filter(|name| (1..90).contains(&name.len()))
                .collect();
            names.shuffle(&mut random);
            names
        };
        Ok(Self {
            titles: shuffled(titles),
            skills: shuffled(skills),
            locations: shuffled(locations),
            random,
        })
    }

    pub(super) fn job(&mut self, companies: usize) -> Job {
        let random = &mut self.random;
        let mut title = zipf(random, &self.titles).clone();
        // A fifth are new combinations: the beginning of one, the end of another.
        if random.random_bool(0.2) {
            let other = zipf(random, &self.titles);
            let (half, rest) = (title.split_whitespace(), other.split_whitespace());
            let (first, last) = (half.clone().count().div_ceil(2), rest.clone().count() / 2);
            let words: Vec<_> = half.take(first).chain(rest.skip(last)).collect();
            title = words.join(" ");
        }
        Job {
            title,
            skills: (0..random.random_range(0..5))
                .map(|_| zipf(random, &self.skills).clone())
                .collect(),
            location: self.locations.choose(random).cloned().unwrap_or_default(),
            company: random.random_range(0..companies),
        }
    }
}

fn column(path: &Path, number: usize) -> Result<BTreeSet<String>> {
    let text = fs::read_to_string(path)?;
    let values = text
        .lines()
        .skip(1)
        .filter_map(|line| line.split('\t').nth(number));
    Ok(values.map(str::to_owned).collect())
}

/// A density that falls as 1 / (rank + 10).
fn zipf<'a>(random: &mut StdRng, names: &'a [String]) -> &'a String {
    let share: f64 = random.random();
    let (low, high) = (10_f64.ln(), (names.len() as f64 + 10.0).ln());
    let rank = (low + share * (high - low)).exp() - 10.0;
    &names[(rank as usize).min(names.len() - 1)]
}

/// Writes live jobs; gives some of them.
pub(super) async fn load(pool: &PgPool, mut names: Names, count: usize) -> Result<Vec<Job>> {
    const AT_ONCE: usize = 5_000;
    let companies = count.div_ceil(40);
    sqlx::query(
        "insert into companies (name, slug)
         select 'Company ' || n, 'company-' || n from generate_series(0, $1 - 1) n",
    )
    .bind(i32::try_from(companies)?)
    .execute(pool)
    .await?;
    sqlx::query(
        "insert into skills (name, slug)
         select name, 'skill-' || n from unnest($1::text[]) with ordinality s (name, n)",
    )
    .bind(&names.skills)
    .execute(pool)
    .await?;
    let mut sample = vec![];
    for _ in 0..count.div_ceil(AT_ONCE) {
        let jobs: Vec<Job> = (0..AT_ONCE).map(|_| names.job(companies)).collect();
        insert(pool, &jobs).await?;
        sample.extend(jobs.into_iter().step_by(20));
    }
    // Two statements sent together are a transaction, in which there is no vacuum.
    sqlx::raw_sql("vacuum analyze jobs").execute(pool).await?;
    sqlx::raw_sql("vacuum analyze job_skills")
        .execute(pool)
        .await?;
    Ok(sample)
}

async fn insert(pool: &PgPool, jobs: &[Job]) -> Result<()> {
    let mut tx = pool.begin().await?;
    let companies: Vec<i32> = jobs
        .iter()
        .map(|job| i32::try_from(job.company))
        .collect::<Result<_, _>>()?;
    let of = |field: fn(&Job) -> &String| -> Vec<String> {
        jobs.iter().map(|job| field(job).clone()).collect()
    };
    // The number in the batch finds the job again.
    sqlx::query(
        "create temporary table made on commit drop as
         select uuid_v7() as id, g.* from unnest($1::text[], $2::text[], $3::int[])
             with ordinality as g (title, location, company, n)",
    )
    .bind(of(|job| &job.title))
    .bind(of(|job| &job.location))
    .bind(companies)
    .execute(&mut *tx)
    .await?;
    sqlx::query(
        "insert into jobs (id, company_id, title, description, location, job_type, status, published_at)
         select made.id, c.id, made.title, 'As the title says.', made.location, 'full_time',
                'published', app_now()
         from made join companies c on c.slug = 'company-' || made.company order by n",
    )
    .execute(&mut *tx)
    .await?;
    let (mut numbers, mut skills) = (vec![], vec![]);
    for (number, job) in (1_i64..).zip(jobs) {
        for skill in &job.skills {
            numbers.push(number);
            skills.push(skill.clone());
        }
    }
    sqlx::query(
        "insert into job_skills (job_id, skill_id)
         select made.id, s.id from unnest($1::bigint[], $2::text[]) g (n, skill)
         join made using (n) join skills s on s.name = g.skill
         on conflict do nothing",
    )
    .bind(numbers)
    .bind(skills)
    .execute(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(())
}
