//! Nearness on the map as tokens.
//!
//! The world is laid out with tiles several times over, each layer shifted. Two places
//! share the more tiles the nearer they are, none beyond the size of a tile: what a
//! sparse product can add up and an inverted index can find.

use std::sync::{Arc, LazyLock};

use quick_cache::sync::Cache;

use crate::places::{self, Place};

const LAYERS: i32 = 8;
/// Edge of a tile.
const TILE_KM: f64 = 60.0;
/// Along a meridian.
const KM_PER_DEGREE: f64 = 111.2;
/// Distinct location texts remembered: geocoding one takes longer than all else that is
/// done with a job.
const REMEMBERED: usize = 20_000;

static TILES: LazyLock<Cache<String, Arc<[String]>>> = LazyLock::new(|| Cache::new(REMEMBERED));

/// The tiles under the cities that a location text names; none where it names none.
pub fn tiles(location: &str) -> Arc<[String]> {
    if location.is_empty() {
        return Arc::default();
    }
    if let Some(known) = TILES.get(location) {
        return known;
    }
    let tiles: Arc<[String]> = places::geocode(location)
        .places
        .iter()
        .flat_map(tiles_of)
        .collect();
    TILES.insert(location.to_owned(), tiles.clone());
    tiles
}

fn tiles_of(place: &Place) -> impl Iterator<Item = String> {
    let (latitude, longitude) = (f64::from(place.latitude), f64::from(place.longitude));
    let north = latitude * KM_PER_DEGREE;
    (0..LAYERS).map(move |layer| {
        let shift = TILE_KM * f64::from(layer) / f64::from(LAYERS);
        let row = ((north + shift) / TILE_KM).floor();
        // All of a row is as wide as its middle, so that its tiles are the same for all.
        let middle = ((row + 0.5) * TILE_KM - shift) / KM_PER_DEGREE;
        let east = longitude * KM_PER_DEGREE * middle.to_radians().cos();
        let sideways = TILE_KM * f64::from(layer * 3 % LAYERS) / f64::from(LAYERS);
        let column = ((east + sideways) / TILE_KM).floor();
        format!("{layer}:{row}:{column}")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shared(a: &str, b: &str) -> usize {
        let other = tiles(b);
        tiles(a).iter().filter(|tile| other.contains(tile)).count()
    }

    #[test]
    fn nearer_places_share_more_tiles() {
        let places = [
            "San Francisco, CA",
            "Oakland, CA",
            "San Jose, CA",
            "New York, NY",
        ];
        let common = places.map(|place| shared(places[0], place));
        assert_eq!(common[0], LAYERS as usize);
        assert!(
            common.is_sorted_by(|a, b| a > b) || (common[2], common[3]) == (0, 0),
            "{common:?}"
        );
        assert!(common[1] >= 4 && common[3] == 0, "{common:?}");
    }

    #[test]
    fn what_is_no_city_has_no_tiles() {
        for text in ["", "Remote", "somewhere nice"] {
            assert!(tiles(text).is_empty(), "{text}");
        }
    }
}
