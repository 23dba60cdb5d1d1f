//! Pay in steps of about a thousandth, which put jobs in the order of what they may
//! reach.
//!
//! A step is the upper half of the bits of the amount: there are 1,024 in each
//! doubling, whatever the currency, and both sides of a query count them alike. Of
//! each job the step is among its tokens at four widths, so that few of them cover
//! any span of steps.

use super::tokens::{Kind, token};

/// Bits of a `real` below a step.
const BITS: u32 = 13;

const WIDTHS: [(Kind, i32); 4] = [
    (Kind::Pay1, 1),
    (Kind::Pay16, 16),
    (Kind::Pay256, 256),
    (Kind::Pay4096, 4096),
];

/// The step of a yearly amount, which is not negative; `pay_step` in SQL.
pub(super) fn step(amount: f32) -> i32 {
    i32::try_from(amount.max(0.0).to_bits() >> BITS).unwrap_or(i32::MAX)
}

/// The tokens of a salary; either end may be missing, and what it may reach counts.
pub(super) fn tokens(min: Option<f32>, max: Option<f32>) -> Vec<i32> {
    let Some(amount) = max.or(min) else {
        return vec![];
    };
    let step = step(amount);
    WIDTHS
        .map(|(kind, width)| token(kind, step / width))
        .to_vec()
}

/// The fewest tokens that together cover the steps from `from` to `to`, both
/// included: each salary of these has exactly one of them.
pub(super) fn cover(from: i32, to: i32) -> Vec<i32> {
    let to = to.min(step(f32::MAX));
    let mut tokens = Vec::new();
    let mut at = from.max(0);
    while at <= to {
        let widest = WIDTHS
            .iter()
            .rfind(|(_, width)| at % width == 0 && width - 1 <= to - at);
        let (kind, width) = widest.unwrap_or(&WIDTHS[0]);
        tokens.push(token(*kind, at / width));
        at = at.saturating_add(*width);
    }
    tokens
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_step_in_the_span_has_one_token_of_it(
            amount in 0.0_f32..1e12, below in 0_i32..50_000, above in 0_i32..50_000
        ) {
            let at = step(amount);
            let cover = cover(at - below, at + above);
            prop_assert!(cover.len() < 150, "{}", cover.len());
            let has = tokens(None, Some(amount));
            prop_assert_eq!(has.iter().filter(|token| cover.contains(token)).count(), 1);
        }

        #[test]
        fn steps_are_in_the_order_of_the_amounts(
            a in 0.0_f32..1e9, b in 0.0_f32..1e9
        ) {
            if a <= b {
                prop_assert!(step(a) <= step(b));
            }
            if a > 1.0 && b > a * 1.001 {
                prop_assert!(step(a) < step(b));
            }
        }
    }

    #[test]
    fn no_end_of_steps_is_many_tokens() {
        assert!(cover(step(1.0), i32::MAX).len() < 100);
        assert!(cover(i32::MIN, step(1.0)).len() < 100);
    }

    #[test]
    fn outside_the_span_there_is_no_token() {
        let cover = cover(step(50_000.0), step(60_000.0));
        for outside in [49_900.0, 60_100.0, 1.0, 1e9] {
            let has = tokens(Some(outside), None);
            assert!(has.iter().all(|token| !cover.contains(token)), "{outside}");
        }
        assert_eq!(tokens(None, None), Vec::<i32>::new());
    }
}
