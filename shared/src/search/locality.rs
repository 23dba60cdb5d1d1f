//! Where a job is and where a query looks, as points and tokens.

use super::{
    order::{FAR, tenths},
    tokens::{self, Kind, token},
};
use crate::places::{self, Area, Location, Place, Region};

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
            tokens.push(of_place(place));
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
    /// The tokens tell exactly who lies within the radius.
    pub(super) is_exact: bool,
    pub(super) ring: Ring,
}

/// What part of the vicinity is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ring {
    All,
    /// Within the radius, so many tenths of a kilometre away, rounded down.
    Tenths(i32, i32),
    /// In an area, and not within the radius.
    Beyond,
}

/// The places of the table within the radius, by distance: tenths of a kilometre,
/// and the token of the place.
pub(super) fn near_places(near: &Vicinity) -> Vec<(i32, i32)> {
    // A little farther than the circle, for SQL computes a little differently.
    let reach = f64::from(near.radius_km) + 1.0;
    let mut found: Vec<(i32, i32)> = places_within(&near.points, reach)
        .map(|(km, token)| (tenths(km), token))
        .collect();
    found.sort_unstable();
    found
}

/// The places of the table within a radius of the nearest point, with their tokens.
fn places_within(points: &[(f32, f32)], radius_km: f64) -> impl Iterator<Item = (f64, i32)> {
    places::all().iter().filter_map(move |place| {
        let nearest = points
            .iter()
            .map(|from| km_between(*from, point(place), radius_km))
            .fold(f64::INFINITY, f64::min);
        (nearest <= radius_km).then(|| (nearest, of_place(place)))
    })
}

/// On a sphere of the earth's mean radius, as SQL does; infinite where the
/// latitudes alone are farther than `most` apart.
fn km_between(a: (f32, f32), b: (f32, f32), most: f64) -> f64 {
    const KM_PER_DEGREE: f64 = 111.0;
    let degrees = |a: f32, b: f32| f64::from(a) - f64::from(b);
    if degrees(a.0, b.0).abs() * KM_PER_DEGREE > most + 1.0 {
        return f64::INFINITY;
    }
    let half = |degrees: f64| (degrees.to_radians() / 2.0).sin().powi(2);
    let cosines = f64::from(a.0).to_radians().cos() * f64::from(b.0).to_radians().cos();
    let square = half(degrees(a.0, b.0)) + cosines * half(degrees(a.1, b.1));
    12_742.0 * square.min(1.0).sqrt().asin()
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
            is_exact: false,
            ring: Ring::All,
        })
    }

    /// What distances are compared with: nothing where the tokens have told already,
    /// for SQL may find a place on the circle a hair outside of it.
    pub(super) fn bound_km(&self) -> f32 {
        if self.is_exact && self.areas.is_empty() {
            f32::MAX
        } else {
            self.radius_km
        }
    }

    /// The same for the last key of a span.
    pub(super) fn bound_tenths(&self, to: i32) -> i32 {
        if self.bound_km() > self.radius_km && to >= tenths(self.radius_km.into()) {
            FAR - 1
        } else {
            to
        }
    }

    /// Looks up the places within the radius, unless they are too many: then no
    /// distance need be computed. Every job's places must be among its tokens.
    pub(super) fn look_up_places(&mut self) {
        const MOST: usize = 500;
        let places: Vec<i32> = places_within(&self.points, self.radius_km.into())
            .map(|(_, token)| token)
            .take(MOST + 1)
            .collect();
        if !self.points.is_empty() && places.len() <= MOST {
            self.tokens = Some([self.areas.as_slice(), &places].concat());
            self.is_exact = true;
        }
    }
}

fn of_place(place: &Place) -> i32 {
    token(Kind::Place, i32::try_from(place.id).unwrap_or(0))
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
