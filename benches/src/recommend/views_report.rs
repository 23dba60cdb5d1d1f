//! The arms on real job views: the last view left out, and a split by time.

use std::{
    collections::{HashMap, HashSet},
    path::Path,
    time::Instant,
};

use jobboard_shared::{
    config,
    recommendations::{
        collaborative::{Bm25, Interactions, RandomWalk},
        hybrid::{Arm, Parts},
        kernel::Scratch,
    },
};

use serde_json::json;

use super::{
    Options,
    figures::{bounds, estimate, paired, recall_and_ndcg},
    lists::{Engine, PLACES, Setting},
    peers::{self, Peers},
    tuning::{self, Choice},
    views::{Candidates, Split, Views},
};
use crate::Result;

/// Lists whose making is timed one by one.
const TIMED: usize = 500;

pub(super) fn measure(data: &Path, options: &Options) -> Result<()> {
    let views = Views::read(data)?;
    println!(
        "{} jobs, {} applicants, {} pairs of them",
        views.jobs.len(),
        views.users.len(),
        views.users.iter().map(Vec::len).sum::<usize>()
    );
    let config = config::Recommendations::default();
    let mut choice = Choice {
        parts: Parts::configured(&config),
        config,
        walk: RandomWalk::default(),
    };
    if options.tune {
        choice = tuning::tune(&views, &views.leave_out(1), choice);
        println!(
            "the validation split prefers {:?}, {:?}, {:?}",
            choice.config, choice.parts, choice.walk
        );
    }
    let splits = [
        (
            "validation: the view before the last held out",
            views.leave_out(1),
        ),
        ("test: the last view held out", views.leave_out(0)),
        (
            "by time: the last fifth of all views held out",
            views.by_time(),
        ),
    ];
    for (title, split) in &splits {
        for candidates in [Candidates::All, Candidates::Published] {
            report(title, &views, split, candidates, &choice, options.seed);
        }
    }
    if options.peers {
        beside_peers(&views, &choice, options)?;
    }
    Ok(())
}

/// Other programs, with the last view held out.
fn beside_peers(views: &Views, choice: &Choice, options: &Options) -> Result<()> {
    let split = views.leave_out(0);
    let entries = split
        .known
        .iter()
        .map(|(user, view)| (*user, view.job, 1.0));
    let known = Interactions::new(views.users.len(), views.jobs.len(), entries);
    let mut held = vec![Vec::new(); views.users.len()];
    for case in &split.cases {
        held[case.user as usize].clone_from(&case.wanted);
    }
    let peers = Peers::install(options)?;
    let settings = peers::Settings {
        walk: choice.walk,
        bm25: Bm25::default(),
        ease: None,
    };
    peers.write_split(&known, &held, &settings)?;
    let jobs: Vec<String> = views
        .jobs
        .iter()
        .map(|job| {
            json!({"title": job.title, "location": job.location, "company": job.company})
                .to_string()
        })
        .collect();
    std::fs::write(peers.folder().join("jobs.ndjson"), jobs.join("\n"))?;
    let mut lines = peers.run("content.py")?;
    lines.extend(peers.run("collaborative.py")?);
    println!("\nothers, with the last view held out:");
    peers::print(&lines);
    Ok(())
}

/// The arms, and the default one without keeping alike jobs apart.
fn settings(choice: &Choice) -> Vec<(String, Setting)> {
    let arranged = choice.setting();
    let by_score = Setting {
        lambda: 1.0,
        company_cap: PLACES,
        ..arranged
    };
    let of = |arm: Arm, setting: Setting| Setting {
        weights: arm.weights(choice.parts),
        ..setting
    };
    let mut settings: Vec<(String, Setting)> = Arm::ALL
        .map(|arm| {
            (
                arm.name().to_owned(),
                of(
                    arm,
                    if arm == Arm::Content {
                        by_score
                    } else {
                        arranged
                    },
                ),
            )
        })
        .to_vec();
    settings.push(("content, arranged".to_owned(), of(Arm::Content, arranged)));
    settings.push(("hybrid, by score".to_owned(), of(Arm::Hybrid, by_score)));
    settings
}

/// Of each case.
pub(super) fn recalls(split: &Split, lists: &[Vec<u32>]) -> Vec<f64> {
    measures(split, lists)
        .into_iter()
        .map(|(recall, _)| recall)
        .collect()
}

fn measures(split: &Split, lists: &[Vec<u32>]) -> Vec<(f64, f64)> {
    split
        .cases
        .iter()
        .zip(lists)
        .map(|(case, list)| {
            recall_and_ndcg(
                list,
                |job| case.wanted.contains(&job),
                case.wanted.len(),
                PLACES,
            )
        })
        .collect()
}

