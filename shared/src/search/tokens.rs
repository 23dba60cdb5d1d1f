//! The filterable facts of a job as integers: `(kind << 25) | value`.
//!
//! They share a GIN index with the words, so that text, filters and time are
//! intersected in one scan of it.

use chrono::{DateTime, Utc};

/// What a token tells. The numbers are stored: they never change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub enum Kind {
    JobType = 1,
    Experience = 2,
    /// 0 on site, 1 remote, 2 hybrid.
    Workplace = 3,
    /// The job's category and each above it, by ordinal.
    Category = 4,
    /// By ordinal.
    Company = 5,
    /// Every step of [`SALARY_STEPS`] that the upper end of the salary reaches.
    SalaryReaches = 6,
    /// Every step of [`SALARY_STEPS`] that the lower end does not exceed.
    SalaryFrom = 7,
    /// 0 where the salary is not told.
    SalaryUnknown = 8,
    /// Three letters, five bits each.
    Currency = 9,
    /// Half a degree: see [`cell`].
    Cell = 10,
    /// Four degrees.
    WideCell = 11,
    Slot6h = 12,
    Slot1d = 13,
    Slot4d = 14,
    Slot16d = 15,
    /// Two letters, five bits each.
    Country = 16,
    /// Country and first-level division.
    State = 17,
    /// A region that holds a place of the job.
    InRegion = 18,
    /// A region that the job names as its place.
    AcrossRegion = 19,
    /// By ordinal.
    Skill = 20,
    /// By the number of the table of places.
    Place = 21,
    /// Where the upper end of the salary lies, in the steps of [`super::pay`].
    Pay1 = 22,
    Pay16 = 23,
    Pay256 = 24,
    Pay4096 = 25,
}

const VALUE_BITS: u32 = 25;

/// A token; values are below 2^25.
pub fn token(kind: Kind, value: i32) -> i32 {
    ((kind as i32) << VALUE_BITS) | (value & ((1 << VALUE_BITS) - 1))
}

/// Yearly amounts, rising: about a tenth apart where most salaries lie.
pub const SALARY_STEPS: [i32; 32] = [
    5_000, 10_000, 15_000, 20_000, 25_000, 30_000, 35_000, 40_000, 45_000, 50_000, 55_000, 60_000,
    65_000, 70_000, 75_000, 80_000, 90_000, 100_000, 110_000, 120_000, 130_000, 140_000, 150_000,
    160_000, 180_000, 200_000, 225_000, 250_000, 300_000, 400_000, 600_000, 1_000_000,
];

/// The tokens of a salary; either end may be missing.
pub fn salary(min: Option<f32>, max: Option<f32>) -> Vec<i32> {
    let (Some(lower), Some(upper)) = (min.or(max), max.or(min)) else {
        return vec![token(Kind::SalaryUnknown, 0)];
    };
    let steps = || (0_i32..).zip(SALARY_STEPS);
    let reaches = steps()
        .filter(|(_, step)| upper >= *step as f32)
        .map(|(number, _)| token(Kind::SalaryReaches, number));
    let from = steps()
        .filter(|(_, step)| lower <= *step as f32)
        .map(|(number, _)| token(Kind::SalaryFrom, number));
    reaches.chain(from).collect()
}

/// The token that every salary of at least `amount` has; none for amounts below
/// all steps, which every known salary may reach.
pub fn salary_at_least(amount: f64) -> Option<i32> {
    let below = SALARY_STEPS
        .iter()
        .filter(|step| f64::from(**step) <= amount)
        .count();
    let number = i32::try_from(below).ok()?.checked_sub(1)?;
    (number >= 0).then(|| token(Kind::SalaryReaches, number))
}

/// The token that every salary from at most `amount` has; none above all steps.
pub fn salary_at_most(amount: f64) -> Option<i32> {
    let number = SALARY_STEPS
        .iter()
        .position(|step| f64::from(*step) >= amount)?;
    Some(token(Kind::SalaryFrom, i32::try_from(number).ok()?))
}

/// One of these every known salary has, and no unknown one.
pub fn salary_known() -> Vec<i32> {
    vec![token(Kind::SalaryReaches, 0), token(Kind::SalaryFrom, 0)]
}

