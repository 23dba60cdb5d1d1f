//! Which countries make up a region.

use super::areas::{self, Region};

const EUROPEAN_UNION: &[&str] = &[
    "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IT",
    "LT", "LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK",
];
const MIDDLE_EAST: &[&str] = &[
    "AE", "BH", "EG", "IL", "IQ", "IR", "JO", "KW", "LB", "OM", "PS", "QA", "SA", "SY", "TR", "YE",
];
const NORTH_AMERICA: &[&str] = &["CA", "MX", "US"];
/// Beside South America.
const LATIN_AMERICA: &[&str] = &[
    "BZ", "CR", "CU", "DO", "GT", "HN", "HT", "MX", "NI", "PA", "PR", "SV",
];

impl Region {
    pub const ALL: [Self; 15] = [
        Self::Worldwide,
        Self::Europe,
        Self::EuropeanUnion,
        Self::Dach,
        Self::Nordics,
        Self::Benelux,
        Self::Emea,
        Self::MiddleEast,
        Self::Africa,
        Self::Asia,
        Self::Apac,
        Self::Oceania,
        Self::Americas,
        Self::NorthAmerica,
        Self::LatinAmerica,
    ];

    /// Whether a country, by its two letters, lies in the region.
    pub fn contains(self, code: &str) -> bool {
        let Some(country) = areas::country(code) else {
            return false;
        };
        let on = |continents: &[&str]| continents.contains(&country.continent);
        let among = |codes: &[&str]| codes.contains(&country.code);
        match self {
            Self::Worldwide => true,
            Self::Europe => on(&["EU"]),
            Self::EuropeanUnion => among(EUROPEAN_UNION),
            Self::Dach => among(&["AT", "CH", "DE"]),
            Self::Nordics => among(&["DK", "FI", "IS", "NO", "SE"]),
            Self::Benelux => among(&["BE", "LU", "NL"]),
            Self::Emea => on(&["AF", "EU"]) || among(MIDDLE_EAST),
            Self::MiddleEast => among(MIDDLE_EAST),
            Self::Africa => on(&["AF"]),
            Self::Asia => on(&["AS"]),
            Self::Apac => on(&["OC"]) || on(&["AS"]) && !among(MIDDLE_EAST),
            Self::Oceania => on(&["OC"]),
            Self::Americas => on(&["NA", "SA"]),
            Self::NorthAmerica => among(NORTH_AMERICA),
            Self::LatinAmerica => on(&["SA"]) || among(LATIN_AMERICA),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_listed_country_exists() {
        for code in [EUROPEAN_UNION, MIDDLE_EAST, NORTH_AMERICA, LATIN_AMERICA].concat() {
            assert!(areas::country(code).is_some(), "{code}");
        }
        assert!(Region::Emea.contains("AE") && Region::Emea.contains("DE"));
        assert!(!Region::Apac.contains("AE") && Region::Apac.contains("JP"));
        assert!(!Region::EuropeanUnion.contains("CH") && Region::Europe.contains("CH"));
        assert!(!Region::Europe.contains("XX"));
    }
}
