//! Collaborative scores alone, on any file of users and items.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    path::Path,
    time::Duration,
};

use jobboard_shared::recommendations::collaborative::{
    Bm25, Ease, EaseParams, Interactions, NotPositiveDefinite, Popularity, RandomWalk, Row, Scorer,
    item_knn, rp3beta,
};
use rand::{SeedableRng, rngs::StdRng, seq::SliceRandom};
use rayon::{ThreadPoolBuilder, prelude::*};

use super::{
    Options,
    figures::{estimate, recall_and_ndcg},
    peers::{self, Peers},
};
use crate::{Result, processes::cpu_of_thread};

const PLACES: usize = 20;
const LEAST_ITEMS: usize = 5;

/// What is known and what is held out, by user.
pub(super) struct Parted {
    pub(super) known: Interactions,
    pub(super) held: Vec<Vec<u32>>,
}

/// Of each user the items, as numbers.
fn read(file: &Path) -> Result<(Vec<Vec<u32>>, usize)> {
    let text = std::fs::read_to_string(file)?;
    let mut users: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (number, line) in text.lines().enumerate() {
        let mut fields = line
            .split(|c: char| c.is_whitespace() || c == ',' || c == ':')
            .filter(|field| !field.is_empty());
        match (fields.next(), fields.next()) {
            (Some(user), Some(item)) => users.entry(user).or_default().insert(item),
            (None, _) => continue,
            _ => return Err(format!("line {}: no item", number + 1).into()),
        };
    }
    users.retain(|_, items| items.len() >= LEAST_ITEMS);
    let names: BTreeSet<&str> = users.values().flatten().copied().collect();
    let numbers: BTreeMap<&str, u32> = names.iter().copied().zip(0..).collect();
    let users = users
        .values()
        .map(|items| items.iter().map(|item| numbers[item]).collect())
        .collect();
    Ok((users, names.len()))
}

/// Holds a share of each user's items out at random.
fn part(users: &[Vec<u32>], items: usize, share: f64, seed: u64) -> Parted {
    let mut random = StdRng::seed_from_u64(seed);
    let mut entries = Vec::new();
    let mut held = Vec::with_capacity(users.len());
    for (user, has) in (0..).zip(users) {
        let mut has = has.clone();
        has.shuffle(&mut random);
        let count = ((has.len() as f64 * share).round() as usize).min(has.len());
        let known = has.split_off(count);
        entries.extend(known.into_iter().map(|item| (user, item, 1.0)));
        has.sort_unstable();
        held.push(has);
    }
    Parted {
        known: Interactions::new(users.len(), items, entries),
        held,
    }
}

/// Recall and NDCG in the top 20 of all items that a user is not known to have.
fn measured(parted: &Parted, scorer: &dyn Scorer) -> Vec<(f64, f64)> {
    (0..parted.held.len())
        .into_par_iter()
        .filter(|user| !parted.held[*user].is_empty())
        .map_init(
            || vec![0.0_f32; parted.known.items()],
            |scores, user| {
                let row = parted.known.row(user);
                scores.fill(0.0);
                scorer.score(row, scores);
                for &item in row.items {
                    scores[item as usize] = f32::NEG_INFINITY;
                }
                let mut order: Vec<u32> = (0..scores.len() as u32).collect();
                let by_score = |a: &u32, b: &u32| {
                    scores[*b as usize]
                        .total_cmp(&scores[*a as usize])
                        .then(a.cmp(b))
                };
                if order.len() > PLACES {
                    order.select_nth_unstable_by(PLACES - 1, by_score);
                    order.truncate(PLACES);
                }
                order.sort_unstable_by(by_score);
                let held = &parted.held[user];
                recall_and_ndcg(
                    &order,
                    |item| held.binary_search(&item).is_ok(),
                    held.len(),
                    PLACES,
                )
            },
        )
        .collect()
}

fn ndcg(parted: &Parted, scorer: &dyn Scorer) -> f64 {
    let all = measured(parted, scorer);
    all.iter().map(|(_, ndcg)| ndcg).sum::<f64>() / all.len().max(1) as f64
}

