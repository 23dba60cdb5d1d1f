//! The companies of the sample board and the people who hire for them.

use std::collections::HashSet;

use jobboard_shared::places::{self, Place};

use super::{random::Random, texts::Texts};

pub(super) struct Company {
    /// Number of who manages it; none where nobody has claimed it yet.
    pub(super) employer: Option<usize>,
    pub(super) name: String,
    pub(super) industry: &'static Industry,
    pub(super) place: Place,
    pub(super) employees: i64,
    pub(super) founded: i64,
    pub(super) is_verified: bool,
}

pub(super) struct Industry {
    pub(super) name: &'static str,
    /// Slugs of categories, and how many of a hundred or so jobs are theirs.
    pub(super) hires: &'static [(&'static str, usize)],
}

const INDUSTRIES: &[(Industry, usize)] = &[
    (
        Industry {
            name: "software",
            hires: &[
                ("software-development", 46),
                ("devops", 12),
                ("data-science", 10),
                ("quality-assurance", 6),
                ("ux-design", 6),
                ("product", 8),
                ("sales", 5),
                ("customer-support", 5),
                ("information-security", 2),
            ],
        },
        22,
    ),
    (
        Industry {
            name: "fintech",
            hires: &[
                ("software-development", 34),
                ("data-science", 14),
                ("information-security", 8),
                ("devops", 8),
                ("finance", 16),
                ("product", 8),
                ("legal", 6),
                ("customer-support", 6),
            ],
        },
        8,
    ),
    (
        Industry {
            name: "healthcare",
            hires: &[
                ("healthcare", 76),
                ("operations", 6),
                ("finance", 4),
                ("human-resources", 5),
                ("customer-support", 5),
                ("data-science", 4),
            ],
        },
        13,
    ),
    (
        Industry {
            name: "retail",
            hires: &[
                ("sales", 44),
                ("operations", 26),
                ("marketing", 10),
                ("customer-support", 10),
                ("finance", 4),
                ("human-resources", 3),
                ("software-development", 3),
            ],
        },
        9,
    ),
    (
        Industry {
            name: "logistics",
            hires: &[
                ("operations", 70),
                ("sales", 6),
                ("customer-support", 8),
                ("finance", 5),
                ("human-resources", 4),
                ("software-development", 7),
            ],
        },
        7,
    ),
    (
        Industry {
            name: "manufacturing",
            hires: &[
                ("manufacturing", 42),
                ("engineering", 28),
                ("operations", 12),
                ("sales", 6),
                ("finance", 4),
                ("software-development", 6),
                ("human-resources", 2),
            ],
        },
        11,
    ),
    (
        Industry {
            name: "construction",
            hires: &[
                ("construction", 72),
                ("engineering", 14),
                ("operations", 6),
                ("finance", 4),
                ("design", 4),
            ],
        },
        8,
    ),
    (
        Industry {
            name: "education",
            hires: &[
                ("education", 80),
                ("public-service", 8),
                ("operations", 4),
                ("human-resources", 4),
                ("content-writing", 4),
            ],
        },
        6,
    ),
    (
        Industry {
            name: "hospitality",
            hires: &[
                ("hospitality", 86),
                ("marketing", 5),
                ("finance", 4),
                ("human-resources", 5),
            ],
        },
        7,
    ),
    (
        Industry {
            name: "media",
            hires: &[
                ("content-writing", 22),
                ("graphic-design", 18),
                ("marketing", 26),
                ("design", 10),
                ("sales", 10),
                ("ux-design", 6),
                ("software-development", 8),
            ],
        },
        6,
    ),
    (
        Industry {
            name: "consulting",
            hires: &[
                ("product", 30),
                ("finance", 18),
                ("data-science", 14),
                ("software-development", 14),
                ("human-resources", 10),
                ("legal", 14),
            ],
        },
        6,
    ),
    (
        Industry {
            name: "energy",
            hires: &[
                ("engineering", 40),
                ("construction", 20),
                ("manufacturing", 12),
                ("product", 8),
                ("operations", 8),
                ("legal", 4),
                ("data-science", 8),
            ],
        },
        4,
    ),
    (
        Industry {
            name: "public sector",
            hires: &[
                ("public-service", 56),
                ("education", 10),
                ("healthcare", 10),
                ("legal", 8),
                ("finance", 8),
                ("software-development", 8),
            ],
        },
        6,
    ),
    (
        Industry {
            name: "insurance",
            hires: &[
                ("finance", 44),
                ("customer-support", 18),
                ("sales", 14),
                ("legal", 6),
                ("data-science", 8),
                ("software-development", 10),
            ],
        },
        4,
    ),
];

