//! What suggestions begin with.

use std::cmp::Ordering;

use super::MANY;
use crate::search::{
    suggest::{Suggestion, SuggestionKind},
    terms,
};

/// What is given at most.
const TOP: usize = 10;
/// Of one kind, as long as there are others.
const OF_A_KIND: usize = 5;

/// Something that can be suggested.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::search) struct Offer {
    pub(in crate::search) kind: SuggestionKind,
    pub(in crate::search) beginning: String,
    pub(in crate::search) text: String,
    pub(in crate::search) weight: f32,
}

impl Offer {
    /// The best first.
    pub(super) fn order(&self, other: &Self) -> Ordering {
        other
            .weight
            .total_cmp(&self.weight)
            .then_with(|| self.beginning.len().cmp(&other.beginning.len()))
            .then_with(|| self.text.cmp(&other.text))
            .then_with(|| self.kind.cmp(&other.kind))
            .then_with(|| self.beginning.cmp(&other.beginning))
    }
}

/// A text as it is compared with what people type: lower case, without accents, one
/// space between words, and of signs only those that names have: `c++`, `c#`,
/// `.net`, `node.js`, `r&d`.
pub(in crate::search) fn beginning_of(text: &str) -> String {
    let mut beginning = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    let mut gap = false;
    while let Some(c) = chars.next() {
        let mut letters = String::new();
        match c {
            '+' | '#' | '&' => letters.push(c),
            '.' if chars.peek().is_some_and(|next| next.is_alphanumeric()) => letters.push(c),
            '.' | '\'' | '’' | '\u{ad}' => continue,
            c if c.is_alphanumeric() => letters = terms::fold(c.encode_utf8(&mut [0; 4])),
            _ => {}
        }
        if letters.is_empty() {
            gap = true;
            continue;
        }
        if gap && !beginning.is_empty() {
            beginning.push(' ');
        }
        gap = false;
        beginning.push_str(&letters);
    }
    beginning
}

/// The best ten, not all of one kind where there are others, each text once.
pub(in crate::search) fn best<'a>(offers: impl IntoIterator<Item = &'a Offer>) -> Vec<Suggestion> {
    let mut best: Vec<Vec<&Offer>> = vec![vec![]; SuggestionKind::ALL.len()];
    for offer in offers {
        let of_kind = &mut best[offer.kind as usize];
        let same = of_kind.iter().position(|known| known.text == offer.text);
        match same {
            Some(at) if of_kind[at].order(offer).is_le() => continue,
            Some(at) => {
                of_kind.remove(at);
            }
            None => {}
        }
        let place = of_kind.partition_point(|known| known.order(offer).is_le());
        if place < TOP {
            of_kind.insert(place, offer);
            of_kind.truncate(TOP);
        }
    }
    let (mut first, mut rest) = (vec![], vec![]);
    for of_kind in best {
        let cut = of_kind.len().min(OF_A_KIND);
        first.extend_from_slice(&of_kind[..cut]);
        rest.extend_from_slice(&of_kind[cut..]);
    }
    for part in [&mut first, &mut rest] {
        part.sort_by(|a, b| a.order(b));
    }
    first.truncate(TOP);
    first.extend(rest.into_iter().take(TOP - first.len()));
    first.sort_by(|a, b| a.order(b));
    first
        .into_iter()
        .map(|offer| Suggestion {
            kind: offer.kind,
            text: offer.text.clone(),
        })
        .collect()
}

/// The best of each beginning that more than [`MANY`] offers share, sorted by it.
/// The offers are sorted by theirs.
pub(super) fn worked_out(offers: &[Offer]) -> Vec<(String, Vec<Suggestion>)> {
    let mut all = Vec::new();
    deepen(offers, 0, &mut all);
    all
}

/// What begins with the first `length` bytes that all of the offers share.
fn deepen(offers: &[Offer], length: usize, all: &mut Vec<(String, Vec<Suggestion>)>) {
    if offers.len() <= MANY {
        return;
    }
    let shared = &offers[0].beginning[..length];
    // What people type is trimmed.
    if length > 0 && !shared.ends_with(' ') {
        all.push((shared.to_owned(), best(offers)));
    }
    let next = |offer: &Offer| offer.beginning[length..].chars().next();
    for group in offers.chunk_by(|one, other| next(one) == next(other)) {
        if let Some(letter) = group.first().and_then(next) {
            deepen(group, length + letter.len_utf8(), all);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offer(kind: SuggestionKind, text: &str, weight: f32) -> Offer {
        Offer {
            kind,
            beginning: beginning_of(text),
            text: text.to_owned(),
            weight,
        }
    }

    #[test]
    fn names_keep_the_signs_that_make_them() {
        for (text, beginning) in [
            (
                "Full-Stack  Developer (m/w/d)",
                "full stack developer m w d",
            ),
            ("C++ / C#", "c++ c#"),
            (".NET, Node.js.", ".net node.js"),
            ("Sr. Nurse", "sr nurse"),
            ("MÜNCHEN  ", "munchen"),
            ("Driver's R&D", "drivers r&d"),
            ("!?", ""),
        ] {
            assert_eq!(beginning_of(text), beginning, "{text}");
        }
    }

    #[test]
    fn the_best_are_of_several_kinds() {
        let mut offers: Vec<Offer> = (0..20)
            .map(|n| {
                offer(
                    SuggestionKind::Title,
                    &format!("Engineer {n}"),
                    50.0 - n as f32,
                )
            })
            .collect();
        offers.push(offer(SuggestionKind::Skill, "Engineering", 2.0));
        let best = best(&offers);
        assert_eq!(best.len(), 10);
        assert_eq!(best[0].text, "Engineer 0");
        assert!(best.iter().any(|one| one.kind == SuggestionKind::Skill));
    }

    #[test]
    fn only_what_many_share_is_worked_out() {
        let mut offers: Vec<Offer> = (0..=MANY)
            .map(|n| offer(SuggestionKind::Title, &format!("nurse {n:03}"), 1.0))
            .collect();
        offers.push(offer(SuggestionKind::Title, "painter", 9.0));
        offers.sort_by(|a, b| a.beginning.cmp(&b.beginning));
        let beginnings: Vec<_> = worked_out(&offers)
            .into_iter()
            .map(|(beginning, _)| beginning)
            .collect();
        assert_eq!(beginnings, ["n", "nu", "nur", "nurs", "nurse"]);
    }
}