/// Several scores, each in relation to the user's best, by weight.
struct Blend<'a>(Vec<(f32, &'a dyn Scorer)>);

impl Scorer for Blend<'_> {
    fn score(&self, row: Row<'_>, scores: &mut [f32]) {
        let mut own = vec![0.0_f32; scores.len()];
        for (weight, scorer) in &self.0 {
            own.fill(0.0);
            scorer.score(row, &mut own);
            let most = own.iter().copied().fold(0.0, f32::max);
            if most > 0.0 {
                for (sum, own) in scores.iter_mut().zip(&own) {
                    *sum += weight * own / most;
                }
            }
        }
    }
}

/// The setting with the best NDCG on what is held out of the known.
fn choose<P: Copy + fmt::Debug, S: Scorer>(
    name: &str,
    parted: &Parted,
    settings: impl IntoIterator<Item = P>,
    fit: impl Fn(P) -> Result<S, NotPositiveDefinite>,
) -> Result<P> {
    let mut best: Option<(f64, P)> = None;
    for setting in settings {
        let Ok(scorer) = fit(setting) else { continue };
        let found = ndcg(parted, &scorer);
        if best.is_none_or(|(most, _)| found > most) {
            best = Some((found, setting));
        }
    }
    let (found, setting) = best.ok_or("no setting could be fitted")?;
    println!("chosen: {name} {setting:?} (NDCG {found:.4} on the second part held out)");
    Ok(setting)
}

struct Line {
    name: &'static str,
    values: Vec<(f64, f64)>,
    fitted_in: Duration,
}

fn timed<S: Scorer + Send>(
    name: &'static str,
    parted: &Parted,
    fit: impl FnOnce() -> Result<S, NotPositiveDefinite> + Send,
) -> Result<(Line, S)> {
    let alone = ThreadPoolBuilder::new().num_threads(1).build()?;
    let (scorer, fitted_in) = alone.install(|| {
        let now = || cpu_of_thread().map_err(|error| error.to_string());
        let begun = now()?;
        let scorer = fit().map_err(|error| error.to_string())?;
        Ok::<_, String>((scorer, now()? - begun))
    })?;
    let values = measured(parted, &scorer);
    let line = Line {
        name,
        values,
        fitted_in,
    };
    Ok((line, scorer))
}