fn report(
    title: &str,
    views: &Views,
    split: &Split,
    candidates: Candidates,
    choice: &Choice,
    seed: u64,
) {
    let begun = Instant::now();
    let engine = Engine::new(&views.jobs, split, candidates, &choice.config, choice.walk);
    let fitted = begun.elapsed();
    let settings = settings(choice);
    let lists = engine.lists(
        &settings
            .iter()
            .map(|(_, setting)| *setting)
            .collect::<Vec<_>>(),
    );
    let cold: Vec<bool> = split.cases.iter().map(|case| case.is_cold).collect();
    let share = cold.iter().filter(|cold| **cold).count() as f64 / cold.len().max(1) as f64;
    println!(
        "\n{title}, {candidates}: {} users, {:.1} % of them of jobs that nobody is known to have viewed\n",
        cold.len(),
        100.0 * share
    );
    println!("| arm | Recall@20 | of cold jobs | NDCG@20 | coverage | diversity | novelty, bits |");
    println!("|---|---|---|---|---|---|---|");
    for ((name, _), lists) in settings.iter().zip(&lists) {
        let measured = measures(split, lists);
        let recalls: Vec<f64> = measured.iter().map(|(recall, _)| *recall).collect();
        let gains: Vec<f64> = measured.iter().map(|(_, ndcg)| *ndcg).collect();
        let of_cold: Vec<f64> = recalls
            .iter()
            .zip(&cold)
            .filter(|(_, cold)| **cold)
            .map(|(recall, _)| *recall)
            .collect();
        println!(
            "| {name} | {} | {} | {} | {} | {} | {} |",
            estimate(&recalls, seed),
            estimate(&of_cold, seed),
            estimate(&gains, seed),
            coverage(lists, views.jobs.len(), seed),
            estimate(&diversities(&engine, lists), seed),
            estimate(&novelties(split, lists), seed),
        );
    }
    let recall_of = |wanted: &str| {
        let at = settings
            .iter()
            .position(|(name, _)| name == wanted)
            .unwrap_or_default();
        recalls(split, &lists[at])
    };
    let hybrid = recall_of("hybrid");
    println!();
    for other in ["content", "content, arranged", "spec_weights"] {
        println!(
            "hybrid - {other}, the same users: {}",
            paired(&hybrid, &recall_of(other), seed)
        );
    }
    let mut scratch = Scratch::default();
    let mut took: Vec<f64> = split
        .cases
        .iter()
        .take(TIMED)
        .map(|case| {
            let begun = Instant::now();
            engine.list_of(case, choice.setting(), &mut scratch);
            begun.elapsed().as_secs_f64() * 1e3
        })
        .collect();
    took.sort_by(f64::total_cmp);
    let at = |share: f64| {
        took.get((took.len() as f64 * share) as usize)
            .copied()
            .unwrap_or_default()
    };
    println!(
        "fit {:.2} s; a list p50 {:.2} ms, p99 {:.2} ms",
        fitted.as_secs_f64(),
        at(0.5),
        at(0.99)
    );
}

/// The share of all jobs that is in some list.
fn coverage(lists: &[Vec<u32>], jobs: usize, seed: u64) -> String {
    let of = |drawn: &[usize]| {
        let mut shown = vec![false; jobs];
        for &user in drawn {
            for &job in &lists[user] {
                shown[job as usize] = true;
            }
        }
        shown.iter().filter(|shown| **shown).count() as f64 / jobs.max(1) as f64
    };
    let all: Vec<usize> = (0..lists.len()).collect();
    // Whoever is drawn twice shows nothing new: the interval lies below the figure.
    let interval = bounds(lists.len(), seed, of);
    format!(
        "{:.3} (drawn {:.3} to {:.3})",
        of(&all),
        interval.start,
        interval.end
    )
}

/// How unlike the jobs of each list are, on average.
fn diversities(engine: &Engine<'_>, lists: &[Vec<u32>]) -> Vec<f64> {
    lists
        .iter()
        .map(|list| {
            let mut unlike = Vec::new();
            for (at, a) in list.iter().enumerate() {
                unlike.extend(
                    list[..at]
                        .iter()
                        .map(|b| 1.0 - engine.index.likeness(*a, *b)),
                );
            }
            unlike.iter().sum::<f64>() / unlike.len().max(1) as f64
        })
        .collect()
}

/// How unexpected the jobs of each list are, on average: minus the logarithm of the
/// share of users who viewed them (one more than is known).
fn novelties(split: &Split, lists: &[Vec<u32>]) -> Vec<f64> {
    let mut viewers: HashMap<u32, f64> = HashMap::new();
    for (_, view) in &split.known {
        *viewers.entry(view.job).or_default() += 1.0;
    }
    let users = split
        .known
        .iter()
        .map(|(user, _)| *user)
        .collect::<HashSet<_>>()
        .len() as f64;
    lists
        .iter()
        .map(|list| {
            let surprise =
                |job: &u32| -((1.0 + viewers.get(job).unwrap_or(&0.0)) / (1.0 + users)).log2();
            list.iter().map(surprise).sum::<f64>() / list.len().max(1) as f64
        })
        .collect()
}
