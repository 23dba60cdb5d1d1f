use std::time::Duration;

use ndarray::{Array2, array};
use proptest::prelude::*;

use super::*;

/// Users with random items of random weights.
fn any_interactions() -> impl Strategy<Value = Interactions> {
    (2_usize..30, 2_usize..70).prop_flat_map(|(users, items)| {
        let entry = (0..users as u32, 0..items as u32, 0.1_f32..3.0);
        prop::collection::vec(entry, 1..250)
            .prop_map(move |entries| Interactions::new(users, items, entries))
    })
}

fn dense(interactions: &Interactions) -> Array2<f64> {
    let mut dense = Array2::zeros((interactions.users(), interactions.items()));
    for user in 0..interactions.users() {
        for (item, weight) in interactions.row(user).iter() {
            dense[(user, item as usize)] = f64::from(weight);
        }
    }
    dense
}

fn scores(scorer: &impl Scorer, interactions: &Interactions, user: usize) -> Vec<f32> {
    let mut scores = vec![0.0; interactions.items()];
    scorer.score(interactions.row(user), &mut scores);
    scores
}

fn square(size: usize, seed: u64) -> Array2<f32> {
    let mut state = seed | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 40) as f32 / (1_u64 << 24) as f32 - 0.5
    };
    let factor = Array2::from_shape_simple_fn((size, size), &mut next);
    let mut square = factor.dot(&factor.t());
    square.diag_mut().iter_mut().for_each(|value| *value += 1.0);
    square
}

#[test]
fn a_matrix_times_its_inverse_is_one() {
    // Around the sizes at which blocks are divided.
    for size in [1, 2, 47, 48, 49, 97, 130, 300] {
        let matrix = square(size, 7);
        let mut inverse = matrix.clone();
        cholesky::invert(&mut inverse).unwrap();
        let product = matrix.dot(&inverse);
        for ((row, column), value) in product.indexed_iter() {
            let expected = if row == column { 1.0 } else { 0.0 };
            assert!(
                (value - expected).abs() < 2e-4,
                "{size}: {row} {column} {value}"
            );
        }
        assert_eq!(inverse, inverse.t());
    }
}

#[test]
fn what_has_no_such_inverse_is_told() {
    let mut matrix = array![[1.0, 2.0], [2.0, 1.0]];
    assert_eq!(cholesky::invert(&mut matrix), Err(NotPositiveDefinite));
    let interactions = Interactions::new(1, 2, [(0, 0, 1.0), (0, 1, 1.0)]);
    for lambda in [0.0, -5.0, f64::NAN] {
        let params = EaseParams {
            lambda,
            ..EaseParams::default()
        };
        assert_eq!(Ease::fit(&interactions, params), Err(NotPositiveDefinite));
    }
}

// numpy: G = X.T @ X + 2 * I; P = inv(G); B = -P / diag(P); B[diag] = 0
#[test]
fn ease_is_the_closed_form() {
    let interactions = Interactions::new(
        4,
        3,
        [
            (0, 0, 1.0),
            (0, 1, 1.0),
            (1, 1, 1.0),
            (1, 2, 1.0),
            (2, 0, 1.0),
            (2, 1, 1.0),
            (3, 2, 1.0),
        ],
    );
    let params = EaseParams {
        lambda: 2.0,
        ..EaseParams::default()
    };
    let ease = Ease::fit(&interactions, params).unwrap();
    let expected = [
        [0.0, 8.0 / 16.0, -2.0 / 16.0],
        [8.0 / 19.0, 0.0, 4.0 / 16.0],
        [-2.0 / 19.0, 4.0 / 16.0, 0.0],
    ];
    for item in 0..3 {
        for (found, expected) in ease.of(item).iter().zip(expected[item as usize]) {
            assert!(
                (f64::from(*found) - expected).abs() < 1e-5,
                "{item}: {:?}",
                ease.of(item)
            );
        }
    }
}

#[test]
fn rp3beta_is_a_walk_of_three_steps() {
    // a: 0 1, b: 1 2. From 1 half the walks go to a, half to b, and half of those on to
    // 0 or 2.
    let interactions =
        Interactions::new(2, 3, [(0, 0, 1.0), (0, 1, 1.0), (1, 1, 1.0), (1, 2, 1.0)]);
    let walk = RandomWalk {
        beta: 1.0,
        ..RandomWalk::default()
    };
    let walks = rp3beta(&interactions, walk);
    let of = |item| walks.of(item).iter().collect::<Vec<_>>();
    // Towards 1, which two people have, half as much is left.
    assert_eq!(of(0), [(1, 0.25)]);
    assert_eq!(of(1), [(0, 0.25), (2, 0.25)]);
    let squared = rp3beta(
        &interactions,
        RandomWalk {
            alpha: 2.0,
            beta: 0.0,
            neighbours: 9,
        },
    );
    assert_eq!(squared.of(0).iter().collect::<Vec<_>>(), [(1, 0.25)]);
}

#[test]
fn of_a_pair_the_strongest_event_counts() {
    let interactions = Interactions::new(
        1,
        3,
        [
            (0, 2, 1.0),
            (0, 1, 3.0),
            (0, 1, 1.0),
            (0, 0, 0.0),
            (0, 3, 1.0),
            (1, 0, 1.0),
        ],
    );
    assert_eq!(
        interactions.row(0).iter().collect::<Vec<_>>(),
        [(1, 3.0), (2, 1.0)]
    );
    assert!(interactions.row(5).items.is_empty());
}

