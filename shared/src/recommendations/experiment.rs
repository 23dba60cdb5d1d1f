//! How the arms did, beside each other.

use super::{db::ArmCounts, hybrid::Arm};

/// Of the standard normal distribution, for intervals that hold 95 of 100 times.
const Z: f64 = 1.959_963_984_540_054;

/// A share and what it probably is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rate {
    pub value: f64,
    pub low: f64,
    pub high: f64,
}

impl Rate {
    /// With Wilson's interval; of nothing anything is possible.
    pub fn of(hits: i64, trials: i64) -> Self {
        if trials <= 0 {
            return Self {
                value: 0.0,
                low: 0.0,
                high: 1.0,
            };
        }
        let (n, p) = (trials as f64, hits as f64 / trials as f64);
        let middle = p + Z * Z / (2.0 * n);
        let spread = Z * (p * (1.0 - p) / n + Z * Z / (4.0 * n * n)).sqrt();
        let whole = 1.0 + Z * Z / n;
        Self {
            value: p,
            low: ((middle - spread) / whole).max(0.0),
            high: ((middle + spread) / whole).min(1.0),
        }
    }

    /// How much more this is than `other`, with Newcombe's interval.
    pub fn minus(self, other: Self) -> Self {
        let value = self.value - other.value;
        let below = (self.value - self.low).hypot(other.high - other.value);
        let above = (self.high - self.value).hypot(other.value - other.low);
        Self {
            value,
            low: (value - below).max(-1.0),
            high: (value + above).min(1.0),
        }
    }
}

/// One arm in the report.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ArmReport {
    pub counts: ArmCounts,
    /// Of all users that the configuration gives it.
    pub expected_share: f64,
    /// Clicked of shown.
    pub click_rate: Rate,
    /// Applied for of shown.
    pub application_rate: Rate,
    /// Against the first arm; nothing for that one.
    pub click_difference: Option<Rate>,
    pub application_difference: Option<Rate>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// In the order of the configuration, then others that have figures.
    pub arms: Vec<ArmReport>,
    /// How probable so uneven numbers of users are where the configured shares were kept;
    /// nothing with fewer than two arms.
    pub sample_ratio_p: Option<f64>,
}

impl Report {
    /// Below this probability the users were not drawn as configured, and the other
    /// figures are not to be trusted.
    pub const MISMATCH_BELOW: f64 = 0.001;

    pub fn new(configured: &[(Arm, u32)], counts: &[ArmCounts]) -> Self {
        let total: f64 = configured.iter().map(|(_, share)| f64::from(*share)).sum();
        let share_of = |arm: Arm| {
            let own = configured.iter().find(|(named, _)| *named == arm);
            own.map_or(0.0, |(_, share)| f64::from(*share) / total.max(1.0))
        };
        let mut order: Vec<Arm> = configured.iter().map(|(arm, _)| *arm).collect();
        for count in counts {
            if !order.contains(&count.arm) {
                order.push(count.arm);
            }
        }
        let mut arms: Vec<ArmReport> = Vec::new();
        for arm in order {
            let known = counts.iter().find(|count| count.arm == arm);
            let counts = known.copied().unwrap_or_else(|| ArmCounts::none(arm));
            let click_rate = Rate::of(counts.clicks, counts.impressions);
            let application_rate = Rate::of(counts.applications, counts.impressions);
            let first = arms.first();
            arms.push(ArmReport {
                counts,
                expected_share: share_of(arm),
                click_rate,
                application_rate,
                click_difference: first.map(|first| click_rate.minus(first.click_rate)),
                application_difference: first
                    .map(|first| application_rate.minus(first.application_rate)),
            });
        }
        let sample_ratio_p = sample_ratio(&arms);
        Self {
            arms,
            sample_ratio_p,
        }
    }

    pub fn is_mismatch(&self) -> bool {
        self.sample_ratio_p
            .is_some_and(|p| p < Self::MISMATCH_BELOW)
    }
}

/// The chi-square test of users by arm against the configured shares.
fn sample_ratio(arms: &[ArmReport]) -> Option<f64> {
    let under_test: Vec<&ArmReport> = arms.iter().filter(|arm| arm.expected_share > 0.0).collect();
    let users: i64 = under_test.iter().map(|arm| arm.counts.users).sum();
    if under_test.len() < 2 || users == 0 {
        return None;
    }
    let statistic: f64 = under_test
        .iter()
        .map(|arm| {
            let expected = arm.expected_share * users as f64;
            (arm.counts.users as f64 - expected).powi(2) / expected
        })
        .sum();
    Some(chi_square_tail(statistic, under_test.len() - 1))
}

