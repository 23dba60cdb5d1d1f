//! What a run that was killed left behind.

use std::{fs, path::Path, time::Duration};

use rustix::process::{Pid, Signal, kill_process, test_kill_process};
use tokio::time::{Instant, sleep};

use super::{PostgresError, Result};

const POLL: Duration = Duration::from_millis(25);

/// Stops a server that still runs on this data and waits for the last of its
/// processes. Afterwards the data is free.
pub(super) async fn clear(data: &Path, say: &impl Fn(&str)) -> Result<()> {
    if let Some(pid) = postmaster(data) {
        say("stopping the PostgreSQL that an earlier run left behind");
        for (signal, patience) in [(Signal::INT, 60), (Signal::QUIT, 10), (Signal::KILL, 10)] {
            // It may have ended by itself.
            let _ = kill_process(pid, signal);
            if gone(data, Duration::from_secs(patience)).await {
                break;
            }
        }
    }
    // Backends outlive a server that was killed itself, for a moment.
    if !gone(data, Duration::from_secs(30)).await {
        return Err(PostgresError::Plain(format!(
            "PostgreSQL processes that an earlier run left are still at work on {}",
            data.display()
        )));
    }
    // Its number may belong to something else now, as after a restart of a
    // container, and PostgreSQL would take that for a rival. Without /proc we
    // cannot tell and leave the judgement to PostgreSQL.
    let pid_file = data.join("postmaster.pid");
    if Path::new("/proc/self").exists() && pid_file.exists() {
        fs::remove_file(&pid_file).map_err(PostgresError::file("cannot remove", &pid_file))?;
    }
    Ok(())
}

/// The server that runs on this data.
pub(super) fn postmaster(data: &Path) -> Option<Pid> {
    let text = fs::read_to_string(data.join("postmaster.pid")).ok()?;
    let number: i32 = text.lines().next()?.trim().parse().ok()?;
    let pid = Pid::from_raw(number)?;
    match processes(data) {
        Some(numbers) => numbers.contains(&number).then_some(pid),
        None => test_kill_process(pid).is_ok().then_some(pid),
    }
}

async fn gone(data: &Path, patience: Duration) -> bool {
    let until = Instant::now() + patience;
    loop {
        let free = match processes(data) {
            Some(numbers) => numbers.is_empty(),
            None => postmaster(data).is_none(),
        };
        if free || Instant::now() > until {
            return free;
        }
        sleep(POLL).await;
    }
}

/// PostgreSQL processes whose working folder is the data, which is how all of a
/// server's are; `None` where the system does not tell.
fn processes(data: &Path) -> Option<Vec<i32>> {
    if !Path::new("/proc/self").exists() {
        return None;
    }
    let Ok(data) = data.canonicalize() else {
        return Some(Vec::new());
    };
    let entries = fs::read_dir("/proc").ok()?.flatten();
    Some(
        entries
            .filter_map(|entry| {
                let number: i32 = entry.file_name().to_str()?.parse().ok()?;
                // Zombies have no working folder, and are none of ours.
                let folder = fs::read_link(entry.path().join("cwd")).ok()?;
                let name = fs::read_to_string(entry.path().join("comm")).ok()?;
                (folder == data && name.starts_with("postgres")).then_some(number)
            })
            .collect(),
    )
}