#[test]
fn events_count_by_kind_and_age() {
    let weights = SignalWeights::default();
    let day = Duration::from_secs(24 * 3600);
    let kinds = [
        Signal::ShortView,
        Signal::View,
        Signal::Save,
        Signal::Application,
    ];
    let fresh = kinds.map(|kind| weights.weight(kind, Duration::ZERO));
    assert!(fresh.is_sorted_by(|a, b| a < b), "{fresh:?}");
    assert_eq!(weights.weight(Signal::View, day * 90), fresh[1] / 2.0);
    assert!(weights.weight(Signal::View, day * 365_000) > 0.0);
    let never = SignalWeights {
        half_life: Duration::ZERO,
        ..weights
    };
    assert_eq!(never.weight(Signal::View, day * 900), fresh[1]);
}

#[test]
fn nothing_gives_nothing() {
    let empty = Interactions::new(0, 0, []);
    assert!(rp3beta(&empty, RandomWalk::default()).is_empty());
    assert!(item_knn(&empty, Bm25::default()).is_empty());
    Ease::fit(&empty, EaseParams::default()).unwrap();
    Popularity::new(&empty);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn walks_are_those_of_the_dense_matrices(interactions in any_interactions(), beta in 0.0..1.0) {
        let x = dense(&interactions);
        let (of_users, of_items) = (x.sum_axis(ndarray::Axis(1)), x.sum_axis(ndarray::Axis(0)));
        let walks = rp3beta(&interactions, RandomWalk { alpha: 1.0, beta, neighbours: usize::MAX });
        for item in 0..interactions.items() {
            let row = walks.of(item as u32);
            for other in (0..interactions.items()).filter(|other| *other != item) {
                let expected: f64 = (0..interactions.users())
                    .filter(|user| x[(*user, item)] > 0.0 && x[(*user, other)] > 0.0)
                    .map(|user| x[(user, item)] / of_items[item] * x[(user, other)] / of_users[user])
                    .sum();
                let expected = if expected > 0.0 { expected * of_items[other].powf(-beta) } else { 0.0 };
                let found = row.items.binary_search(&(other as u32)).map_or(0.0, |at| row.weights[at]);
                prop_assert!((f64::from(found) - expected).abs() < 1e-5);
            }
            prop_assert!(!row.has(item as u32));
        }
    }

    #[test]
    fn pruning_keeps_the_strongest(interactions in any_interactions(), keep in 0_usize..6) {
        let all = item_knn(&interactions, Bm25 { neighbours: usize::MAX, ..Bm25::default() });
        let pruned = item_knn(&interactions, Bm25 { neighbours: keep, ..Bm25::default() });
        for item in 0..interactions.items() as u32 {
            let mut ranked: Vec<(u32, f32)> = all.of(item).iter().collect();
            ranked.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
            ranked.truncate(keep);
            ranked.sort_by_key(|(other, _)| *other);
            prop_assert_eq!(pruned.of(item).iter().collect::<Vec<_>>(), ranked);
            prop_assert!(all.of(item).weights.iter().all(|cosine| *cosine <= 1.0 + 1e-5));
        }
    }

    #[test]
    fn the_inverse_holds_for_any_data(interactions in any_interactions(), lambda in 0.5..50.0, dropout in 0.0..0.5) {
        let x = dense(&interactions);
        let ease = Ease::fit(&interactions, EaseParams { lambda, dropout, row_power: 0.0 }).unwrap();
        let mut gram = x.t().dot(&x);
        let stretch = 1.0 + dropout / (1.0 - dropout);
        for value in gram.diag_mut() {
            *value = *value * stretch + lambda;
        }
        // Each column solves its own least squares: the gradient is zero off the diagonal.
        let weights = Array2::from_shape_fn((interactions.items(), interactions.items()), |(a, b)| f64::from(ease.of(a as u32)[b]));
        let gradient = gram.dot(&weights) - &gram;
        for ((row, column), value) in gradient.indexed_iter() {
            prop_assert!(row == column || value.abs() < 1e-2, "{} {} {}", row, column, value);
        }
    }

    #[test]
    fn the_order_of_the_events_changes_no_byte(interactions in any_interactions(), seed in any::<u64>()) {
        let mut entries: Vec<(u32, u32, f32)> = (0..interactions.users())
            .flat_map(|user| interactions.row(user).iter().map(move |(item, weight)| (user as u32, item, weight)).collect::<Vec<_>>())
            .collect();
        entries.sort_by_key(|(user, item, _)| (u64::from(*user) << 32 | u64::from(*item)).wrapping_mul(seed | 1));
        let again = Interactions::new(interactions.users(), interactions.items(), entries);
        prop_assert_eq!(&again, &interactions);
        prop_assert_eq!(rp3beta(&again, RandomWalk::default()), rp3beta(&interactions, RandomWalk::default()));
        let one = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
        let alone = one.install(|| item_knn(&interactions, Bm25::default()));
        prop_assert_eq!(item_knn(&again, Bm25::default()), alone);
        let fitted = Ease::fit(&again, EaseParams::default()).unwrap();
        let first = Ease::fit(&interactions, EaseParams::default()).unwrap();
        prop_assert_eq!(scores(&fitted, &again, 0), scores(&first, &interactions, 0));
        prop_assert_eq!(&fitted, &first);
    }
}
