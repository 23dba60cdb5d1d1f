//! What people on the sample board do for a living: a table of ours, with the
//! other titles, descriptions and tools from ESCO and O*NET.

use std::{
    collections::{HashMap, HashSet},
    io::{self, Read},
};

use flate2::read::GzDecoder;

const TABLE: &str = include_str!("texts/professions.psv");
const TITLES: &[u8] = include_bytes!("../../shared/data/taxonomy/onet_titles.tsv.gz");
const TECHNOLOGY: &[u8] = include_bytes!("../../shared/data/taxonomy/onet_technology.tsv.gz");
const OCCUPATIONS: &[u8] = include_bytes!("../../shared/data/taxonomy/esco_occupations.tsv.gz");

pub(super) struct Profession {
    /// Slug.
    pub(super) category: &'static str,
    pub(super) title: &'static str,
    pub(super) german_title: &'static str,
    /// Titles of the same kind: "Applications Developer".
    pub(super) other_titles: Vec<String>,
    /// Two or three sentences.
    pub(super) about: String,
    /// Software in use.
    pub(super) tools: Vec<String>,
    /// The most typical first.
    pub(super) skills: Vec<&'static str>,
    /// Thousands of dollars a year in the United States with some experience.
    pub(super) pay: i64,
    /// Percent of the jobs.
    pub(super) remote: usize,
}

impl Profession {
    /// Which sentences describe the work.
    pub(super) fn kind(&self) -> &'static str {
        match self.category {
            "software-development"
            | "data-science"
            | "devops"
            | "quality-assurance"
            | "information-security" => "tech",
            "engineering" => "technical",
            "ux-design" | "graphic-design" | "design" => "design",
            "marketing" | "content-writing" | "sales" | "customer-support" => "commercial",
            "healthcare" => "care",
            "education" => "teaching",
            "hospitality" => "hospitality",
            "construction" | "manufacturing" => "craft",
            "operations" => "logistics",
            "public-service" => "public",
            _ => "business",
        }
    }

    /// Whether titles tell the level: there are senior developers, no senior waiters.
    pub(super) fn has_levels(&self) -> bool {
        self.remote > 0
    }
}

