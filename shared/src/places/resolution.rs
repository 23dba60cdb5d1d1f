//! Which of its readings each part of a location text has, given the others.

use super::{
    Area, Location, MAX_PLACES, Place,
    reading::{Candidate, Reading, names_a_city, read},
};

/// A city this large is meant even where a country or state has its name.
const METROPOLIS: u32 = 500_000;

/// A city this large is known enough to stand beside a country not its own.
const WELL_KNOWN: u32 = 300_000;

/// Among words that are no place, a smaller one is taken for another word.
const LARGE: u32 = 100_000;

/// Countries that are one city.
const CITY_STATES: &[&str] = &["DJ", "GI", "HK", "LU", "MC", "MO", "SG", "VA"];

pub(super) fn resolve(text: &str) -> Location {
    let end = text
        .char_indices()
        .nth(500)
        .map_or(text.len(), |(at, _)| at);
    let mut location = Location::default();
    let groups: Vec<Vec<Reading>> = text[..end]
        .split([';', '/', '|', '•', '·', '\n', '\r', '\t', '+'])
        .map(read_parts)
        .collect();
    let company = groups
        .iter()
        .flatten()
        .fold(Company::Places, |company, reading| {
            company.max(match (reading.is_text, reading.is_street) {
                (true, _) => Company::Words,
                (_, true) => Company::Streets,
                _ => Company::Places,
            })
        });
    for (at, readings) in groups.into_iter().enumerate() {
        resolve_group(readings, company, at == 0, &mut location);
    }
    location.places.truncate(MAX_PLACES);
    location.areas.truncate(MAX_PLACES);
    location
}

/// Whether a place lies in an area; regions have no list of theirs.
pub(super) fn fits(area: &Area, place: &Place) -> bool {
    match area {
        Area::State(state) => state.country == place.country && state.code == place.admin1,
        Area::Country(country) => country.code == place.country,
        Area::Region(_) => false,
    }
}

enum Meaning {
    City {
        candidates: Vec<Candidate>,
        qualifiers: Vec<Area>,
    },
    /// One of these, the likeliest first.
    Area {
        areas: Vec<Area>,
        by_code: bool,
    },
    Nothing,
}

/// What else the text holds. Among streets a code is hardly a country's, among
/// words a small town's name is hardly a town's.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Company {
    Places,
    Streets,
    Words,
}

impl Company {
    fn allows(self, city: &Candidate) -> bool {
        let is_large = city.place.population >= LARGE;
        match self {
            Self::Places => true,
            Self::Streets => city.by_own_name || is_large,
            Self::Words => city.by_own_name && is_large,
        }
    }
}

/// Parts that may qualify each other: `Berlin, Munich, Germany`.
fn resolve_group(
    readings: Vec<Reading>,
    company: Company,
    is_first: bool,
    location: &mut Location,
) {
    location.is_remote |= readings.iter().any(|reading| reading.is_remote);
    let meanings = settle(readings);
    let named: Vec<Area> = meanings
        .iter()
        .flat_map(|meaning| match meaning {
            Meaning::City { qualifiers, .. } => qualifiers.as_slice(),
            Meaning::Area { areas, .. } => areas.as_slice(),
            Meaning::Nothing => &[],
        })
        .copied()
        .collect();

    let mut places: Vec<Place> = Vec::new();
    let mut areas: Vec<Area> = Vec::new();
    for (at, meaning) in meanings.iter().enumerate() {
        match meaning {
            Meaning::City {
                candidates,
                qualifiers,
            } => {
                let next = match meanings.get(at + 1) {
                    Some(Meaning::Area { areas, .. }) => areas.first(),
                    _ => None,
                };
                let is_sure = is_first && at == 0 || !qualifiers.is_empty();
                places.extend(
                    best(candidates, qualifiers, &named)
                        .filter(|city| is_sure || company.allows(city))
                        .map(|city| *city.place)
                        .filter(|place| !contradicts(next, place)),
                );
            }
            Meaning::Area { by_code: true, .. } if company != Company::Places => {}
            Meaning::Area { areas: named, .. } => areas.extend(named.first()),
            Meaning::Nothing => {}
        }
    }
    areas.retain(|area| !places.iter().any(|place| fits(area, place)));
    for place in places {
        if location.places.iter().all(|known| known.id != place.id) {
            location.places.push(place);
        }
    }
    for area in areas {
        if !location.areas.contains(&area) {
            location.areas.push(area);
        }
    }
}

fn read_parts(group: &str) -> Vec<Reading> {
    let mut readings = Vec::new();
    for part in group.split(',') {
        // "Halle (Saale)" is one name, "Remote (EU)" is not.
        if names_a_city(part) {
            readings.push(read(part));
            continue;
        }
        let dashes = part
            .replace(" - ", ":")
            .replace(" – ", ":")
            .replace(" — ", ":");
        for part in dashes.split([':', '(', ')', '[', ']']) {
            let reading = read(part);
            if reading.is_text {
                readings.extend(alternatives(part).iter().map(|part| read(part)));
            } else {
                readings.push(reading);
            }
        }
    }
    readings
}

