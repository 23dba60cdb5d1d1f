//! A large board made of real ads: their titles and sentences, mixed.

use std::path::Path;

use rand::{
    Rng, SeedableRng,
    rngs::StdRng,
    seq::{IndexedRandom, SliceRandom},
};
use serde_json::Value;
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

use crate::Result;

/// What real ads are taken apart into.
pub(crate) struct Vocabulary {
    /// The words of each title.
    titles: Vec<Vec<String>>,
    sentences: Vec<String>,
    locations: Vec<String>,
    skills: Vec<String>,
}

pub(crate) struct Ad {
    pub(crate) title: String,
    pub(crate) description: String,
    skills: Vec<usize>,
    location: String,
    company: usize,
    /// Before now, in hours.
    age: f64,
}

impl Vocabulary {
    /// Of the data sets in a folder: two of ads, one of titles.
    pub(crate) fn read(data: &Path) -> Result<Self> {
        let mut vocabulary = Self {
            titles: vec![],
            sentences: vec![],
            locations: vec![],
            skills: vec![],
        };
        vocabulary.read_remote_ads(&data.join("jobs/remote_ads.ndjson"))?;
        vocabulary.read_city_ads(&data.join("jobs/nyc_jobs.csv"))?;
        vocabulary.read_titles(&data.join("taxonomy/onet_alternate_titles.tsv"))?;
        vocabulary.skills.sort_by_key(|name| name.to_lowercase());
        vocabulary.skills.dedup_by(|a, b| a.eq_ignore_ascii_case(b));
        // Places in the lists decide how often a thing is used.
        let mut random = StdRng::seed_from_u64(0);
        vocabulary.titles.shuffle(&mut random);
        vocabulary.sentences.shuffle(&mut random);
        vocabulary.skills.shuffle(&mut random);
        Ok(vocabulary)
    }

    fn read_remote_ads(&mut self, file: &Path) -> Result<()> {
        for line in std::fs::read_to_string(file)?.lines() {
            let ad: Value = serde_json::from_str(line)?;
            let of = |name: &str| ad[name].as_str().unwrap_or_default();
            self.push(of("title"), of("description"), of("location"));
            for skill in ad["tech_stack"].as_array().into_iter().flatten() {
                let name = skill.as_str().unwrap_or_default();
                if !name.is_empty() && name.len() < 60 {
                    self.skills.push(name.to_owned());
                }
            }
        }
        Ok(())
    }

    fn read_city_ads(&mut self, file: &Path) -> Result<()> {
        let mut rows = csv::Reader::from_path(file)?;
        let names = rows.headers()?.clone();
        for row in rows.records() {
            let row = row?;
            let of = |name: &str| {
                let place = names.iter().position(|column| column == name);
                place.and_then(|place| row.get(place)).unwrap_or_default()
            };
            self.push(
                of("Business Title"),
                of("Job Description"),
                of("Work Location"),
            );
        }
        Ok(())
    }

    fn read_titles(&mut self, file: &Path) -> Result<()> {
        for line in std::fs::read_to_string(file)?.lines().skip(1) {
            self.push(line.split('\t').nth(2).unwrap_or_default(), "", "");
        }
        Ok(())
    }

    /// Sentences with so many words or a few more.
    pub(crate) fn text(&self, random: &mut StdRng, least_words: usize) -> String {
        let (mut text, mut words) = (String::new(), 0);
        while words < least_words {
            let sentence = &self.sentences[zipf(random, self.sentences.len())];
            words += sentence.split_whitespace().count();
            text.push_str(sentence);
            text.push_str(". ");
        }
        text
    }

    /// What somebody is called or calls themself.
    pub(crate) fn title(&self, random: &mut StdRng) -> String {
        self.titles[zipf(random, self.titles.len())].join(" ")
    }

    pub(crate) fn location(&self, random: &mut StdRng) -> String {
        self.locations.choose(random).cloned().unwrap_or_default()
    }

    pub(crate) fn skill(&self, random: &mut StdRng) -> String {
        self.skills[zipf(random, self.skills.len())].clone()
    }

    fn push(&mut self, title: &str, text: &str, location: &str) {
        let title: Vec<_> = title.split_whitespace().map(str::to_owned).collect();
        if (1..=12).contains(&title.len()) {
            self.titles.push(title);
        }
        self.sentences.extend(
            text.split(['.', '\n'])
                .map(str::trim)
                .filter(|sentence| (20..400).contains(&sentence.len()))
                .map(str::to_owned),
        );
        let location = location.trim();
        if (1..100).contains(&location.len()) {
            self.locations.push(location.to_owned());
        }
    }
}

