//! A query as the index is asked it.

use std::collections::BTreeSet;

use super::db::Tier;

/// The query as PostgreSQL reads it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Compiled {
    /// What an ad must match; none where only exclusions were asked.
    pub(super) meant: Option<String>,
    /// What its marked lexemes must match for all that is meant to be in its title
    /// alone. They have no places: of phrases it asks for the words.
    pub(super) marked: Option<String>,
    /// `meant` as the index knows it, a language each.
    pub(super) readings: BTreeSet<Indexed>,
    pub(super) has_phrase: bool,
    /// What it must not match.
    pub(super) without: Option<String>,
    /// Any of the words, in any language: what ranks.
    pub(super) any: Option<String>,
    /// How many words were asked for.
    pub(super) words: usize,
    /// The lexemes of `any`.
    pub(super) stems: BTreeSet<String>,
    /// Those and the lexemes of synonyms, which find without ranking: what has the
    /// query's own words comes first.
    pub(super) shown: BTreeSet<String>,
}

/// What an ad in one language must match in the index.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Indexed {
    /// Anywhere; it may tell what stands side by side.
    pub(super) in_ads: String,
    /// Marks, for all that is meant to be in the title, and
    pub(super) in_title: String,
    /// in title, skills and company.
    pub(super) in_names: String,
}

impl Compiled {
    /// All that the whole ad must match and must not; none where nothing was asked.
    pub(super) fn whole(&self) -> Option<String> {
        let in_ads = self.readings.iter().map(|reading| reading.in_ads.clone());
        self.but(either(in_ads.collect()).as_deref(), None)
    }

    /// Whether what the index knows of a tier leaves rows that are not of it: it
    /// knows nothing of phrases in titles, and a title may be
    /// meant in one language where the ad is in another.
    pub(super) fn is_rough(&self) -> bool {
        self.has_phrase || self.is_split()
    }

    /// What the index is asked for ads of the tier, each alone: an ad matches one at
    /// least. None where nothing was asked.
    ///
    /// A list of the index is read for each lexeme of a query, the one that
    /// is in every second ad too. With the lists of several words of several languages in one
    /// query each is read as far as the rarest of any language reaches; on its own a
    /// language that hardly any ad has ends at once.
    pub(super) fn of_tier(&self, tier: Tier) -> Vec<String> {
        let each = self.readings.iter().map(|reading| {
            let (asked, earlier) = match tier {
                Tier::Heading => (&reading.in_title, None),
                Tier::Title => (&reading.in_names, Some(&reading.in_title)),
                Tier::Text => (&reading.in_ads, Some(&reading.in_names)),
                Tier::All | Tier::None => (&reading.in_ads, None),
            };
            (asked.clone(), earlier.filter(|_| !self.has_phrase).cloned())
        });
        if self.is_split() {
            return each
                .filter_map(|(asked, earlier)| self.but(Some(&asked), earlier.as_deref()))
                .collect();
        }
        let (asked, earlier): (BTreeSet<_>, BTreeSet<_>) = each.unzip();
        let earlier = either(earlier.into_iter().flatten().collect());
        let whole = self.but(either(asked).as_deref(), earlier.as_deref());
        whole.into_iter().collect()
    }

    /// The lists of a single word are read to their ends in any case.
    fn is_split(&self) -> bool {
        self.readings.len() > 1 && self.words > 1
    }

    /// `asked`, but neither `earlier` nor what is excluded.
    fn but(&self, asked: Option<&str>, earlier: Option<&str>) -> Option<String> {
        let nots = earlier.into_iter().chain(self.without.as_deref());
        let parts: Vec<_> = asked
            .map(|asked| format!("({asked})"))
            .into_iter()
            .chain(nots.map(|not| format!("!({not})")))
            .collect();
        (!parts.is_empty()).then(|| parts.join(" & "))
    }
}

/// Any of them; none where there is none.
pub(super) fn either(readings: BTreeSet<String>) -> Option<String> {
    (!readings.is_empty()).then(|| readings.into_iter().collect::<Vec<_>>().join(" | "))
}
