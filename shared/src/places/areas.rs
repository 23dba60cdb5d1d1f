//! States, countries and regions.

use std::{collections::HashMap, sync::LazyLock};

use super::spelling::fold;

/// Something larger than a city.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Area {
    State(&'static State),
    Country(&'static Country),
    Region(Region),
}

impl Area {
    pub fn name(&self) -> &'static str {
        match self {
            Self::State(state) => state.name,
            Self::Country(country) => country.name,
            Self::Region(region) => region.name(),
        }
    }

    /// ISO 3166-1 alpha-2; none for regions.
    pub fn country(&self) -> Option<&'static str> {
        match self {
            Self::State(state) => Some(state.country),
            Self::Country(country) => Some(country.code),
            Self::Region(_) => None,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Country {
    /// ISO 3166-1 alpha-2.
    pub code: &'static str,
    /// ISO 3166-1 alpha-3.
    pub long_code: &'static str,
    pub name: &'static str,
    /// `AF`, `AN`, `AS`, `EU`, `NA`, `OC` or `SA`.
    pub continent: &'static str,
    /// ISO 4217.
    pub currency: &'static str,
}

/// A first-level division of a country.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct State {
    pub country: &'static str,
    /// GeoNames' code, which [`super::Place::admin1`] holds.
    pub code: &'static str,
    /// As people abbreviate it: `ON` for Ontario.
    pub short: &'static str,
    pub name: &'static str,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Region {
    Worldwide,
    Europe,
    EuropeanUnion,
    Dach,
    Nordics,
    Benelux,
    Emea,
    MiddleEast,
    Africa,
    Asia,
    Apac,
    Oceania,
    Americas,
    NorthAmerica,
    LatinAmerica,
}

impl Region {
    pub fn name(self) -> &'static str {
        match self {
            Self::Worldwide => "Worldwide",
            Self::Europe => "Europe",
            Self::EuropeanUnion => "European Union",
            Self::Dach => "DACH",
            Self::Nordics => "Nordics",
            Self::Benelux => "Benelux",
            Self::Emea => "EMEA",
            Self::MiddleEast => "Middle East",
            Self::Africa => "Africa",
            Self::Asia => "Asia",
            Self::Apac => "APAC",
            Self::Oceania => "Oceania",
            Self::Americas => "Americas",
            Self::NorthAmerica => "North America",
            Self::LatinAmerica => "Latin America",
        }
    }
}

const REGION_NAMES: &[(&str, Region)] = &[
    ("worldwide", Region::Worldwide),
    ("world wide", Region::Worldwide),
    ("global", Region::Worldwide),
    ("globally", Region::Worldwide),
    ("international", Region::Worldwide),
    ("anywhere", Region::Worldwide),
    ("anywhere in the world", Region::Worldwide),
    ("weltweit", Region::Worldwide),
    ("europe", Region::Europe),
    ("europa", Region::Europe),
    ("cet", Region::Europe),
    ("cest", Region::Europe),
    ("eu", Region::EuropeanUnion),
    ("european union", Region::EuropeanUnion),
    ("europaische union", Region::EuropeanUnion),
    ("dach", Region::Dach),
    ("nordics", Region::Nordics),
    ("scandinavia", Region::Nordics),
    ("benelux", Region::Benelux),
    ("emea", Region::Emea),
    ("middle east", Region::MiddleEast),
    ("africa", Region::Africa),
    ("asia", Region::Asia),
    ("apac", Region::Apac),
    ("asia pacific", Region::Apac),
    ("oceania", Region::Oceania),
    ("americas", Region::Americas),
    ("north america", Region::NorthAmerica),
    ("latin america", Region::LatinAmerica),
    ("south america", Region::LatinAmerica),
    ("latam", Region::LatinAmerica),
];

