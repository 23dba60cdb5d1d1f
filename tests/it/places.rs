//! How many of the locations that real ads name are understood. Reads the ads from
//! the folder `JOBBOARD_TEST_DATA`; skipped where that is not set.

use std::{collections::BTreeMap, path::Path};

use jobboard_shared::places::geocode;
use serde_json::Value;

/// Texts with how many ads have each.
type Texts = BTreeMap<String, usize>;

#[test]
fn most_locations_of_real_ads_are_understood() {
    let Some(folder) = std::env::var_os("JOBBOARD_TEST_DATA") else {
        println!("skipped: JOBBOARD_TEST_DATA is not set");
        return;
    };
    let folder = Path::new(&folder).join("jobs");
    for (name, texts, least) in [
        ("remote_ads.ndjson", of_feeds(&folder), 0.95),
        // Most of the rest are streets of which no town is told.
        ("nyc_jobs.csv", of_city(&folder), 0.45),
    ] {
        let (mut ads, mut roles, mut understood, mut located) = (0, 0, 0, 0);
        let mut unknown: Vec<(usize, &str)> = vec![];
        for (text, count) in &texts {
            let location = geocode(text);
            ads += count;
            if location.is_unknown() && is_no_location(text) {
                roles += count;
                continue;
            }
            if location.is_unknown() {
                unknown.push((*count, text));
                continue;
            }
            understood += count;
            if !location.places.is_empty() || !location.areas.is_empty() {
                located += count;
            }
        }
        let share = |part: usize| part as f64 / (ads - roles) as f64;
        println!(
            "{name}: {ads} ads with {} different texts, {roles} of them with a role, a time or an address of \
             the web instead of a location; of the rest understood {:.1} %, on the map {:.1} %",
            texts.len(),
            100.0 * share(understood),
            100.0 * share(located)
        );
        unknown.sort_unstable_by(|a, b| b.cmp(a));
        println!("not understood, by ads: {unknown:?}");
        assert!(share(understood) >= least, "{name}");
    }
}

/// What feeds write into the field though it is no place. Only asked about what was
/// not understood.
fn is_no_location(text: &str) -> bool {
    const WORDS: &[&str] = &[
        "admin",
        "analyst",
        "android",
        "backend",
        "community",
        "data",
        "designer",
        "dev",
        "developer",
        "developers",
        "devops",
        "director",
        "eng",
        "engineer",
        "engineering",
        "engineers",
        "executive",
        "frontend",
        "full",
        "fullstack",
        "golang",
        "https",
        "job",
        "java",
        "machine",
        "manager",
        "managers",
        "marketeer",
        "marketing",
        "onsite",
        "openings",
        "part",
        "positions",
        "product",
        "programmer",
        "rails",
        "roles",
        "sde",
        "software",
        "sre",
        "stack",
        "strategy",
        "various",
        "writer",
        "www",
    ];
    let text = text.to_lowercase();
    let mut words = text.split(|c: char| !c.is_alphanumeric());
    words.any(|word| WORDS.contains(&word)) || text.contains("on-site")
}

fn of_feeds(folder: &Path) -> Texts {
    let ads = std::fs::read_to_string(folder.join("remote_ads.ndjson")).expect("the ads");
    let mut texts = Texts::new();
    for line in ads.lines() {
        let ad: Value = serde_json::from_str(line).expect("an ad");
        count(&mut texts, ad["location"].as_str().unwrap_or_default());
    }
    texts
}

fn of_city(folder: &Path) -> Texts {
    let ads = std::fs::read(folder.join("nyc_jobs.csv")).expect("the ads");
    let mut reader = csv::ReaderBuilder::new()
        .flexible(true)
        .from_reader(ads.as_slice());
    let header = reader.byte_headers().expect("a header").clone();
    let at = header.iter().position(|name| name == b"Work Location");
    let mut texts = Texts::new();
    for row in reader.byte_records() {
        let row = row.expect("a row");
        let text = at.and_then(|at| row.get(at)).unwrap_or_default();
        count(&mut texts, &String::from_utf8_lossy(text));
    }
    texts
}

fn count(texts: &mut Texts, text: &str) {
    if !text.trim().is_empty() {
        *texts.entry(text.trim().to_owned()).or_insert(0) += 1;
    }
}
