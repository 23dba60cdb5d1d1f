//! What the system tells about processes.

use std::{fs, time::Duration};

use crate::Result;

pub(crate) type Pid = u32;

/// Of `/proc/*/stat`, whatever the machine's own clock ticks are.
const TICKS_PER_SECOND: u32 = 100;

/// The fields after the name, which may hold blanks.
fn stat(pid: Pid) -> Result<Vec<String>> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat"))?;
    let (_, rest) = text.rsplit_once(')').ok_or("no name in stat")?;
    Ok(rest.split_whitespace().map(str::to_owned).collect())
}

/// The sum of two neighbours, in user and kernel mode.
fn time(pid: Pid, first: usize) -> Result<Duration> {
    let stat = stat(pid)?;
    let ticks = |place: usize| -> Result<u32> { Ok(stat.get(place).ok_or("short stat")?.parse()?) };
    let ticks = ticks(first)? + ticks(first + 1)?;
    Ok(Duration::from_secs(ticks.into()) / TICKS_PER_SECOND)
}

pub(crate) fn cpu(pid: Pid) -> Result<Duration> {
    time(pid, 11)
}

/// What a process of one thread has used so far, to the microsecond.
pub(crate) fn exact_cpu(pid: Pid) -> Result<Duration> {
    cpu_in(&format!("/proc/{pid}/schedstat"))
}

/// What the calling thread has used so far.
pub(crate) fn cpu_of_thread() -> Result<Duration> {
    cpu_in("/proc/thread-self/schedstat")
}

fn cpu_in(file: &str) -> Result<Duration> {
    let text = fs::read_to_string(file)?;
    let nanos = text.split_whitespace().next().ok_or("empty schedstat")?;
    Ok(Duration::from_nanos(nanos.parse()?))
}

/// What the threads of a process that are there now have used so far.
pub(crate) fn exact_cpu_of_threads(pid: Pid) -> Result<Duration> {
    let mut sum = Duration::ZERO;
    for thread in fs::read_dir(format!("/proc/{pid}/task"))? {
        // It may have ended since.
        let Ok(text) = fs::read_to_string(thread?.path().join("schedstat")) else {
            continue;
        };
        let nanos = text.split_whitespace().next().ok_or("empty schedstat")?;
        sum += Duration::from_nanos(nanos.parse()?);
    }
    Ok(sum)
}

pub(crate) fn cpu_of_ended_children(pid: Pid) -> Result<Duration> {
    time(pid, 13)
}

pub(crate) fn children(parent: Pid) -> Result<Vec<Pid>> {
    let mut children = Vec::new();
    for entry in fs::read_dir("/proc")? {
        let Some(pid) = entry?
            .file_name()
            .to_str()
            .and_then(|name| name.parse().ok())
        else {
            continue;
        };
        if stat(pid).is_ok_and(|stat| stat.get(1) == Some(&parent.to_string())) {
            children.push(pid);
        }
    }
    Ok(children)
}

/// Resident memory in MiB, now.
pub(crate) fn memory(pid: Pid) -> Result<f64> {
    status_in_mib(pid, "VmRSS:")
}

/// The most resident memory so far, in MiB.
pub(crate) fn peak_memory(pid: Pid) -> Result<f64> {
    status_in_mib(pid, "VmHWM:")
}

fn status_in_mib(pid: Pid, name: &str) -> Result<f64> {
    let text = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    let kib: f64 = line
        .and_then(|line| line.split_whitespace().next())
        .ok_or("no such line of the status")?
        .parse()?;
    Ok(kib / 1024.0)
}