/// The parts between "and" and "or". Only for a text that means nothing as a
/// whole: there is Trinidad and Tobago.
fn alternatives(part: &str) -> Vec<String> {
    const JOINTS: &[&str] = &["and", "or", "und", "oder", "et", "ou", "y", "o", "&"];
    let words: Vec<&str> = part.split_whitespace().collect();
    words
        .split(|word| JOINTS.iter().any(|joint| word.eq_ignore_ascii_case(joint)))
        .map(|words| words.join(" "))
        .collect()
}

fn settle(readings: Vec<Reading>) -> Vec<Meaning> {
    let mut meanings: Vec<Meaning> = Vec::new();
    let mut after_street = false;
    let mut after_text = false;
    let mut readings = readings.into_iter().peekable();
    while let Some(reading) = readings.next() {
        let (is_street, is_text) = (reading.is_street, reading.is_text);
        if is_street || is_text {
            meanings.push(Meaning::Nothing);
        } else if !qualifies_last(&reading, &mut meanings) {
            let surely_city = after_street || next_fits(&reading, readings.peek());
            meanings.push(meaning(reading, surely_city, after_text));
        }
        (after_street, after_text) = (is_street, is_text);
    }
    meanings
}

/// Whether the part names where the city before it is, or the country of the
/// state before it; then it adds no meaning of its own.
fn qualifies_last(reading: &Reading, meanings: &mut [Meaning]) -> bool {
    let named = reading.areas.iter().chain(&reading.weak_codes);
    match meanings.last_mut() {
        Some(Meaning::City {
            candidates,
            qualifiers,
        }) => {
            let fitting: Vec<Area> = named
                .filter(|area| candidates.iter().any(|city| fits(area, city.place)))
                .copied()
                .collect();
            qualifiers.extend(&fitting);
            !fitting.is_empty()
        }
        Some(Meaning::Area { areas, .. }) => {
            let countries: Vec<&str> = named
                .filter(|area| matches!(area, Area::Country(_)))
                .filter_map(Area::country)
                .collect();
            let states: Vec<Area> = areas
                .iter()
                .filter(
                    |area| matches!(area, Area::State(state) if countries.contains(&state.country)),
                )
                .copied()
                .collect();
            let found = !states.is_empty();
            if found {
                *areas = states;
            }
            found
        }
        _ => false,
    }
}

fn next_fits(reading: &Reading, next: Option<&Reading>) -> bool {
    let fitting = |area| {
        let mut named = reading.cities.iter().filter(|city| city.by_own_name);
        named.any(|city| fits(area, city.place))
    };
    next.is_some_and(|next| next.areas.iter().chain(&next.weak_codes).any(fitting))
}

fn meaning(reading: Reading, surely_city: bool, after_text: bool) -> Meaning {
    let is_city = match (reading.cities.first(), reading.areas.first()) {
        (None, None) => return Meaning::Nothing,
        (None, Some(_)) => false,
        // An unknown village's state.
        (Some(_), None) if after_text && !reading.weak_codes.is_empty() => {
            return Meaning::Area {
                areas: reading.weak_codes,
                by_code: false,
            };
        }
        (Some(_), None) => true,
        (Some(_), Some(_)) if surely_city => true,
        (Some(_), Some(Area::State(_))) if after_text => false,
        (Some(city), Some(Area::State(_))) => city.place.population >= METROPOLIS,
        (Some(city), Some(Area::Country(country))) => {
            city.place.country == country.code && CITY_STATES.contains(&country.code)
        }
        (Some(_), Some(Area::Region(_))) => false,
    };
    if is_city {
        Meaning::City {
            candidates: reading.cities,
            qualifiers: reading.qualifiers,
        }
    } else {
        let of_village = after_text && matches!(reading.areas.first(), Some(Area::State(_)));
        Meaning::Area {
            areas: reading.areas,
            by_code: reading.by_code && !of_village,
        }
    }
}

/// The city that most of what was said fits, of those the largest.
fn best(candidates: &[Candidate], qualifiers: &[Area], named: &[Area]) -> Option<Candidate> {
    let count = |areas: &[Area], place| areas.iter().filter(|area| fits(area, place)).count();
    candidates
        .iter()
        .max_by_key(|city| {
            (
                count(qualifiers, city.place),
                count(named, city.place).min(1),
                city.weight(),
            )
        })
        .copied()
}

/// A city followed by an area it is not in is another, smaller city of that name,
/// unless the two are items of a list.
fn contradicts(next: Option<&Area>, place: &Place) -> bool {
    match next {
        Some(area) if fits(area, place) => false,
        Some(Area::State(state)) => state.country != place.country,
        Some(Area::Country(_)) => place.population < WELL_KNOWN,
        Some(Area::Region(_)) | None => false,
    }
}