pub(super) fn read() -> io::Result<Vec<Profession>> {
    let rows: Vec<[&'static str; 8]> = TABLE
        .lines()
        .filter_map(|line| line.split('|').collect::<Vec<_>>().try_into().ok())
        .collect();
    let codes: HashSet<&str> = rows.iter().map(|row| row[3]).collect();
    let mut titles: HashMap<String, Vec<String>> = HashMap::new();
    for line in inflate(TITLES)?.lines() {
        if let [code, _, title] = fields(line)[..]
            && codes.contains(code)
        {
            titles
                .entry(code.to_owned())
                .or_default()
                .push(title.to_owned());
        }
    }
    let mut tools: HashMap<String, Vec<String>> = HashMap::new();
    for line in inflate(TECHNOLOGY)?.lines() {
        if let [code, tool, "Y"] = fields(line)[..]
            && codes.contains(code)
        {
            tools
                .entry(code.to_owned())
                .or_default()
                .extend(tool_name(tool));
        }
    }
    let labels: HashSet<&str> = rows.iter().map(|row| row[4]).collect();
    let mut occupations: HashMap<String, (Vec<String>, String)> = HashMap::new();
    for line in inflate(OCCUPATIONS)?.lines() {
        if let [label, others, about] = fields(line)[..]
            && labels.contains(label)
        {
            let others = others.split('|').map(capitalized).collect();
            occupations.insert(label.to_owned(), (others, sentences(about)));
        }
    }
    Ok(rows
        .into_iter()
        .map(
            |[
                category,
                title,
                german_title,
                code,
                label,
                pay,
                remote,
                skills,
            ]| {
                let (esco_titles, about) = occupations.get(label).cloned().unwrap_or_default();
                let onet_titles = titles.get(code).cloned().unwrap_or_default();
                Profession {
                    category,
                    title,
                    german_title,
                    other_titles: alike(title, esco_titles.into_iter().chain(onet_titles)),
                    about,
                    tools: tools.get(code).cloned().unwrap_or_default(),
                    skills: skills.split(',').collect(),
                    pay: pay.parse().unwrap_or_default(),
                    remote: remote.parse().unwrap_or_default(),
                }
            },
        )
        .collect())
}

/// Short titles that end like `title`; the rest are other jobs, abbreviations or
/// two titles in one.
fn alike(title: &str, others: impl Iterator<Item = String>) -> Vec<String> {
    let last = |title: &str| title.split_whitespace().last().map(str::to_lowercase);
    let mut seen: HashSet<String> = HashSet::from([title.to_lowercase()]);
    others
        .filter(|other| {
            let words = other.split_whitespace().count();
            (2..=3).contains(&words)
                && last(other) == last(title)
                && !other.contains(['(', ',', '/', '&'])
                && seen.insert(other.to_lowercase())
        })
        .collect()
}

/// As people say it: "Adobe Photoshop" for "Adobe Systems Adobe Photoshop"; none
/// for descriptions such as "Medical condition coding software".
fn tool_name(tool: &str) -> Option<String> {
    const MAKERS: &[&str] = &[
        "Adobe Systems ",
        "The MathWorks ",
        "Dassault Systemes ",
        "Oracle Java",
    ];
    let name = MAKERS.iter().fold(tool.to_owned(), |name, maker| {
        name.replace(maker, if *maker == "Oracle Java" { "Java" } else { "" })
    });
    (!name.ends_with("software") && name.split_whitespace().count() <= 3).then_some(name)
}

/// The first sentences, up to about fifty words.
fn sentences(text: &str) -> String {
    let mut taken = String::new();
    for sentence in text.replace('|', " ").split_inclusive(". ") {
        if !taken.is_empty()
            && taken.split_whitespace().count() + sentence.split_whitespace().count() > 50
        {
            break;
        }
        taken.push_str(sentence);
    }
    taken.trim().to_owned()
}

fn capitalized(title: &str) -> String {
    let words: Vec<String> = title
        .split_whitespace()
        .map(|word| {
            let mut chars = word.chars();
            let first = chars.next().into_iter().flat_map(char::to_uppercase);
            first.chain(chars).collect()
        })
        .collect();
    words.join(" ")
}

fn fields(line: &str) -> Vec<&str> {
    line.split('\t').collect()
}

fn inflate(packed: &[u8]) -> io::Result<String> {
    let mut text = String::new();
    GzDecoder::new(packed).read_to_string(&mut text)?;
    Ok(text)
}

const PROGRAMMING: &[&str] = &[
    "Bash",
    "C",
    "C#",
    "C++",
    "CSS",
    "Go",
    "HTML",
    "Java",
    "JavaScript",
    "Kotlin",
    "Python",
    "R",
    "Rust",
    "SQL",
    "Swift",
    "TypeScript",
];
const FRAMEWORKS: &[&str] = &[
    ".NET",
    "Airflow",
    "Apache Spark",
    "Django",
    "JUnit",
    "Node.js",
    "PyTorch",
    "React",
    "Selenium",
    "Spring Boot",
    "Tokio",
    "gRPC",
    "pandas",
    "scikit-learn",
];
const LANGUAGES: &[&str] = &["French", "German"];
const SOFT: &[&str] = &[
    "Cold calling",
    "Conflict resolution",
    "Counselling",
    "Crisis intervention",
    "Customer relations",
    "Interviewing",
    "Negotiation",
    "Patient counselling",
    "Presentation",
    "Scheduling",
    "Stakeholder management",
    "Team leadership",
];

/// The database's `skill_category`.
pub(super) fn skill_category(skill: &str) -> &'static str {
    match skill {
        skill if PROGRAMMING.contains(&skill) => "programming",
        skill if FRAMEWORKS.contains(&skill) => "framework",
        skill if LANGUAGES.contains(&skill) => "language",
        skill if SOFT.contains(&skill) => "soft_skill",
        _ => "tool",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_profession_is_described() {
        let professions = read().unwrap();
        assert_eq!(professions.len(), TABLE.lines().count());
        for profession in &professions {
            let title = profession.title;
            assert!(
                profession.about.split_whitespace().count() >= 10,
                "{title}: {}",
                profession.about
            );
            assert!(profession.skills.len() >= 2, "{title}");
            assert!(profession.pay > 0, "{title}");
        }
        let kinds: HashSet<&str> = professions.iter().map(Profession::kind).collect();
        for texts in [
            super::super::texts::Texts::english(),
            super::super::texts::Texts::german(),
        ] {
            for kind in &kinds {
                assert!(texts.section(&format!("{kind}.tasks")).len() >= 4, "{kind}");
            }
        }
    }
}
