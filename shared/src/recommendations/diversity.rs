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
    let mut nearest = vec![0.0_f64; candidates.len()];
    let mut list: Vec<Candidate> = Vec::with_capacity(taste.length.min(candidates.len()));
    let mut companies: HashMap<Uuid, usize> = HashMap::new();
    while list.len() < taste.length && !candidates.is_empty() {
        if list.len().is_multiple_of(10) {
            companies.clear();
        }
        let gain =
            |at: usize| taste.lambda * candidates[at].score - (1.0 - taste.lambda) * nearest[at];
        let fits = |at: &usize| {
            companies
                .get(&candidates[*at].company_id)
                .copied()
                .unwrap_or(0)
                < taste.company_cap
        };
        // The first of equals, which is the one with the higher score.
        let best =
            |at: &usize, other: &usize| gain(*at).total_cmp(&gain(*other)).then(other.cmp(at));
        let all = 0..candidates.len();
        let Some(at) = all
            .clone()
            .filter(fits)
            .max_by(best)
            .or_else(|| all.max_by(best))
        else {
            break;
        };
        let picked = candidates.remove(at);
        nearest.remove(at);
        *companies.entry(picked.company_id).or_default() += 1;
        if taste.lambda < 1.0 {
            for (nearest, other) in nearest.iter_mut().zip(&candidates) {
                *nearest = nearest.max(likeness(picked.job, other.job));
            }
        }
        list.push(picked);
    }
    list
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
}
