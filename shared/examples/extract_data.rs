//! Makes the files of `shared/data` from the published ones; `shared/data/README.md`
//! says where those are from.
//!
//! `cargo run -p jobboard-shared --example extract_data -- <folder of the published files>`

use std::{
    collections::{BTreeMap, BTreeSet},
    error::Error,
    fs::{self, File},
    io::{Read, Write},
    path::Path,
};

use flate2::{Compression, GzBuilder, read::GzDecoder};
use jobboard_shared::places::fold;

type Result<T = (), E = Box<dyn Error>> = std::result::Result<T, E>;

fn main() -> Result {
    let from = std::env::args().nth(1).ok_or("name the folder")?;
    let from = Path::new(&from);
    let to = Path::new(env!("CARGO_MANIFEST_DIR")).join("data");
    cities(&from.join("places"), &to.join("places"))?;
    countries(&from.join("places"), &to.join("places"))?;
    taxonomy(&from.join("taxonomy"), &to.join("taxonomy"))
}

fn cities(from: &Path, to: &Path) -> Result {
    let mut text = String::new();
    GzDecoder::new(File::open(from.join("cities15000.tsv.gz"))?).read_to_string(&mut text)?;
    let mut cities: Vec<Vec<&str>> = text
        .lines()
        .skip(1)
        .map(|line| line.split('\t').map(str::trim).collect())
        .collect();
    let population = |city: &Vec<&str>| city[6].parse::<u32>().unwrap_or(0);
    cities.sort_by_key(|city| {
        (
            std::cmp::Reverse(population(city)),
            city[0].parse::<u32>().ok(),
        )
    });

    let mut lines = String::new();
    let mut names: BTreeMap<String, BTreeSet<usize>> = BTreeMap::new();
    for (number, city) in cities.iter().enumerate() {
        lines.push_str(&city[..8].join("\t"));
        lines.push('\n');
        let others = city[8].split('|').filter(|name| is_name(name));
        for name in std::iter::once(city[1]).chain(others) {
            let name = fold(name);
            if name.chars().count() > 1 {
                names.entry(name).or_default().insert(number);
            }
        }
    }
    pack(&to.join("cities.tsv.gz"), &lines)?;

    let mut lines = String::new();
    for (name, numbers) in names {
        let numbers: Vec<String> = numbers.iter().map(usize::to_string).collect();
        lines.push_str(&format!("{name}\t{}\n", numbers.join(",")));
    }
    pack(&to.join("city_names.tsv.gz"), &lines)
}

/// Not an airport's code (`ALL`, `DEV`) and not one of the machine transcriptions,
/// which are written in lower case and collide with words.
fn is_name(name: &str) -> bool {
    let is_code = name.len() <= 4 && name.chars().all(|c| c.is_ascii_uppercase() || c == '.');
    !is_code && !name.starts_with(|c: char| c.is_ascii_lowercase())
}

fn countries(from: &Path, to: &Path) -> Result {
    let text = fs::read_to_string(from.join("countries.json"))?;
    let countries: BTreeMap<String, serde_json::Value> = serde_json::from_str(&text)?;
    let mut lines = String::new();
    for (code, country) in countries {
        let field = |name: &str| country[name].as_str().unwrap_or_default().to_owned();
        let fields = [
            code,
            field("iso3"),
            field("name"),
            field("continentcode"),
            field("currencycode"),
        ];
        lines.push_str(&fields.join("\t"));
        lines.push('\n');
    }
    fs::write(to.join("countries.tsv"), lines)?;
    Ok(())
}

fn taxonomy(from: &Path, to: &Path) -> Result {
    let titles = columns(&from.join("onet_alternate_titles.tsv"), b'\t', &[0, 1, 2])?;
    pack(&to.join("onet_titles.tsv.gz"), &titles)?;
    let technology = columns(&from.join("onet_technology_skills.tsv"), b'\t', &[0, 2, 5])?;
    pack(&to.join("onet_technology.tsv.gz"), &technology)?;
    let occupations = columns(&from.join("esco_occupations_en.csv"), b',', &[3, 4, 12])?;
    pack(&to.join("esco_occupations.tsv.gz"), &occupations)
}

/// Some columns of a table, separated by tabs; several lines in one field are
/// separated by bars. Sorted, each row once.
fn columns(file: &Path, delimiter: u8, wanted: &[usize]) -> Result<String> {
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .quoting(delimiter == b',')
        .from_path(file)?;
    let mut rows = BTreeSet::new();
    for record in reader.records() {
        let record = record?;
        let fields: Vec<String> = wanted
            .iter()
            .map(|&at| record.get(at).unwrap_or_default().trim())
            .map(|field| {
                let lines: Vec<&str> = field.lines().map(str::trim).collect();
                lines.join("|").replace('\t', " ")
            })
            .collect();
        rows.insert(fields.join("\t"));
    }
    Ok(rows.into_iter().map(|row| row + "\n").collect())
}

/// Without a time in the header, so that equal content makes equal files.
fn pack(file: &Path, text: &str) -> Result {
    let mut packer = GzBuilder::new().write(File::create(file)?, Compression::best());
    packer.write_all(text.as_bytes())?;
    packer.finish()?;
    Ok(())
}