/// A place among `count`, the first much more often than the last.
pub(crate) fn zipf(random: &mut StdRng, count: usize) -> usize {
    let share: f64 = random.random();
    // The inverse of a density that falls as 1 / (rank + 10).
    let (low, high) = (10_f64.ln(), (count as f64 + 10.0).ln());
    let rank = (low + share * (high - low)).exp() - 10.0;
    (rank as usize).min(count - 1)
}

/// The ads of a seed: the same on every machine. More are young than old.
pub(crate) fn ads(
    vocabulary: &Vocabulary,
    seed: u64,
    count: usize,
    days: f64,
) -> impl Iterator<Item = Ad> {
    const WORDS: usize = 250;
    let mut random = StdRng::seed_from_u64(seed);
    let companies = count.div_ceil(40);
    (0..count).map(move |number| {
        let mut title = vocabulary.titles[zipf(&mut random, vocabulary.titles.len())].clone();
        // A fifth are new combinations: the beginning of one, the end of another.
        if random.random_bool(0.2) {
            let other = vocabulary.titles.choose(&mut random).unwrap_or(&title);
            let (half, rest) = (title.len().div_ceil(2), other.len() / 2);
            title = [&title[..half], &other[rest..]].concat();
        }
        let description = vocabulary.text(&mut random, WORDS);
        let skills = match vocabulary.skills.len() {
            0 => vec![],
            all => (0..random.random_range(0..5))
                .map(|_| zipf(&mut random, all))
                .collect(),
        };
        // The oldest come first, as they do on a board that grows.
        let place = number as f64 / count as f64;
        Ad {
            title: title.join(" "),
            description,
            skills,
            location: vocabulary
                .locations
                .choose(&mut random)
                .cloned()
                .unwrap_or_default(),
            company: zipf(&mut random, companies),
            age: days * 24.0 * (1.0 - place.powf(0.7)),
        }
    })
}

/// Writes companies and skills.
pub(crate) async fn insert_names(
    conn: &mut PgConnection,
    vocabulary: &Vocabulary,
    jobs: usize,
) -> Result<()> {
    let companies = i32::try_from(jobs.div_ceil(40))?;
    sqlx::query(
        "insert into companies (name, slug)
         select 'Company ' || n, 'company-' || n from generate_series(0, $1 - 1) n",
    )
    .bind(companies)
    .execute(&mut *conn)
    .await?;
    sqlx::query(
        "insert into skills (name, slug)
         select name, 'bench-' || n from unnest($1::text[]) with ordinality s (name, n)
         on conflict do nothing",
    )
    .bind(&vocabulary.skills)
    .execute(conn)
    .await?;
    Ok(())
}

/// Writes ads as published jobs; gives their ids.
pub(crate) async fn insert(
    pool: &PgPool,
    vocabulary: &Vocabulary,
    ads: &[Ad],
) -> Result<Vec<Uuid>> {
    let mut tx = pool.begin().await?;
    let of = |field: fn(&Ad) -> &str| -> Vec<String> {
        ads.iter().map(|ad| field(ad).to_owned()).collect()
    };
    let companies: Vec<i32> = ads
        .iter()
        .map(|ad| i32::try_from(ad.company))
        .collect::<Result<_, _>>()?;
    let ages: Vec<f64> = ads.iter().map(|ad| ad.age).collect();
    let ids: Vec<Uuid> = sqlx::query_scalar(
        "insert into jobs (company_id, title, description, location, is_remote, job_type,
                           experience_level, salary_min, salary_max, status, published_at)
         select c.id, a.title, a.description, a.location, n % 3 = 0,
                (enum_range(null::job_type))[1 + n % 5],
                (enum_range(null::experience_level))[1 + n % 5],
                case when n % 2 = 0 then 30000 + 1000 * (n % 97) end,
                case when n % 2 = 0 then 50000 + 1000 * (n % 97) end,
                'published', app_now() - make_interval(secs => a.age * 3600)
         from unnest($1::text[], $2::text[], $3::text[], $4::int[], $5::float8[])
              with ordinality a (title, description, location, company, age, n)
         join companies c on c.slug = 'company-' || a.company
         order by n
         returning id",
    )
    .bind(of(|ad| &ad.title))
    .bind(of(|ad| &ad.description))
    .bind(of(|ad| &ad.location))
    .bind(companies)
    .bind(ages)
    .fetch_all(&mut *tx)
    .await?;
    let (mut jobs, mut skills) = (vec![], vec![]);
    for (id, ad) in ids.iter().zip(ads) {
        for skill in &ad.skills {
            jobs.push(*id);
            skills.push(vocabulary.skills[*skill].clone());
        }
    }
    sqlx::query(
        "insert into job_skills (job_id, skill_id)
         select distinct w.job_id, s.id from unnest($1::uuid[], $2::text[]) w (job_id, name)
         join skills s on s.name = w.name
         on conflict do nothing",
    )
    .bind(jobs)
    .bind(skills)
    .execute(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(ids)
}
