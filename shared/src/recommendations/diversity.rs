//! A list that does not say the same thing ten times.

use std::collections::HashMap;

use uuid::Uuid;

/// Something to be put into the list.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Candidate {
    /// Number in the index.
    pub job: u32,
    pub company_id: Uuid,
    /// 0 to 1.
    pub score: f64,
}

/// What the list should be like.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Taste {
    /// 1 looks at scores alone.
    pub lambda: f64,
    /// Of one company in each ten places.
    pub company_cap: usize,
    pub length: usize,
}

/// Picks greedily the candidate with the most of `lambda * score - (1 - lambda) *
/// likeness to the nearest one picked` (maximal marginal relevance). The cap on a
/// company yields when nothing else is left: fewer companies are no reason for a
/// shorter list.
pub fn arrange(
    mut candidates: Vec<Candidate>,
    taste: Taste,
    likeness: impl Fn(u32, u32) -> f64,
) -> Vec<Candidate> {
    candidates.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.job.cmp(&b.job)));
    let mut waiting: Vec<Waiting> = candidates.into_iter().map(Waiting::new).collect();
    let mut list: Vec<Candidate> = Vec::with_capacity(taste.length.min(waiting.len()));
    let mut companies: HashMap<Uuid, usize> = HashMap::new();
    while list.len() < taste.length && !waiting.is_empty() {
        if list.len().is_multiple_of(10) {
            companies.clear();
        }
        let gain =
            |one: &Waiting| taste.lambda * one.candidate.score - (1.0 - taste.lambda) * one.nearest;
        let fits = |one: &Waiting| {
            let company = companies.get(&one.candidate.company_id);
            company.copied().unwrap_or(0) < taste.company_cap
        };
        let any_fits = waiting.iter().any(fits);
        let picked = loop {
            // The first of equals, which is the one with the higher score.
            let mut best: Option<(usize, f64)> = None;
            for (at, one) in waiting.iter().enumerate() {
                let gain = gain(one);
                if best.is_none_or(|(_, most)| gain > most) && (!any_fits || fits(one)) {
                    best = Some((at, gain));
                }
            }
            let Some((at, _)) = best else { return list };
            let one = &mut waiting[at];
            if taste.lambda >= 1.0 || one.compared == list.len() {
                break waiting.remove(at).candidate;
            }
            // Its gain only falls by it. Whoever stays the best after that is the best.
            for other in &list[one.compared..] {
                one.nearest = one.nearest.max(likeness(other.job, one.candidate.job));
            }
            one.compared = list.len();
        };
        *companies.entry(picked.company_id).or_default() += 1;
        list.push(picked);
    }
    list
}

/// A candidate, and how near it is to the first of those picked.
struct Waiting {
    candidate: Candidate,
    /// Most candidates are never compared with all.
    compared: usize,
    nearest: f64,
}

impl Waiting {
    fn new(candidate: Candidate) -> Self {
        Self {
            candidate,
            compared: 0,
            nearest: 0.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidate(job: u32, company: u128, score: f64) -> Candidate {
        Candidate {
            job,
            company_id: Uuid::from_u128(company),
            score,
        }
    }

    fn jobs(list: &[Candidate]) -> Vec<u32> {
        list.iter().map(|candidate| candidate.job).collect()
    }

    const TASTE: Taste = Taste {
        lambda: 0.7,
        company_cap: 3,
        length: 10,
    };

    #[test]
    fn a_twin_of_the_first_comes_after_something_else() {
        let candidates = vec![
            candidate(1, 1, 1.0),
            candidate(2, 2, 0.99),
            candidate(3, 3, 0.8),
        ];
        let twins = |a: u32, b: u32| if a.max(b) == 2 { 1.0 } else { 0.0 };
        assert_eq!(jobs(&arrange(candidates.clone(), TASTE, twins)), [1, 3, 2]);
        let by_score = Taste {
            lambda: 1.0,
            ..TASTE
        };
        assert_eq!(jobs(&arrange(candidates, by_score, twins)), [1, 2, 3]);
    }

    #[test]
    fn a_company_has_three_places_in_ten_while_others_are_there() {
        let mut candidates: Vec<Candidate> = (0..5)
            .map(|job| candidate(job, 1, 1.0 - f64::from(job) / 100.0))
            .collect();
        candidates.push(candidate(7, 2, 0.1));
        let list = arrange(candidates, TASTE, |_, _| 0.0);
        assert_eq!(jobs(&list), [0, 1, 2, 7, 3, 4]);
    }

    /// Each candidate compared with each that was picked.
    fn arranged_slowly(
        mut candidates: Vec<Candidate>,
        taste: Taste,
        likeness: impl Fn(u32, u32) -> f64,
    ) -> Vec<u32> {
        candidates.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.job.cmp(&b.job)));
        let mut list: Vec<Candidate> = Vec::new();
        while list.len() < taste.length && !candidates.is_empty() {
            let of_ten = &list[list.len() / 10 * 10..];
            let fits = |one: &Candidate| {
                let same = |other: &&Candidate| other.company_id == one.company_id;
                of_ten.iter().filter(same).count() < taste.company_cap
            };
            let gain = |one: &Candidate| {
                let nearest = list.iter().map(|other| likeness(other.job, one.job));
                taste.lambda * one.score - (1.0 - taste.lambda) * nearest.fold(0.0, f64::max)
            };
            let any_fits = candidates.iter().any(fits);
            let mut best = None;
            for (at, one) in candidates.iter().enumerate() {
                let better = best.is_none_or(|(_, most)| gain(one) > most);
                if better && (!any_fits || fits(one)) {
                    best = Some((at, gain(one)));
                }
            }
            let (at, _) = best.unwrap();
            list.push(candidates.remove(at));
        }
        jobs(&list)
    }

    #[test]
    fn comparing_late_changes_no_list() {
        let likeness = |a: u32, b: u32| f64::from((a * 31 + b * 17 + a * b) % 11) / 10.0;
        for round in 0..50_u32 {
            let candidates: Vec<Candidate> = (0..60)
                .map(|job| {
                    let score = f64::from((job * job + round * 7) % 23) / 22.0;
                    candidate(job, u128::from((job + round) % 7), score)
                })
                .collect();
            let taste = Taste {
                lambda: [0.5, 0.9, 1.0][round as usize % 3],
                company_cap: 2,
                length: 35,
            };
            let list = arrange(candidates.clone(), taste, likeness);
            assert_eq!(jobs(&list), arranged_slowly(candidates, taste, likeness));
        }
    }
}