pub(super) fn measure(file: &Path, options: &Options) -> Result<()> {
    let (users, items) = read(file)?;
    let pairs: usize = users.iter().map(Vec::len).sum();
    println!(
        "{} users with {LEAST_ITEMS} items or more, {items} items, {pairs} pairs; {:.0} % of each user's items held out, seed {}",
        users.len(),
        100.0 * options.holdout,
        options.seed
    );
    let parted = part(&users, items, options.holdout, options.seed);
    let known: Vec<Vec<u32>> = (0..users.len())
        .map(|user| parted.known.row(user).items.to_vec())
        .collect();
    // Settings are chosen without what is held out.
    let inner = part(&known, items, options.holdout, options.seed + 1);

    let bm25 = choose("item kNN", &inner, settings_of_knn(), |bm25| {
        Ok(item_knn(&inner.known, bm25))
    })?;
    let walk = choose("RP3beta", &inner, settings_of_walks(), |walk| {
        Ok(rp3beta(&inner.known, walk))
    })?;
    let plain = choose("EASE", &inner, settings_of_ease(&[0.0], &[0.0]), |params| {
        Ease::fit(&inner.known, params)
    })?;
    let held_back = choose("EASE with dropout", &inner, around(plain), |params| {
        Ease::fit(&inner.known, params)
    })?;
    let parts = (
        Ease::fit(&inner.known, held_back)?,
        rp3beta(&inner.known, walk),
        item_knn(&inner.known, bm25),
    );
    let blends = [0.0_f32, 0.1, 0.2, 0.4]
        .into_iter()
        .flat_map(|walks| [0.0_f32, 0.1, 0.2, 0.4].map(|knn| (walks, knn)));
    let weights = choose(
        "blend (RP3beta, item kNN)",
        &inner,
        blends,
        |(walks, knn)| {
            Ok(Blend(vec![
                (1.0, &parts.0 as &dyn Scorer),
                (walks, &parts.1),
                (knn, &parts.2),
            ]))
        },
    )?;
    drop(parts);

    let (popularity, _) = timed("popularity", &parted, || Ok(Popularity::new(&parted.known)))?;
    let (knn, neighbours) = timed("item kNN, BM25", &parted, || {
        Ok(item_knn(&parted.known, bm25))
    })?;
    let (walks, walked) = timed("RP3beta", &parted, || Ok(rp3beta(&parted.known, walk)))?;
    let (ease, fitted_plain) = timed("EASE", &parted, || Ease::fit(&parted.known, plain))?;
    let (dropped, fitted) = timed("EASE with dropout", &parted, || {
        Ease::fit(&parted.known, held_back)
    })?;
    let best = Blend(vec![
        (1.0, &fitted as &dyn Scorer),
        (weights.0, &walked),
        (weights.1, &neighbours),
    ]);
    let best = Line {
        name: "best: the last three blended",
        values: measured(&parted, &best),
        fitted_in: dropped.fitted_in + walks.fitted_in + knn.fitted_in,
    };
    println!("\n| score | Recall@20 | NDCG@20 | fit, processor |\n|---|---|---|---|");
    for line in [popularity, knn, walks, ease, dropped, best] {
        let (recalls, gains): (Vec<f64>, Vec<f64>) = line.values.into_iter().unzip();
        println!(
            "| {} | {} | {} | {:.2} s |",
            line.name,
            estimate(&recalls, options.seed),
            estimate(&gains, options.seed),
            line.fitted_in.as_secs_f64()
        );
    }
    if options.peers {
        let peers = Peers::install(options)?;
        let settings = peers::Settings {
            walk,
            bm25,
            ease: Some(plain),
        };
        peers.write_split(&parted.known, &parted.held, &settings)?;
        peers::print(&peers.run("collaborative.py")?);
        println!(
            "\nlargest difference of a score, in relation to the user's best: RP3beta {:.1e}, EASE {:.1e}",
            peers.difference("rp3beta", &parted.known, &walked)?,
            peers.difference("ease", &parted.known, &fitted_plain)?,
        );
    }
    Ok(())
}

fn settings_of_knn() -> impl Iterator<Item = Bm25> {
    [100, 300].into_iter().flat_map(|neighbours| {
        [0.2, 0.5, 0.8].map(|b| Bm25 {
            k1: 1.2,
            b,
            neighbours,
        })
    })
}

fn settings_of_walks() -> impl Iterator<Item = RandomWalk> {
    [0.6, 0.8, 1.0, 1.2, 1.4].into_iter().flat_map(|alpha| {
        [0.2, 0.4, 0.6, 0.8].into_iter().flat_map(move |beta| {
            [100, 300, 1000].map(move |neighbours| RandomWalk {
                alpha,
                beta,
                neighbours,
            })
        })
    })
}

fn settings_of_ease(dropouts: &[f64], row_powers: &[f64]) -> Vec<EaseParams> {
    let mut settings = Vec::new();
    for &lambda in &[50.0, 100.0, 200.0, 300.0, 500.0, 800.0, 1200.0] {
        for &dropout in dropouts {
            for &row_power in row_powers {
                settings.push(EaseParams {
                    lambda,
                    dropout,
                    row_power,
                });
            }
        }
    }
    settings
}

/// Dropout and shorter rows take over some of lambda's part, by the scale of the rows.
fn around(plain: EaseParams) -> Vec<EaseParams> {
    let mut settings = Vec::new();
    for row_power in [0.0, 0.25, 0.5] {
        let scale = if row_power == 0.0 {
            1.0
        } else {
            100.0_f64.powf(-2.0 * row_power)
        };
        for dropout in [0.0, 0.1, 0.25, 0.4] {
            for share in [0.1, 0.4, 1.0] {
                settings.push(EaseParams {
                    lambda: plain.lambda * scale * share,
                    dropout,
                    row_power,
                });
            }
        }
    }
    settings
}
