//! The languages that mails are written in.

use std::{fmt, str::FromStr};

use chrono::{Datelike, NaiveDate};
use serde::{Deserialize, Serialize};

/// Its name is the code of ISO 639-1, and a folder of `templates/`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, sqlx::Type)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum Language {
    #[default]
    En,
    De,
    Fr,
    Es,
}

impl Language {
    pub const ALL: [Self; 4] = [Self::En, Self::De, Self::Fr, Self::Es];

    pub const fn name(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::De => "de",
            Self::Fr => "fr",
            Self::Es => "es",
        }
    }

    /// A day as it is written in a text: `16 November 2026`.
    pub fn day(self, day: NaiveDate) -> String {
        let months = match self {
            Self::En => [
                "January",
                "February",
                "March",
                "April",
                "May",
                "June",
                "July",
                "August",
                "September",
                "October",
                "November",
                "December",
            ],
            Self::De => [
                "Januar",
                "Februar",
                "März",
                "April",
                "Mai",
                "Juni",
                "Juli",
                "August",
                "September",
                "Oktober",
                "November",
                "Dezember",
            ],
            Self::Fr => [
                "janvier",
                "février",
                "mars",
                "avril",
                "mai",
                "juin",
                "juillet",
                "août",
                "septembre",
                "octobre",
                "novembre",
                "décembre",
            ],
            Self::Es => [
                "enero",
                "febrero",
                "marzo",
                "abril",
                "mayo",
                "junio",
                "julio",
                "agosto",
                "septiembre",
                "octubre",
                "noviembre",
                "diciembre",
            ],
        };
        let month = months
            .get(day.month0() as usize)
            .copied()
            .unwrap_or_default();
        let (number, year) = (day.day(), day.year());
        match self {
            Self::En => format!("{number} {month} {year}"),
            Self::De => format!("{number}. {month} {year}"),
            Self::Fr if number == 1 => format!("1er {month} {year}"),
            Self::Fr => format!("{number} {month} {year}"),
            Self::Es => format!("{number} de {month} de {year}"),
        }
    }

    /// The one of ours that an `Accept-Language` header likes best: `de` where it says
    /// `de-CH`. None where it names none of ours, or nothing can be made of it.
    pub fn preferred(header: &str) -> Option<Self> {
        let mut best = None;
        for part in header.split(',').take(20) {
            let mut pieces = part.split(';').map(str::trim);
            let tag = pieces.next().unwrap_or_default().to_ascii_lowercase();
            let weight = pieces
                .find_map(|piece| piece.strip_prefix("q="))
                .map_or(Some(1.0), |weight| weight.parse::<f32>().ok());
            let primary = tag.split('-').next().unwrap_or_default();
            if let (Ok(language), Some(weight)) = (primary.parse::<Self>(), weight)
                && weight > 0.0
                && best.is_none_or(|(_, most)| weight > most)
            {
                best = Some((language, weight));
            }
        }
        best.map(|(language, _)| language)
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[derive(Debug, thiserror::Error)]
#[error("no language of mails: {0:?}")]
pub struct UnknownLanguage(String);

impl FromStr for Language {
    type Err = UnknownLanguage;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|language| language.name() == name)
            .ok_or_else(|| UnknownLanguage(name.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_written_as_in_a_text() {
        let day = NaiveDate::from_ymd_opt(2026, 3, 1).unwrap();
        let days = Language::ALL.map(|language| language.day(day));
        assert_eq!(
            days,
            [
                "1 March 2026",
                "1. März 2026",
                "1er mars 2026",
                "1 de marzo de 2026"
            ]
        );
    }

    #[test]
    fn the_language_liked_best_of_those_there_are() {
        for (header, expected) in [
            ("de", Some(Language::De)),
            ("de-CH", Some(Language::De)),
            ("FR-ca, en;q=0.8", Some(Language::Fr)),
            ("en;q=0.5, es;q=0.9", Some(Language::Es)),
            ("nl, de;q=0.3, *;q=0.1", Some(Language::De)),
            ("en;q=0, fr ; q=0.2", Some(Language::Fr)),
            ("de, fr", Some(Language::De)),
            ("nl, it;q=0.3", None),
            ("*", None),
            ("", None),
            (";;q=,,,de;q=x", None),
        ] {
            assert_eq!(Language::preferred(header), expected, "{header:?}");
        }
    }
}