pub fn currency(code: &str) -> i32 {
    token(Kind::Currency, letters(code))
}

/// Up to three letters, five bits each.
pub fn letters(code: &str) -> i32 {
    code.bytes()
        .take(3)
        .map(|b| i32::from(b.to_ascii_uppercase().wrapping_sub(b'A') & 31))
        .fold(0, |value, letter| value << 5 | letter)
}

/// The four slots of a publication time.
pub fn slots(at: DateTime<Utc>) -> [i32; 4] {
    WIDTHS.map(|(kind, hours)| slot(kind, hours, at))
}

const WIDTHS: [(Kind, i64); 4] = [
    (Kind::Slot6h, 6),
    (Kind::Slot1d, 24),
    (Kind::Slot4d, 96),
    (Kind::Slot16d, 384),
];

fn slot(kind: Kind, hours: i64, at: DateTime<Utc>) -> i32 {
    let number = at.timestamp().div_euclid(hours * 3600);
    token(kind, i32::try_from(number).unwrap_or(0))
}

/// The fewest slots that together cover the times from `from` to `to`, both
/// included; none where that are too many to be looked up at once.
pub fn cover(from: DateTime<Utc>, to: DateTime<Utc>) -> Option<Vec<i32>> {
    const MOST: usize = 64;
    let narrowest = WIDTHS[0].1 * 3600;
    let last = to.timestamp().div_euclid(narrowest);
    let mut at = from.timestamp().div_euclid(narrowest);
    let mut tokens = Vec::new();
    while at <= last {
        if tokens.len() == MOST {
            return None;
        }
        // Each width holds four of the narrower one before it.
        let (kind, width) = WIDTHS
            .iter()
            .map(|(kind, hours)| (*kind, hours / WIDTHS[0].1))
            .rfind(|(_, width)| at.rem_euclid(*width) == 0 && at + width - 1 <= last)?;
        let number = i32::try_from(at.div_euclid(width)).ok()?;
        tokens.push(token(kind, number));
        at += width;
    }
    Some(tokens)
}

/// The two cells of a place.
pub fn cells(lat: f64, lon: f64) -> [i32; 2] {
    [
        GRID.token(GRID.row(lat), GRID.column(lon)),
        WIDE_GRID.token(WIDE_GRID.row(lat), WIDE_GRID.column(lon)),
    ]
}

/// Cells of one width that cover a circle; none where it is too wide for any,
/// which leaves the distance alone to decide.
pub fn cells_around(lat: f64, lon: f64, radius_km: f64) -> Option<Vec<i32>> {
    const MOST: usize = 200;
    [GRID, WIDE_GRID]
        .iter()
        .find_map(|grid| grid.around(lat, lon, radius_km, MOST))
}

#[derive(Clone, Copy)]
struct Grid {
    kind: Kind,
    degrees: f64,
}

const GRID: Grid = Grid {
    kind: Kind::Cell,
    degrees: 0.5,
};
const WIDE_GRID: Grid = Grid {
    kind: Kind::WideCell,
    degrees: 4.0,
};
/// The shortest degree of latitude, so that a box never comes out too small.
const KM_PER_DEGREE: f64 = 110.5;

impl Grid {
    fn columns(self) -> i32 {
        (360.0 / self.degrees) as i32
    }

    fn rows(self) -> i32 {
        (180.0 / self.degrees) as i32
    }

    fn row(self, lat: f64) -> i32 {
        (((lat + 90.0) / self.degrees).floor() as i32).clamp(0, self.rows() - 1)
    }

    fn column(self, lon: f64) -> i32 {
        (((lon + 180.0) / self.degrees).floor() as i32).rem_euclid(self.columns())
    }

    fn token(self, row: i32, column: i32) -> i32 {
        token(self.kind, row * self.columns() + column)
    }

