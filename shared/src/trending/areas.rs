//! The countries, regions and categories that trending lists are asked for.

use std::collections::BTreeSet;

use uuid::Uuid;

use crate::{
    Error, Result,
    places::{self, Area as Named, Location},
};

/// A part of the board with a trending list of its own, as the database names it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Area(String);

impl Area {
    pub fn category(id: Uuid) -> Self {
        Self(format!("k:{id}"))
    }

    fn country(code: &str) -> Self {
        Self(format!("c:{code}"))
    }

    fn region(country: &str, code: &str) -> Self {
        Self(format!("r:{country}-{code}"))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The country of this name or code.
    pub fn of_country(text: &str) -> Result<Self> {
        // Of two capitals a country: DE is Germany here, not Delaware.
        let code = text.trim().to_uppercase();
        if places::countries().iter().any(|known| known.code == code) {
            return Ok(Self::country(&code));
        }
        let meant = places::geocode(text)
            .areas
            .into_iter()
            .find_map(|area| match area {
                Named::Country(country) => Some(Self::country(country.code)),
                Named::State(_) | Named::Region(_) => None,
            });
        meant.ok_or_else(|| {
            Error::invalid("country", "unknown_country", "is not known as a country")
        })
    }

    /// The first-level division of this name, or that of the city of this name.
    pub fn of_region(text: &str) -> Result<Self> {
        let meant = regions(&places::geocode(text)).into_iter().next();
        meant.ok_or_else(|| {
            Error::invalid(
                "region",
                "unknown_region",
                "is not known as a state, a province or a city",
            )
        })
    }
}

/// Where a location text lies: its regions and countries.
pub fn of_location(text: &str) -> BTreeSet<Area> {
    let location = places::geocode(text);
    let countries = location.countries().into_iter().map(Area::country);
    countries.chain(regions(&location)).collect()
}

/// The regions alone, for what is near.
pub fn regions_of(text: &str) -> BTreeSet<Area> {
    regions(&places::geocode(text)).into_iter().collect()
}

fn regions(location: &Location) -> Vec<Area> {
    let of_cities = location
        .places
        .iter()
        .filter(|place| !place.admin1.is_empty())
        .map(|place| Area::region(place.country, place.admin1));
    let named = location.areas.iter().filter_map(|area| match area {
        Named::State(state) => Some(Area::region(state.country, state.code)),
        Named::Country(_) | Named::Region(_) => None,
    });
    of_cities.chain(named).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str) -> Vec<String> {
        of_location(text).into_iter().map(|area| area.0).collect()
    }

    #[test]
    fn a_location_lies_in_its_region_and_country() {
        assert_eq!(names("San Francisco, CA"), ["c:US", "r:US-CA"]);
        assert_eq!(names("California"), ["c:US", "r:US-CA"]);
        assert_eq!(names("Remote (Germany)"), ["c:DE"]);
        assert!(names("somewhere nice").is_empty());
    }

    #[test]
    fn countries_and_regions_are_read_by_name_and_code() {
        for text in ["DE", "de", "Germany", "Deutschland"] {
            assert_eq!(Area::of_country(text).unwrap().as_str(), "c:DE", "{text}");
        }
        assert!(Area::of_country("Atlantis").is_err());
        assert_eq!(Area::of_region("California").unwrap().as_str(), "r:US-CA");
        assert_eq!(
            Area::of_region("Munich").unwrap(),
            Area::of_region("Nuremberg").unwrap()
        );
        assert!(Area::of_region("Qwxyzland").is_err());
    }
}
