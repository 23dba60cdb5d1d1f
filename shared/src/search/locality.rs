//! Where a job is and where a query looks, as points and tokens.

use crate::places::{Area, Location, Place, Region};

use super::tokens::{self, Kind, token};

/// Where a job is.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Locality {
    /// Latitude and longitude of each place.
    pub(super) points: Vec<(f32, f32)>,
    pub(super) tokens: Vec<i32>,
}

impl Locality {
    pub(super) fn of(location: &Location) -> Self {
        let mut tokens = Vec::new();
        for place in &location.places {
            tokens.extend(tokens::cells(place.latitude.into(), place.longitude.into()));
            tokens.push(state(place.country, place.admin1));
        }
        for area in &location.areas {
            match area {
                Area::State(area) => tokens.push(state(area.country, area.code)),
                Area::Country(_) => {}
                Area::Region(region) => tokens.push(of_region(Kind::AcrossRegion, *region)),
            }
        }
        let countries = location.countries();
        tokens.extend(countries.iter().map(|code| country(code)));
        let regions = Region::ALL.into_iter().filter(|region| {
            *region != Region::Worldwide && countries.iter().any(|code| region.contains(code))
                || location.areas.contains(&Area::Region(*region))
        });
        tokens.extend(regions.map(|region| of_region(Kind::InRegion, region)));
        Self {
            points: location.places.iter().map(point).collect(),
            tokens,
        }
    }
}

/// Where a query looks: near some points, or anywhere in some areas.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Vicinity {
    pub(super) points: Vec<(f32, f32)>,
    pub(super) radius_km: f32,
    /// A job has one of these or is not meant; none where the distance alone
    /// decides.
    pub(super) tokens: Option<Vec<i32>>,
    /// Of those, what is enough: the job lies in the area.
    pub(super) areas: Vec<i32>,
}

impl Vicinity {
    /// None where the location names no place and no area.
    pub(super) fn of(location: &Location, radius_km: f32) -> Option<Self> {
        let areas: Vec<i32> = location.areas.iter().flat_map(area_tokens).collect();
        if location.places.is_empty() && areas.is_empty() {
            return None;
        }
        let mut tokens = Some(areas.clone());
        for place in &location.places {
            let cells = tokens::cells_around(
                place.latitude.into(),
                place.longitude.into(),
                radius_km.into(),
            );
            tokens = tokens.zip(cells).map(|(mut all, cells)| {
                all.extend(cells);
                all
            });
        }
        Some(Self {
            points: location.places.iter().map(point).collect(),
            radius_km,
            tokens,
            areas,
        })
    }
}

fn point(place: &Place) -> (f32, f32) {
    (place.latitude, place.longitude)
}

/// A job somewhere in Europe may be done from Germany; one that is anywhere in
/// the world is no job in Germany.
fn area_tokens(area: &Area) -> Vec<i32> {
    match area {
        Area::State(area) => vec![state(area.country, area.code)],
        Area::Country(area) => {
            let across = Region::ALL
                .into_iter()
                .filter(|region| *region != Region::Worldwide && region.contains(area.code))
                .map(|region| of_region(Kind::AcrossRegion, region));
            std::iter::once(country(area.code)).chain(across).collect()
        }
        Area::Region(region) => vec![of_region(Kind::InRegion, *region)],
    }
}

fn country(code: &str) -> i32 {
    token(Kind::Country, tokens::letters(code))
}

/// The country's ten bits, then fifteen of the division's code, which is short.
fn state(country: &str, code: &str) -> i32 {
    let hash = code.bytes().fold(0_u32, |hash, byte| {
        hash.wrapping_mul(37).wrapping_add(u32::from(byte % 37))
    });
    let code = i32::try_from(hash % 32_749).unwrap_or(0);
    token(Kind::State, tokens::letters(country) << 15 | code)
}

/// Regions are numbered by their place in [`Region::ALL`].
fn of_region(kind: Kind, region: Region) -> i32 {
    let number = Region::ALL.iter().position(|known| *known == region);
    token(
        kind,
        number.and_then(|n| i32::try_from(n).ok()).unwrap_or(0),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::places::geocode;

    fn finds(asked: &str, location: &str) -> bool {
        let job = Locality::of(&geocode(location)).tokens;
        let asked = Vicinity::of(&geocode(asked), 50.0).unwrap();
        asked
            .tokens
            .unwrap()
            .iter()
            .any(|token| job.contains(token))
    }

    #[test]
    fn areas_find_what_lies_in_them() {
        for (asked, location) in [
            ("California", "San Francisco, CA"),
            ("Germany", "Munich"),
            ("Germany", "Bavaria, Germany"),
            ("Europe", "München"),
            ("Europe", "Germany"),
            ("Germany", "Europe"),
            ("Berlin", "Potsdam / Hamburg"),
            ("San Francisco", "San Francisco, CA"),
        ] {
            assert!(finds(asked, location), "{location} in {asked}");
        }
        for (asked, location) in [
            ("Texas", "San Francisco, CA"),
            ("Germany", "Worldwide"),
            ("Germany", "Paris"),
            ("Europe", "New York"),
            ("Berlin", "Germany"),
        ] {
            assert!(!finds(asked, location), "{location} in {asked}");
        }
        assert_eq!(Vicinity::of(&geocode("Remote"), 50.0), None);
    }
}