    fn around(self, lat: f64, lon: f64, radius_km: f64, most: usize) -> Option<Vec<i32>> {
        let reach = radius_km / KM_PER_DEGREE;
        let (south, north) = (lat - reach, lat + reach);
        // Meridians close up towards the poles: the circle is widest in degrees
        // at its end that is nearer to one.
        let widest = south.abs().max(north.abs());
        let columns: Vec<i32> = if widest >= 89.0 {
            (0..self.columns()).collect()
        } else {
            let reach = reach / widest.to_radians().cos();
            let first = ((lon - reach + 180.0) / self.degrees).floor() as i32;
            let last = ((lon + reach + 180.0) / self.degrees).floor() as i32;
            if last - first + 1 >= self.columns() {
                (0..self.columns()).collect()
            } else {
                (first..=last)
                    .map(|c| c.rem_euclid(self.columns()))
                    .collect()
            }
        };
        let rows = self.row(south)..=self.row(north);
        if rows.clone().count() * columns.len() > most {
            return None;
        }
        Some(
            rows.flat_map(|row| columns.iter().map(move |column| self.token(row, *column)))
                .collect(),
        )
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn tokens_of_two_kinds_never_meet() {
        assert_ne!(token(Kind::JobType, 1), token(Kind::Experience, 1));
        assert!(token(Kind::Pay4096, (1 << VALUE_BITS) - 1) > 0);
        assert_ne!(currency("USD"), currency("EUR"));
    }

    /// Where one arrives that many kilometres away.
    fn at(from: (f64, f64), bearing: f64, km: f64) -> (f64, f64) {
        let (lat, way) = (from.0.to_radians(), km / 6371.0);
        let there = (lat.sin() * way.cos() + lat.cos() * way.sin() * bearing.cos()).asin();
        let dlon = (bearing.sin() * way.sin() * lat.cos())
            .atan2(way.cos() - lat.sin() * there.sin())
            .to_degrees();
        (
            there.to_degrees(),
            (from.1 + dlon + 180.0).rem_euclid(360.0) - 180.0,
        )
    }

    proptest! {
        /// Steps narrow a search and never lose a job.
        #[test]
        fn a_salary_in_range_has_the_token(
            lower in 0.0_f32..2_000_000.0, width in 0.0_f32..100_000.0, asked in 0.0_f64..2_000_000.0
        ) {
            let has = salary(Some(lower), Some(lower + width));
            if f64::from(lower + width) >= asked && let Some(token) = salary_at_least(asked) {
                prop_assert!(has.contains(&token));
            }
            prop_assert!(salary_known().iter().any(|token| has.contains(token)));
            if f64::from(lower) <= asked && let Some(token) = salary_at_most(asked) {
                prop_assert!(has.contains(&token));
            }
        }

        #[test]
        fn a_place_in_the_circle_has_a_cell_of_it(
            lat in -89.0_f64..89.0, lon in -180.0_f64..180.0, radius in 1.0_f64..2_000.0,
            bearing in 0.0..std::f64::consts::TAU, share in 0.0_f64..0.999
        ) {
            let there = at((lat, lon), bearing, radius * share);
            if let Some(around) = cells_around(lat, lon, radius) {
                prop_assert!(cells(there.0, there.1).iter().any(|cell| around.contains(cell)));
            }
        }

        /// Exactly one, so that nothing is looked up twice.
        #[test]
        fn a_time_in_the_span_has_a_slot_of_it(
            from in 1_500_000_000_i64..1_900_000_000, length in 0_i64..50_000_000, share in 0.0_f64..=1.0
        ) {
            let at = |seconds: i64| DateTime::from_timestamp(seconds, 0).unwrap();
            let time = at(from + (length as f64 * share) as i64);
            let cover = cover(at(from), at(from + length)).unwrap();
            let met = slots(time).iter().filter(|slot| cover.contains(slot)).count();
            prop_assert_eq!(met, 1);
        }
    }

    #[test]
    fn long_times_are_covered_by_wide_slots() {
        let at = |days: i64| DateTime::from_timestamp(days * 86_400, 0).unwrap();
        assert_eq!(
            cover(at(16), at(48) - chrono::TimeDelta::seconds(1))
                .unwrap()
                .len(),
            2
        );
        assert_eq!(cover(at(15), at(49)).unwrap().len(), 5);
        assert_eq!(cover(at(0), at(10_000)), None);
        assert_eq!(cover(at(2), at(1)), Some(vec![]));
    }
}
