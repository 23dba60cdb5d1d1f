//! What one part of a location text, between commas, can mean.

use super::{
    Area, Place, areas,
    spelling::{Word, join, words},
    table,
};

/// Everything a part can mean; which of it is meant, its neighbours tell.
#[derive(Debug, Default)]
pub(super) struct Reading {
    pub(super) is_remote: bool,
    pub(super) cities: Vec<Candidate>,
    /// Named in the part itself, beside the city: the `TX` of `Austin TX`.
    pub(super) qualifiers: Vec<Area>,
    /// The likeliest first.
    pub(super) areas: Vec<Area>,
    /// `areas` were named by a code in capitals, which may mean anything else.
    pub(super) by_code: bool,
    /// Codes in lower case, which are words unless a city precedes: `Toronto, On`.
    pub(super) weak_codes: Vec<Area>,
    /// A street without its town.
    pub(super) is_street: bool,
    /// Words that mean nothing here.
    pub(super) is_text: bool,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Candidate {
    pub(super) place: &'static Place,
    /// The name is the place's usual one and not one among its many others.
    pub(super) by_own_name: bool,
}

impl Candidate {
    /// Munich is called Monaco in Italy, yet who writes Monaco means Monaco.
    pub(super) fn weight(&self) -> u64 {
        u64::from(self.place.population) * if self.by_own_name { 10 } else { 1 }
    }
}

/// Short forms that the table lacks, by GeoNames number.
const SHORT_NAMES: &[(&str, u32)] = &[
    ("nyc", 5_128_581),
    ("ny", 5_128_581),
    ("sf", 5_391_959),
    ("la", 5_368_361),
    ("dc", 4_140_963),
    ("philly", 4_560_349),
    ("ffm", 2_925_533),
];

const REMOTE: &[&[&str]] = &[
    &["work", "from", "anywhere"],
    &["work", "from", "home"],
    &["working", "from", "home"],
    &["home", "office"],
    &["homeoffice"],
    &["remote"],
    &["remotely"],
    &["anywhere"],
    &["worldwide"],
    &["wfh"],
    &["telecommute"],
    &["telework"],
    &["teletravail"],
    &["teletrabajo"],
    &["fernarbeit"],
];

/// Words around a name that say nothing about where it is.
const FILLERS: &[&str] = &[
    "and",
    "area",
    "around",
    "at",
    "based",
    "bay",
    "bei",
    "central",
    "centre",
    "city",
    "day",
    "days",
    "downtown",
    "eastern",
    "first",
    "friendly",
    "from",
    "full",
    "fully",
    "greater",
    "hq",
    "headquarters",
    "hybrid",
    "im",
    "in",
    "large",
    "metro",
    "metropolitan",
    "near",
    "northern",
    "office",
    "offices",
    "on",
    "only",
    "onsite",
    "or",
    "opportunities",
    "optional",
    "partly",
    "possible",
    "preferable",
    "preferably",
    "preferred",
    "raum",
    "region",
    "site",
    "southern",
    "the",
    "time",
    "timezone",
    "timezones",
    "umgebung",
    "und",
    "western",
    "within",
    "zone",
];

const STREETS: &[&str] = &[
    "ave",
    "avenue",
    "blvd",
    "boulevard",
    "broadway",
    "drive",
    "highway",
    "lane",
    "park",
    "place",
    "plaza",
    "rd",
    "road",
    "slip",
    "square",
    "st",
    "street",
    "tech",
    "way",
];

/// Below this a city at the end of an address is as likely a street's name.
const LARGE: u32 = 100_000;

pub(super) fn read(text: &str) -> Reading {
    let mut words: Vec<Word> = words(text).into_iter().flat_map(split_postcode).collect();
    let mut reading = Reading {
        is_remote: take_remote(&mut words),
        ..Reading::default()
    };
    if words.is_empty() {
        return reading;
    }
    let is_address = has_digit(&words[0]);
    let long_number = words[0].folded.len() >= 4;
    let found = read_whole(&words, &mut reading)
        || read_whole(trim(&words), &mut reading)
        || read_qualified(trim(&words), &mut reading);
    if found {
        if is_address && !long_number {
            reading.cities.retain(|city| city.place.population >= LARGE);
        }
        return reading;
    }
    if is_address {
        read_address(&words, &mut reading);
    } else if let Some(at) = words.iter().rposition(|word| word.folded == "in") {
        read_whole(trim(&words[at + 1..]), &mut reading);
    }
    let found = !reading.cities.is_empty() || !reading.areas.is_empty();
    reading.is_text = !found && !reading.is_street;
    reading
}

/// Whether the whole of `text` is one place's name.
pub(super) fn names_a_city(text: &str) -> bool {
    !cities(&join(&words(text))).is_empty()
}

/// The folded words mean one thing as a whole.
fn read_whole(words: &[Word], reading: &mut Reading) -> bool {
    if words.is_empty() {
        return false;
    }
    let key = join(words);
    reading.cities = cities(&key);
    reading.areas = areas::find(&key, false);
    // Who writes Georgia and nothing else means the country.
    reading
        .areas
        .sort_by_key(|area| !matches!(area, Area::Country(_)));
    let codes = codes(&key);
    if words.iter().all(|word| word.in_capitals) {
        if reading.areas.is_empty() {
            reading.by_code = !codes.is_empty();
            reading.areas = codes;
        }
    } else {
        reading.weak_codes = codes;
    }
    !(reading.cities.is_empty() && reading.areas.is_empty() && reading.weak_codes.is_empty())
}

/// A city and its state or country without a comma: `Ann Arbor MI`.
fn read_qualified(words: &[Word], reading: &mut Reading) -> bool {
    let Some((city, qualifiers)) = qualified(words) else {
        return false;
    };
    reading.cities = cities(&join(city));
    reading.cities.retain(|city| {
        qualifiers
            .iter()
            .any(|area| super::resolution::fits(area, city.place))
    });
    reading.qualifiers = qualifiers;
    !reading.cities.is_empty()
}

/// `421 East 26th Street NY NY`: the town is at the end.
fn read_address(words: &[Word], reading: &mut Reading) {
    let words = &words[..words.len() - trailing_postcode(words)];
    let (town, qualifiers) = qualified(words)
        .filter(|(town, areas)| town.len() > 1 && !ends_in_street(words) && in_america(areas))
        .unwrap_or((words, Vec::new()));
    for length in (1..=3.min(town.len() - 1)).rev() {
        let mut found = cities(&join(&town[town.len() - length..]));
        found.retain(|city| {
            let fitting = |area| super::resolution::fits(area, city.place);
            let plausible = qualifiers.is_empty() && city.place.population >= LARGE;
            plausible || qualifiers.iter().any(fitting)
        });
        if !found.is_empty() {
            reading.cities = found;
            reading.qualifiers = qualifiers;
            return;
        }
    }
    if town.len() == words.len() {
        reading.is_street = ends_in_street(words);
    } else if ends_in_street(town) {
        reading.cities = cities(&join(&words[town.len()..]));
        reading.areas = qualifiers;
    } else {
        reading.areas = qualifiers;
    }
}

/// Splits a state or country off the end. Codes in any case: a city of theirs has
/// to precede.
fn qualified(words: &[Word]) -> Option<(&[Word], Vec<Area>)> {
    (1..words.len().min(4)).find_map(|length| {
        let (head, tail) = words.split_at(words.len() - length);
        let areas = areas::find(&join(tail), true);
        (!areas.is_empty()).then_some((head, areas))
    })
}

fn in_america(areas: &[Area]) -> bool {
    areas
        .iter()
        .any(|area| matches!(area.country(), Some("US" | "CA")))
}

fn trailing_postcode(words: &[Word]) -> usize {
    usize::from(
        words.len() > 1
            && words
                .last()
                .is_some_and(|last| last.folded.len() == 5 && has_digit(last)),
    )
}

fn ends_in_street(words: &[Word]) -> bool {
    words
        .last()
        .is_some_and(|word| STREETS.contains(&word.folded.as_str()) || has_digit(word))
}

fn cities(key: &str) -> Vec<Candidate> {
    let short = SHORT_NAMES.iter().find(|(name, _)| *name == key);
    let found = match short {
        Some((_, id)) => super::all()
            .iter()
            .filter(|place| place.id == *id)
            .take(1)
            .collect(),
        None if key.chars().all(|c| c.is_ascii_digit() || c == ' ') => Vec::new(),
        None => table::table().find(key),
    };
    found
        .into_iter()
        .map(|place| Candidate {
            place,
            by_own_name: short.is_some() || is_own_name(key, place),
        })
        .collect()
}

/// New York is New York City's own name too, and Bronx that of The Bronx.
fn is_own_name(key: &str, place: &Place) -> bool {
    let own = super::fold(place.name);
    own == key || own.strip_suffix(" city") == Some(key) || own.strip_prefix("the ") == Some(key)
}

/// The areas that `key` is the code of: states of the United States are
/// abbreviated far more often than other countries' and than countries.
fn codes(key: &str) -> Vec<Area> {
    let mut codes = areas::find(key, true);
    codes.sort_by_key(|area| match area {
        Area::State(state) if state.country == "US" => 0,
        Area::Country(_) => 1,
        _ => 2,
    });
    codes
}

/// Removes every word that says "remote".
fn take_remote(words: &mut Vec<Word>) -> bool {
    let mut found = false;
    for phrase in REMOTE {
        while let Some(at) = words.windows(phrase.len()).position(|part| {
            part.iter()
                .zip(*phrase)
                .all(|(word, said)| word.folded == *said)
        }) {
            found = true;
            // "Worldwide" is a region as well as a way to work.
            if matches!(*phrase, ["worldwide" | "anywhere"]) && words.len() == 1 {
                return true;
            }
            words.drain(at..at + phrase.len());
        }
    }
    found
}

/// Without fillers, postal codes and cut-off letters at both ends.
fn trim(mut words: &[Word]) -> &[Word] {
    let filler = |word: &Word| {
        FILLERS.contains(&word.folded.as_str())
            || word.folded.chars().all(|c| c.is_ascii_digit())
            || word.folded.len() == 1
    };
    while let Some((_, rest)) = words.split_first().filter(|(first, _)| filler(first)) {
        words = rest;
    }
    while let Some((_, rest)) = words.split_last().filter(|(last, _)| filler(last)) {
        words = rest;
    }
    words
}

/// `NY10595` is `NY` and `10595`.
fn split_postcode(word: Word) -> Vec<Word> {
    let digits = word
        .folded
        .trim_start_matches(|c: char| c.is_ascii_lowercase());
    let letters = word.folded.len() - digits.len();
    if letters != 2 || digits.len() != 5 || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return vec![word];
    }
    let (letters, digits) = word.folded.split_at(letters);
    [letters, digits]
        .map(|part| Word {
            folded: part.to_owned(),
            in_capitals: word.in_capitals,
        })
        .into()
}

fn has_digit(word: &Word) -> bool {
    word.folded.starts_with(|c: char| c.is_ascii_digit())
}