/// The probability of a larger value, for up to a handful of degrees of freedom.
fn chi_square_tail(statistic: f64, degrees: usize) -> f64 {
    // Q(x; k) = Q(x; k - 2) + (x / 2)^(k / 2 - 1) e^(-x / 2) / gamma(k / 2), downwards to
    // k = 2, e^(-x / 2), or k = 1, erfc(sqrt(x / 2)).
    let half = statistic / 2.0;
    let (mut tail, mut term, from) = if degrees.is_multiple_of(2) {
        ((-half).exp(), (-half).exp(), 2)
    } else {
        let root = half.sqrt();
        let density = (-half).exp() / (std::f64::consts::PI * half.max(f64::MIN_POSITIVE)).sqrt();
        (complementary_error(root), density, 1)
    };
    for k in (from + 2..=degrees).step_by(2) {
        term *= half / (k as f64 / 2.0 - 1.0);
        tail += term;
    }
    tail.clamp(0.0, 1.0)
}

/// erfc for numbers not below zero, to about 1.2e-7 of its value.
fn complementary_error(x: f64) -> f64 {
    let t = 1.0 / (1.0 + 0.5 * x);
    let coefficients = [
        0.170_872_77,
        -0.822_152_23,
        1.488_515_87,
        -1.135_203_98,
        0.278_868_07,
        -0.186_288_06,
        0.096_784_18,
        0.374_091_96,
        1.000_023_68,
        -1.265_512_23,
    ];
    let polynomial = coefficients.iter().fold(0.0, |sum, c| sum * t + c);
    t * (-x * x + polynomial).exp()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(found: f64, expected: f64) {
        assert!((found - expected).abs() < 1e-4, "{found} {expected}");
    }

    // Newcombe gives (56 of 70) - (48 of 80) in his article as 0.0524 to 0.3339.
    #[test]
    fn rates_have_the_intervals_of_wilson_and_newcombe() {
        let rate = Rate::of(15, 100);
        near(rate.low, 0.093_054);
        near(rate.high, 0.232_836);
        let none = Rate::of(0, 10);
        assert_eq!(none.value, 0.0);
        near(none.low, 0.0);
        near(none.high, 0.277_533);
        assert_eq!((Rate::of(0, 0).low, Rate::of(0, 0).high), (0.0, 1.0));
        let more = Rate::of(56, 70).minus(Rate::of(48, 80));
        near(more.value, 0.2);
        near(more.low, 0.052_436);
        near(more.high, 0.333_871);
    }

    #[test]
    fn tails_of_chi_square_are_right() {
        near(chi_square_tail(3.841_459, 1), 0.05);
        near(chi_square_tail(5.991_465, 2), 0.05);
        near(chi_square_tail(7.814_728, 3), 0.05);
        near(chi_square_tail(9.487_729, 4), 0.05);
        near(chi_square_tail(0.0, 1), 1.0);
    }

    fn counts(arm: Arm, users: i64) -> ArmCounts {
        ArmCounts {
            users,
            impressions: users * 10,
            clicks: users,
            applications: users / 10,
            ..ArmCounts::none(arm)
        }
    }

    #[test]
    fn users_that_were_not_drawn_as_configured_are_noticed() {
        let configured = [(Arm::Hybrid, 1), (Arm::Content, 1)];
        let even = Report::new(
            &configured,
            &[counts(Arm::Hybrid, 1_000), counts(Arm::Content, 1_020)],
        );
        assert!(!even.is_mismatch(), "{even:?}");
        let uneven = Report::new(
            &configured,
            &[counts(Arm::Hybrid, 1_000), counts(Arm::Content, 1_300)],
        );
        assert!(uneven.is_mismatch(), "{uneven:?}");
        assert_eq!(uneven.arms[0].click_difference, None);
        let difference = uneven.arms[1].click_difference.unwrap();
        assert!(difference.low < 0.0 && difference.high > 0.0);
    }

    #[test]
    fn arms_without_figures_and_figures_without_arms_are_there() {
        let report = Report::new(&[(Arm::Hybrid, 1)], &[counts(Arm::Trending, 5)]);
        let arms: Vec<(Arm, i64, f64)> = report
            .arms
            .iter()
            .map(|arm| (arm.counts.arm, arm.counts.users, arm.expected_share))
            .collect();
        assert_eq!(arms, [(Arm::Hybrid, 0, 1.0), (Arm::Trending, 5, 0.0)]);
        assert_eq!(report.sample_ratio_p, None);
    }
}