/// Names beside the official one; ISO codes are known anyway.
const COUNTRY_NAMES: &[(&str, &str)] = &[
    ("us", "US"),
    ("usa", "US"),
    ("america", "US"),
    ("united states of america", "US"),
    ("the states", "US"),
    ("vereinigte staaten", "US"),
    ("etats unis", "US"),
    ("estados unidos", "US"),
    ("uk", "GB"),
    ("great britain", "GB"),
    ("britain", "GB"),
    ("grossbritannien", "GB"),
    ("deutschland", "DE"),
    ("allemagne", "DE"),
    ("alemania", "DE"),
    ("bundesweit", "DE"),
    ("deutschlandweit", "DE"),
    ("osterreich", "AT"),
    ("schweiz", "CH"),
    ("suisse", "CH"),
    ("svizzera", "CH"),
    ("frankreich", "FR"),
    ("italien", "IT"),
    ("italia", "IT"),
    ("spanien", "ES"),
    ("espana", "ES"),
    ("niederlande", "NL"),
    ("nederland", "NL"),
    ("the netherlands", "NL"),
    ("netherlands", "NL"),
    ("holland", "NL"),
    ("belgien", "BE"),
    ("belgie", "BE"),
    ("belgique", "BE"),
    ("polen", "PL"),
    ("polska", "PL"),
    ("portugal", "PT"),
    ("brasil", "BR"),
    ("czech republic", "CZ"),
    ("tschechien", "CZ"),
    ("danmark", "DK"),
    ("danemark", "DK"),
    ("sverige", "SE"),
    ("schweden", "SE"),
    ("norge", "NO"),
    ("norwegen", "NO"),
    ("suomi", "FI"),
    ("republic of ireland", "IE"),
    ("irland", "IE"),
    ("turkey", "TR"),
    ("turkiye", "TR"),
    ("uae", "AE"),
    ("korea", "KR"),
    ("republic of korea", "KR"),
    ("viet nam", "VN"),
    ("hong kong sar", "HK"),
    ("macedonia", "MK"),
    ("burma", "MM"),
];

/// `country|code|abbreviation|names`. The divisions that job ads name; GeoNames'
/// codes are numbers outside the United States and the United Kingdom.
const STATES: &str = include_str!("../../data/places/states.psv");
const COUNTRIES: &str = include_str!("../../data/places/countries.tsv");

struct Areas {
    countries: Vec<Country>,
    states: Vec<State>,
    /// Several where a name or code is shared: `ca` is California and Canada.
    by_name: HashMap<String, Vec<Name>>,
}

#[derive(Clone, Copy)]
struct Name {
    area: Ref,
    is_code: bool,
}

#[derive(Clone, Copy, PartialEq)]
enum Ref {
    State(usize),
    Country(usize),
    Region(Region),
}

static AREAS: LazyLock<Areas> = LazyLock::new(Areas::read);

impl Areas {
    fn read() -> Self {
        let mut areas = Self {
            countries: Vec::new(),
            states: Vec::new(),
            by_name: HashMap::new(),
        };
        for &(name, region) in REGION_NAMES {
            areas.name(name, Ref::Region(region), false);
        }
        areas.read_states();
        areas.read_countries();
        areas
    }

    fn read_states(&mut self) {
        for line in STATES.lines() {
            let mut fields = line.split('|');
            let (Some(country), Some(code), Some(short), Some(name)) =
                (fields.next(), fields.next(), fields.next(), fields.next())
            else {
                continue;
            };
            let state = Ref::State(self.states.len());
            self.states.push(State {
                country,
                code,
                short,
                name,
            });
            self.name(short, state, true);
            for name in std::iter::once(name).chain(fields) {
                self.name(name, state, false);
            }
        }
    }

    fn read_countries(&mut self) {
        for line in COUNTRIES.lines() {
            let fields: Vec<&'static str> = line.split('\t').collect();
            let [code, long_code, name, continent, currency] = fields[..] else {
                continue;
            };
            let country = Ref::Country(self.countries.len());
            self.countries.push(Country {
                code,
                long_code,
                name,
                continent,
                currency,
            });
            self.name(name, country, false);
            for (other, _) in COUNTRY_NAMES.iter().filter(|(_, of)| *of == code) {
                self.name(other, country, false);
            }
            self.name(code, country, true);
            self.name(long_code, country, true);
        }
    }

    /// What is a name is not a code beside: "US" and "USA" are both.
    fn name(&mut self, name: &str, area: Ref, is_code: bool) {
        let known = self.by_name.entry(fold(name)).or_default();
        if known.iter().all(|name| name.area != area) {
            known.push(Name { area, is_code });
        }
    }
}

fn area(reference: Ref) -> Option<Area> {
    Some(match reference {
        Ref::State(number) => Area::State(AREAS.states.get(number)?),
        Ref::Country(number) => Area::Country(AREAS.countries.get(number)?),
        Ref::Region(region) => Area::Region(region),
    })
}

/// The areas of a folded name; codes only if `with_codes`.
pub(super) fn find(name: &str, with_codes: bool) -> Vec<Area> {
    let names = AREAS.by_name.get(name).map(Vec::as_slice);
    names
        .unwrap_or_default()
        .iter()
        .filter(|name| with_codes || !name.is_code)
        .filter_map(|name| area(name.area))
        .collect()
}

pub(super) fn countries() -> &'static [Country] {
    &AREAS.countries
}

pub(super) fn country(code: &str) -> Option<&'static Country> {
    let countries = countries();
    let at = countries.binary_search_by_key(&code, |country| country.code);
    at.ok().and_then(|at| countries.get(at))
}

pub(super) fn state(country: &str, code: &str) -> Option<&'static State> {
    AREAS
        .states
        .iter()
        .find(|state| state.country == country && state.code == code)
}
