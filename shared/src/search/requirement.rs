//! What a document must hold, taken apart so that its rarest part can be told.

use std::collections::HashMap;

use super::lexemes::quoted;

/// A `tsquery` as a tree.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Requirement {
    Lexeme(String),
    All(Vec<Self>),
    Any(Vec<Self>),
    /// The second so many words after the first.
    Phrase(Box<Self>, u32, Box<Self>),
    Not(Box<Self>),
}

/// Lexemes of which a match has one at least.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Rarest {
    pub(super) lexemes: Vec<String>,
    /// How many of a document's kind have one of them, about: 1 is all.
    pub(super) share: f64,
}

/// Each key is a row, so of equally rare ones the fewer are better.
const COST_OF_KEY: f64 = 1e-6;

impl Requirement {
    /// Reads what [`super::query`] has compiled.
    pub(super) fn parse(text: &str) -> Self {
        Reader { rest: text }.any()
    }

    pub(super) fn to_tsquery(&self) -> String {
        let several = |parts: &[Self], operator: &str| {
            let parts: Vec<_> = parts.iter().map(Self::to_tsquery).collect();
            format!("({})", parts.join(operator))
        };
        match self {
            Self::Lexeme(lexeme) => quoted(lexeme),
            Self::All(parts) => several(parts, " & "),
            Self::Any(parts) => several(parts, " | "),
            Self::Phrase(first, distance, second) => {
                format!(
                    "({} <{distance}> {})",
                    first.to_tsquery(),
                    second.to_tsquery()
                )
            }
            Self::Not(part) => format!("!({})", part.to_tsquery()),
        }
    }

    /// Those that a match may have, each maybe several times.
    pub(super) fn lexemes(&self) -> Vec<String> {
        match self {
            Self::Lexeme(lexeme) => vec![lexeme.clone()],
            Self::All(parts) | Self::Any(parts) => parts.iter().flat_map(Self::lexemes).collect(),
            Self::Phrase(first, _, second) => [first.lexemes(), second.lexemes()].concat(),
            Self::Not(_) => vec![],
        }
    }

    /// None where a match need not have any. `shares` tells of every lexeme.
    pub(super) fn rarest(&self, shares: &HashMap<String, f64>) -> Option<Rarest> {
        let rarest = |parts: &mut dyn Iterator<Item = &Self>| {
            parts
                .filter_map(|part| part.rarest(shares))
                .min_by(|a, b| a.share.total_cmp(&b.share))
        };
        match self {
            Self::Lexeme(lexeme) => Some(Rarest {
                share: shares.get(lexeme).copied().unwrap_or(1.0) + COST_OF_KEY,
                lexemes: vec![lexeme.clone()],
            }),
            Self::All(parts) => rarest(&mut parts.iter()),
            Self::Phrase(first, _, second) => {
                rarest(&mut [first.as_ref(), second.as_ref()].into_iter())
            }
            Self::Any(parts) => {
                let each: Option<Vec<_>> = parts.iter().map(|part| part.rarest(shares)).collect();
                let each = each?;
                let mut lexemes: Vec<_> = each.iter().flat_map(|one| one.lexemes.clone()).collect();
                lexemes.sort();
                lexemes.dedup();
                // The same word is in the readings of several languages.
                let share = lexemes
                    .iter()
                    .map(|lexeme| shares.get(lexeme).copied().unwrap_or(1.0) + COST_OF_KEY)
                    .sum();
                Some(Rarest { lexemes, share })
            }
            Self::Not(_) => None,
        }
    }
}

struct Reader<'a> {
    rest: &'a str,
}

impl Reader<'_> {
    fn takes(&mut self, sign: &str) -> bool {
        self.rest = self.rest.trim_start();
        match self.rest.strip_prefix(sign) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn any(&mut self) -> Requirement {
        let mut parts = vec![self.all()];
        while self.takes("|") {
            parts.push(self.all());
        }
        one_or(parts, Requirement::Any)
    }

    fn all(&mut self) -> Requirement {
        let mut parts = vec![self.phrase()];
        while self.takes("&") {
            parts.push(self.phrase());
        }
        one_or(parts, Requirement::All)
    }

    fn phrase(&mut self) -> Requirement {
        let mut first = self.single();
        while self.takes("<") {
            let (distance, rest) = self.rest.split_once('>').unwrap_or(("1", ""));
            let distance = distance.parse().unwrap_or(1);
            self.rest = rest;
            first = Requirement::Phrase(Box::new(first), distance, Box::new(self.single()));
        }
        first
    }

    fn single(&mut self) -> Requirement {
        if self.takes("!") {
            return Requirement::Not(Box::new(self.single()));
        }
        if self.takes("(") {
            let inside = self.any();
            self.takes(")");
            return inside;
        }
        self.takes("'");
        let mut lexeme = String::new();
        let mut chars = self.rest.chars();
        while let Some(c) = chars.next() {
            match c {
                '\\' => lexeme.extend(chars.next()),
                '\'' => match chars.as_str().strip_prefix('\'') {
                    Some(rest) => {
                        lexeme.push('\'');
                        chars = rest.chars();
                    }
                    None => break,
                },
                c => lexeme.push(c),
            }
        }
        self.rest = chars.as_str();
        Requirement::Lexeme(lexeme)
    }
}

fn one_or(
    mut parts: Vec<Requirement>,
    several: fn(Vec<Requirement>) -> Requirement,
) -> Requirement {
    if parts.len() == 1
        && let Some(part) = parts.pop()
    {
        return part;
    }
    several(parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rarest(text: &str) -> Option<Vec<String>> {
        let shares = [
            ("common", 0.5),
            ("rare", 0.001),
            ("rarer", 0.0001),
            ("it's", 0.01),
        ];
        let shares = shares.map(|(lexeme, share)| (lexeme.to_owned(), share));
        let rarest = Requirement::parse(text).rarest(&shares.into());
        rarest.map(|rarest| rarest.lexemes)
    }

    #[test]
    fn the_rarest_part_that_every_match_has_is_told() {
        let of = |lexemes: &[&str]| Some(lexemes.iter().map(|one| (*one).to_owned()).collect());
        assert_eq!(rarest("'common' & 'rare'"), of(&["rare"]));
        assert_eq!(rarest("'rare' | 'rarer'"), of(&["rare", "rarer"]));
        assert_eq!(rarest("('rare' | 'common') & 'it''s'"), of(&["it's"]));
        assert_eq!(rarest("('common' <2> 'rarer') & !'rare'"), of(&["rarer"]));
        assert_eq!(
            rarest("('rare' & 'common') | ('rare' & 'rarer') | ('common' & 'it''s')"),
            of(&["it's", "rare", "rarer"])
        );
        assert_eq!(rarest("!('rare' | 'rarer')"), None);
        assert_eq!(
            rarest("'rare' | !'rarer'"),
            None,
            "without the second it matches too"
        );
    }

    #[test]
    fn what_is_read_is_written_as_it_was() {
        for text in [
            "'a'",
            "('a' & !(('b' <3> 'c')))",
            r"(('it''s' | 'back\\slash') & ('x' <1> 'y'))",
        ] {
            assert_eq!(Requirement::parse(text).to_tsquery(), text);
        }
    }
}
