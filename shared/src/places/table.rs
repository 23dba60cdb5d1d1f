//! The table of cities, unpacked once.

use std::{
    io::{self, Read},
    sync::LazyLock,
};

use flate2::read::GzDecoder;

use super::Place;

const CITIES: &[u8] = include_bytes!("../../data/places/cities.tsv.gz");
const NAMES: &[u8] = include_bytes!("../../data/places/city_names.tsv.gz");

/// Cities by their names in many languages.
pub(super) struct Table {
    places: Vec<Place>,
    /// Lines of a folded name, a tab, and the numbers of the places so called;
    /// sorted by name.
    names: &'static str,
    /// Where each line begins.
    lines: Vec<u32>,
}

/// Unpacks the table at the first call, in less than 0.1 s, and keeps it: about
/// 10 MB.
#[expect(
    clippy::expect_used,
    reason = "the table is compiled in, and a test reads it all"
)]
pub(super) fn table() -> &'static Table {
    static TABLE: LazyLock<Table> = LazyLock::new(|| Table::unpack().expect("a sound table"));
    &TABLE
}

impl Table {
    fn unpack() -> Result<Self, io::Error> {
        let places = inflate(CITIES)?
            .lines()
            .map(|line| place(line).ok_or(io::ErrorKind::InvalidData))
            .collect::<Result<_, _>>()?;
        let names = inflate(NAMES)?;
        let mut lines = Vec::new();
        let mut start = 0;
        for line in names.split_inclusive('\n') {
            lines.push(start);
            start += u32::try_from(line.len()).map_err(io::Error::other)?;
        }
        Ok(Self {
            places,
            names,
            lines,
        })
    }

    /// The largest first.
    pub(super) fn places(&self) -> &[Place] {
        &self.places
    }

    /// The places of a folded name, the largest first.
    pub(super) fn find(&self, name: &str) -> Vec<&Place> {
        let Ok(line) = self
            .lines
            .binary_search_by(|&start| self.line(start).0.cmp(name))
        else {
            return Vec::new();
        };
        let (_, numbers) = self.line(self.lines[line]);
        numbers
            .split(',')
            .filter_map(|number| self.places.get(number.parse::<usize>().ok()?))
            .collect()
    }

    fn line(&self, start: u32) -> (&'static str, &'static str) {
        let rest = self.names.get(start as usize..).unwrap_or_default();
        let line = rest.split('\n').next().unwrap_or_default();
        line.split_once('\t').unwrap_or((line, ""))
    }
}

/// The text lives as long as the program.
fn inflate(packed: &[u8]) -> Result<&'static str, io::Error> {
    let mut text = String::new();
    GzDecoder::new(packed).read_to_string(&mut text)?;
    Ok(text.leak())
}

fn place(line: &'static str) -> Option<Place> {
    let mut fields = line.split('\t');
    Some(Place {
        id: fields.next()?.parse().ok()?,
        name: fields.next()?,
        country: fields.next()?,
        admin1: fields.next()?,
        latitude: fields.next()?.parse().ok()?,
        longitude: fields.next()?.parse().ok()?,
        population: fields.next()?.parse().ok()?,
        timezone: fields.next()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_leads_to_places_in_order_of_size() {
        let table = table();
        assert!(table.places.len() > 30_000);
        assert!(
            table
                .places
                .is_sorted_by(|a, b| a.population >= b.population)
        );
        let mut last = "";
        for &start in &table.lines {
            let (name, numbers) = table.line(start);
            assert!(last < name, "{last} {name}");
            assert_eq!(table.find(name).len(), numbers.split(',').count(), "{name}");
            last = name;
        }
    }
}
