//! The measurements in turn, and their tables.

use std::{path::Path, time::Duration};

use super::{
    Options, backlog, bare,
    contender::Contender,
    drain,
    figures::{calibrate, median, row, thousands},
    pickup,
};
use crate::{Result, postgres::Postgres};

const BATCH: u64 = 10_000;
/// As many as the least of our worker's settlements in one statement.
const BARE_BATCH: u64 = 500;

fn table(head: &[&str], rows: &[String]) -> String {
    let rule = "|---".repeat(head.len());
    format!("| {} |\n{rule}|\n{}", head.join(" | "), rows.join("\n"))
}

pub(super) async fn enqueue(
    options: &Options,
    contenders: &[Contender],
    url: &str,
) -> Result<String> {
    let singles = options.tasks / 100;
    let mut batches = vec![Vec::new(); contenders.len()];
    let mut single = vec![Vec::new(); contenders.len()];
    let mut plain = Vec::new();
    for round in 1..=options.rounds {
        let calibration = calibrate();
        plain.push(bare::insert(url, BATCH, 5).await?);
        for (place, contender) in contenders.iter().enumerate() {
            let tasks = options.tasks.div_ceil(contender.slowness);
            batches[place].push(tasks as f64 / contender.fill(tasks, BATCH).await?);
            let lines = contender.single("single", singles, Duration::ZERO).await?;
            let times: Vec<_> = lines.iter().map(|(_, at)| *at).collect();
            if let (Some(first), Some(last)) = (times.first(), times.last()) {
                let seconds = last.saturating_sub(*first) as f64 / 1e6;
                single[place].push((times.len() - 1) as f64 / seconds);
            }
            contender.clear().await?;
            println!(
                "enqueue {}, run {round}: {} in batches, {} one by one; calibration {calibration:.0} ms",
                contender.name,
                thousands(*batches[place].last().unwrap_or(&f64::NAN)),
                thousands(*single[place].last().unwrap_or(&f64::NAN)),
            );
        }
    }
    let our_rate = median(batches[0].iter().copied());
    let mut rows = Vec::new();
    for (place, contender) in contenders.iter().enumerate() {
        let rate = median(batches[place].iter().copied());
        rows.push(row([
            &contender.name,
            &thousands(rate),
            &format_args!("{:.2}", our_rate / rate),
            &thousands(median(single[place].iter().copied())),
        ]));
    }
    let rate = median(plain);
    let ratio = our_rate / rate;
    rows.push(row([
        &"bare insert",
        &thousands(rate),
        &format_args!("{ratio:.2}"),
        &"",
    ]));
    let head = [
        "enqueue",
        "10,000 at once",
        "ours is so many times",
        "one by one, each committed",
    ];
    Ok(table(&head, &rows))
}

pub(super) async fn pick_up(options: &Options, contenders: &[Contender]) -> Result<String> {
    let tasks = if options.quick { 30 } else { 300 };
    let pause = Duration::from_millis(25);
    let mut runs = vec![Vec::new(); contenders.len()];
    for round in 1..=options.rounds {
        for (place, contender) in contenders.iter().enumerate() {
            let calibration = calibrate();
            let run = pickup::pick_up(contender, "single", tasks, pause).await?;
            println!(
                "pick-up {}, run {round}: p50 {:.2} ms, p99 {:.2} ms, at most {:.2} ms; calibration {calibration:.0} ms",
                contender.name, run.p50, run.p99, run.most,
            );
            runs[place].push(run);
        }
    }
    let mut rows = Vec::new();
    for (contender, runs) in contenders.iter().zip(&runs) {
        let [p50, p99, most] = [
            median(runs.iter().map(|run| run.p50)),
            median(runs.iter().map(|run| run.p99)),
            median(runs.iter().map(|run| run.most)),
        ];
        rows.push(row([
            &contender.name,
            &format_args!("{p50:.2} ms"),
            &format_args!("{p99:.2} ms"),
            &format_args!("{most:.1} ms"),
        ]));
    }
    if let Some(ours) = contenders.first() {
        let tasks = if options.quick { 5 } else { 40 };
        let lost = pickup::pick_up(ours, "silent", tasks, Duration::from_millis(437)).await?;
        rows.push(row([
            &"ours, notifications lost",
            &format_args!("{:.0} ms", lost.p50),
            &format_args!("{:.0} ms", lost.p99),
            &format_args!("{:.0} ms", lost.most),
        ]));
    }
    Ok(table(&["pick-up, idle", "p50", "p99", "at most"], &rows))
}