/// Country, weight, and how many of its largest cities have companies.
const COUNTRIES: &[(&str, usize, usize)] = &[
    ("US", 44, 30),
    ("DE", 22, 16),
    ("GB", 9, 8),
    ("CA", 5, 6),
    ("FR", 3, 4),
    ("NL", 3, 4),
    ("AT", 3, 3),
    ("CH", 3, 4),
    ("ES", 2, 3),
    ("IE", 2, 2),
    ("PL", 2, 4),
    ("IN", 1, 4),
    ("AU", 1, 4),
];

/// `count` companies of which the first `employers` belong to one employer each;
/// of the rest some are a second one and some unclaimed.
pub(super) fn generate(count: usize, employers: usize) -> Vec<Company> {
    let random = &mut Random::of("companies");
    let texts = Texts::names();
    let cities = cities();
    let countries: Vec<(usize, usize)> = COUNTRIES
        .iter()
        .enumerate()
        .map(|(at, (_, weight, _))| (at, *weight))
        .collect();
    let industries: Vec<(usize, usize)> = INDUSTRIES
        .iter()
        .enumerate()
        .map(|(at, (_, weight))| (at, *weight))
        .collect();
    let mut taken = HashSet::new();
    (0..count)
        .map(|number| {
            // The first one is the demonstration employer's.
            let country = if number == 0 {
                1
            } else {
                random.weighted(&countries)
            };
            let industry = if number == 0 {
                0
            } else {
                random.weighted(&industries)
            };
            let place = match number {
                0 => cities[country][0],
                // Small numbers come up more often: large cities have more companies.
                _ => {
                    let cities = &cities[country];
                    let at = random.below(cities.len()).min(random.below(cities.len()));
                    cities[at]
                }
            };
            Company {
                employer: match number {
                    number if number < employers => Some(number),
                    _ if random.percent(60) => Some(random.below(employers)),
                    _ => None,
                },
                name: name(random, &texts, place.country, &mut taken),
                industry: &INDUSTRIES[industry].0,
                place,
                employees: random.pick(&[8, 14, 25, 40, 65, 90, 140, 220, 400, 750, 1800, 5200]),
                founded: random.within(1948..=2023),
                is_verified: random.percent(70),
            }
        })
        .collect()
}

/// The cities of each country of [`COUNTRIES`].
pub(super) fn cities() -> Vec<Vec<Place>> {
    COUNTRIES
        .iter()
        .map(|(country, _, count)| {
            let of_country = places::all()
                .iter()
                .filter(|place| place.country == *country);
            of_country.take(*count).copied().collect()
        })
        .collect()
}

fn name(random: &mut Random, texts: &Texts, country: &str, taken: &mut HashSet<String>) -> String {
    let forms: &[&str] = match country {
        "DE" | "AT" => &["GmbH", "AG", "GmbH & Co. KG", ""],
        "CH" => &["AG", "GmbH", ""],
        "GB" | "IE" => &["Ltd", "plc", ""],
        "FR" => &["SAS", ""],
        "NL" => &["BV", ""],
        "US" | "CA" => &["Inc.", "LLC", "Corp.", "", ""],
        _ => &["", "Ltd"],
    };
    loop {
        let first = random.pick(texts.section("company.first"));
        let second = random.pick(texts.section("company.second"));
        let base = format!("{first}{second}");
        if taken.insert(base.clone()) {
            return format!("{base} {}", random.pick(forms))
                .trim_end()
                .to_owned();
        }
    }
}

impl Company {
    /// A band, as the board's companies give it.
    pub(super) fn size(&self) -> &'static str {
        match self.employees {
            ..=10 => "1-10",
            11..=50 => "11-50",
            51..=200 => "51-200",
            201..=500 => "201-500",
            501..=1000 => "501-1000",
            1001..=5000 => "1001-5000",
            _ => "5001+",
        }
    }
}

/// As an ad writes it.
pub(super) fn location(place: &Place) -> String {
    match (place.country, place.state()) {
        ("US" | "CA", Some(state)) => format!("{}, {}", place.name, state.short),
        _ => {
            let country = places::countries()
                .iter()
                .find(|country| country.code == place.country);
            format!(
                "{}, {}",
                place.name,
                country.map_or(place.country, |country| country.name)
            )
        }
    }
}
