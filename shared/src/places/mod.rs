//! Offline geocoding: what a person wrote as a location, turned into places.
//!
//! The table is GeoNames' cities of more than 15,000 people, compiled in and
//! unpacked at the first call.

mod areas;
mod reading;
mod regions;
mod resolution;
mod spelling;
mod table;

use std::fmt;

pub use areas::{Area, Country, Region, State};
pub use spelling::fold;

/// A city.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Place {
    /// GeoNames' number, stable across versions of the table.
    pub id: u32,
    pub name: &'static str,
    /// GeoNames' code of the first-level division: `CA` in the United States,
    /// a number in most countries, empty where there is none.
    pub admin1: &'static str,
    /// ISO 3166-1 alpha-2.
    pub country: &'static str,
    pub latitude: f32,
    pub longitude: f32,
    pub population: u32,
    /// IANA name.
    pub timezone: &'static str,
}

impl Place {
    /// The first-level division, where its name is known.
    pub fn state(&self) -> Option<&'static State> {
        areas::state(self.country, self.admin1)
    }
}

/// `San Francisco, California, United States`.
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)?;
        if let Some(state) = self.state().filter(|state| state.name != self.name) {
            write!(f, ", {}", state.name)?;
        }
        match areas::country(self.country) {
            Some(country) if country.name != self.name => write!(f, ", {}", country.name),
            _ => Ok(()),
        }
    }
}

/// What a location text means; all empty when nothing in it is known.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Location {
    /// In the order of the text, each once, at most [`MAX_PLACES`].
    pub places: Vec<Place>,
    /// States, countries and regions named without a city of theirs:
    /// the `EU` of `Remote (EU)`, but not the `Germany` of `Berlin, Germany`.
    pub areas: Vec<Area>,
    pub is_remote: bool,
}

impl Location {
    pub fn is_unknown(&self) -> bool {
        self.places.is_empty() && self.areas.is_empty() && !self.is_remote
    }

    /// The countries of places, states and countries, each once.
    pub fn countries(&self) -> Vec<&'static str> {
        let of_areas = self.areas.iter().filter_map(Area::country);
        let mut codes: Vec<_> = self
            .places
            .iter()
            .map(|place| place.country)
            .chain(of_areas)
            .collect();
        codes.sort_unstable();
        codes.dedup();
        codes
    }
}

/// A text that lists more places than this says "everywhere", not where.
pub const MAX_PLACES: usize = 12;

/// Reads a location of any form: `San Francisco, CA`, `München`, `Remote (EU)`,
/// `Berlin / Munich`, `110 William St. N Y`. Of several places of one name the
/// one that fits the named state or country is meant, else the largest. Only the
/// first 500 characters count.
pub fn geocode(text: &str) -> Location {
    resolution::resolve(text)
}

/// Every place, the largest first.
pub fn all() -> &'static [Place] {
    table::table().places()
}

/// Every country, by code.
pub fn countries() -> &'static [Country] {
    areas::countries()
}

#[cfg(test)]
mod tests;
