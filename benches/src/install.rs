//! Other programs to measure beside, from their registries into a folder.

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use crate::Result;

/// Runs a program in a folder; what it says counts only when it fails.
pub(crate) fn run(folder: &Path, program: &str, arguments: &[&str]) -> Result<()> {
    let output = Command::new(program)
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("{program}: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    let error = String::from_utf8_lossy(&output.stderr);
    Err(format!("{program} {arguments:?}: {error}").into())
}

/// A Python of its own with these packages of PyPI.
pub(crate) fn python(folder: &Path, packages: &[&str]) -> Result<PathBuf> {
    run(folder, "python3", &["-m", "venv", "python"])?;
    let pip = folder.join("python/bin/pip");
    let pip = pip.to_str().ok_or("a folder with a strange name")?;
    run(folder, pip, &[&["install", "--quiet"], packages].concat())?;
    Ok(folder.join("python/bin/python"))
}
