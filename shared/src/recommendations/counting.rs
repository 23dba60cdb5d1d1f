//! Tokens of many documents, counted in one pass.

use std::collections::HashMap;

use foldhash::fast::RandomState;

use super::model::Vocabulary;

/// Which terms a vocabulary takes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limits {
    /// In so many documents at least.
    pub least_documents: u32,
    /// In this share of the documents at most.
    pub most_documents: f64,
    /// Of more terms those in most documents, of equals the first by name.
    pub most_terms: usize,
}

impl Limits {
    pub const NONE: Self = Self {
        least_documents: 1,
        most_documents: 1.0,
        most_terms: usize::MAX,
    };
}

/// Terms of a document by number, in rising order, and how often each stands there.
pub type Counts = Vec<(u32, u32)>;

/// Documents as counts of numbered tokens. The numbers are those of the first come,
/// until [`Counting::finish`] orders them.
#[derive(Default)]
pub struct Counting {
    numbers: HashMap<Box<str>, u32, RandomState>,
    /// Of each token: how many documents have it, the document that was the last one,
    /// and where in the document's counts it stands.
    seen: Vec<Seen>,
    documents: Vec<Vec<(u32, u32)>>,
}

struct Seen {
    documents: u32,
    last: u32,
    at: u32,
}

impl Counting {
    /// Counts one more document, whose tokens `tell` hands over one by one.
    pub fn add(&mut self, tell: impl FnOnce(&mut dyn FnMut(&str))) {
        let document = self.documents.len() as u32;
        let mut counts: Vec<(u32, u32)> = Vec::new();
        tell(&mut |token| {
            let number = match self.numbers.get(token) {
                Some(&number) => number,
                None => {
                    let number = self.seen.len() as u32;
                    self.numbers.insert(token.into(), number);
                    self.seen.push(Seen {
                        documents: 0,
                        last: u32::MAX,
                        at: 0,
                    });
                    number
                }
            };
            let seen = &mut self.seen[number as usize];
            if seen.last == document {
                counts[seen.at as usize].1 += 1;
            } else {
                *seen = Seen {
                    documents: seen.documents + 1,
                    last: document,
                    at: counts.len() as u32,
                };
                counts.push((number, 1));
            }
        });
        counts.shrink_to_fit();
        self.documents.push(counts);
    }

    /// The vocabulary, and each document as counts of its terms in rising order.
    pub fn finish(self, limits: Limits) -> (Vocabulary, Vec<Counts>) {
        let all = self.documents.len() as u32;
        let most = (limits.most_documents * f64::from(all)) as u32;
        let mut kept: Vec<(Box<str>, u32, u32)> = self
            .numbers
            .into_iter()
            .map(|(term, number)| (term, number, self.seen[number as usize].documents))
            .filter(|(_, _, documents)| (limits.least_documents..=most).contains(documents))
            .collect();
        if kept.len() > limits.most_terms {
            kept.sort_unstable_by(|a, b| b.2.cmp(&a.2).then_with(|| a.0.cmp(&b.0)));
            kept.truncate(limits.most_terms);
        }
        kept.sort_unstable_by(|a, b| a.0.cmp(&b.0));
        let mut ordered = vec![None; self.seen.len()];
        for ((_, number, _), at) in kept.iter().zip(0..) {
            ordered[*number as usize] = Some(at);
        }
        let mut documents = self.documents;
        for counts in &mut documents {
            counts.retain_mut(|(number, _)| match ordered[*number as usize] {
                Some(at) => {
                    *number = at;
                    true
                }
                None => false,
            });
            counts.sort_unstable();
        }
        let terms = kept
            .into_iter()
            .map(|(term, _, documents)| (term.into_string(), documents))
            .collect();
        (Vocabulary::new(terms, all), documents)
    }
}