pub(super) async fn drain(
    options: &Options,
    server: &Postgres,
    contenders: &[Contender],
    url: &str,
    folder: &Path,
) -> Result<String> {
    let mut rows = Vec::new();
    for workers in [1, 2] {
        let mut runs = vec![Vec::new(); contenders.len()];
        let mut plain = Vec::new();
        for round in 1..=options.rounds {
            let bare_tasks = options.tasks / BARE_BATCH / 2 * BARE_BATCH * 2;
            if let Some(ours) = contenders.first() {
                ours.fill(bare_tasks, BATCH).await?;
                if options.vacuum {
                    ours.vacuum().await?;
                }
                let calibration = calibrate();
                let rate = bare::drain(url, folder, bare_tasks, BARE_BATCH).await?;
                println!(
                    "pgbench, run {round}: {}; calibration {calibration:.0} ms",
                    thousands(rate)
                );
                ours.until_empty().await?;
                plain.push(rate);
            }
            for (contender, runs) in contenders.iter().zip(&mut runs) {
                let calibration = calibrate();
                let tasks = options.tasks.div_ceil(contender.slowness);
                let run = drain::drain(contender, server, workers, tasks, options.vacuum).await?;
                println!(
                    "drain {}, {workers} process(es), run {round}: {}, {:.0} + {:.0} us of processor a task, \
                     enqueued at {}, {:.0} MiB; calibration {calibration:.0} ms",
                    contender.name,
                    thousands(run.per_second),
                    run.worker_cpu,
                    run.store_cpu,
                    thousands(run.fill_per_second),
                    run.memory,
                );
                runs.push(run);
            }
        }
        let rates: Vec<_> = runs
            .iter()
            .map(|runs| median(runs.iter().map(|run| run.per_second)))
            .collect();
        let our_rate = rates.first().copied().unwrap_or(f64::NAN);
        for ((contender, runs), rate) in contenders.iter().zip(&runs).zip(rates) {
            let worker = median(runs.iter().map(|run| run.worker_cpu));
            let store = median(runs.iter().map(|run| run.store_cpu));
            rows.push(row([
                &contender.name,
                &workers,
                &thousands(rate),
                &format_args!("{:.2}", our_rate / rate),
                &format_args!("{worker:.0} + {store:.0} us"),
                &format_args!("{:.0} MiB", median(runs.iter().map(|run| run.memory))),
            ]));
        }
        let rate = median(plain);
        let ratio = our_rate / rate;
        rows.push(row([
            &"bare statements, pgbench",
            &"2 clients",
            &thousands(rate),
            &format_args!("{ratio:.2}"),
            &"",
            &"",
        ]));
    }
    let head = [
        "drain of no-ops",
        "processes",
        "rate",
        "ours is so many times",
        "processor per task, worker + store",
        "memory",
    ];
    Ok(table(&head, &rows))
}

pub(super) async fn backlog(options: &Options, ours: &Contender, url: &str) -> Result<String> {
    let tasks = options.backlog;
    // The half that is due, in two parts, and what is fetched beside.
    let part = tasks / 6;
    println!("backlog: enqueuing {tasks}");
    backlog::fill(url, tasks).await?;
    let mut rows = Vec::new();
    let mut note = |name: &str, run: &backlog::Backlog| {
        println!("backlog, {name}: {run:?}");
        rows.push(row([
            &name,
            &thousands(run.per_second),
            &fetches(run.alone),
            &fetches(run.beside),
            &format_args!("{:.0} -> {:.0} MiB", run.memory.0, run.memory.1),
        ]));
    };
    let run = backlog::drain(ours, url, part).await?;
    note("half due later", &run);
    let snapshot = backlog::old_snapshot(url).await?;
    let run = backlog::drain(ours, url, part).await?;
    note("and an old snapshot held open", &run);
    drop(snapshot);
    ours.clear().await?;
    let head = [
        "backlog",
        "drain, one process",
        "fetch of 100, p50 / p99",
        "beside the draining worker",
        "memory of the worker",
    ];
    Ok(table(&head, &rows))
}

fn fetches(took: backlog::Fetches) -> String {
    format!("{:.1} / {:.1} ms", took.p50, took.p99)
}
