//! A PostgreSQL for machines that have none.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use flate2::read::GzDecoder;
use sha2::{Digest, Sha256};
use url::Url;

use super::{PostgresError, Result};

pub(super) const VERSION: &str = "17.5.0";
pub(super) const MAJOR: u32 = 17;

/// An archive is about 12 MB; more than this is something else.
const LARGEST: usize = 200 << 20;
const STALLED: Duration = Duration::from_secs(30);

/// Where the binaries of a download stand.
pub(super) fn bin_folder(downloads: &Path) -> PathBuf {
    downloads.join(format!("postgresql-{VERSION}")).join("bin")
}

/// Downloads, checks against the checksum beside it, and unpacks. The folder
/// appears complete or not at all.
pub(super) async fn download(releases: &Url, downloads: &Path) -> Result<PathBuf> {
    let target = target()?;
    let name = format!("postgresql-{VERSION}-{target}");
    let base = releases.as_str().trim_end_matches('/');
    let url = format!("{base}/{VERSION}/{name}.tar.gz");

    let client = reqwest::Client::builder()
        .connect_timeout(STALLED)
        .read_timeout(STALLED)
        .build()
        .map_err(|error| failed(&url, &error))?;
    let checksum = get(&client, &format!("{url}.sha256")).await?;
    let archive = get(&client, &url).await?;
    verify(&archive, &checksum).map_err(|problem| {
        PostgresError::Plain(format!("the download of {url} cannot be used: {problem}"))
    })?;

    let goal = downloads.join(format!("postgresql-{VERSION}"));
    let unpacked = downloads.join(format!(".postgresql-{VERSION}.unpacking"));
    let unpack = {
        let goal = goal.clone();
        move || unpack(&archive, &unpacked, &name, &goal)
    };
    tokio::task::spawn_blocking(unpack)
        .await
        .map_err(|error| PostgresError::Plain(error.to_string()))?
        .map_err(PostgresError::file("cannot unpack PostgreSQL to", &goal))?;
    Ok(bin_folder(downloads))
}

/// Static builds run on any Linux; these are the ones that are published.
fn target() -> Result<String> {
    let arch = std::env::consts::ARCH;
    let system = match (std::env::consts::OS, cfg!(target_env = "musl")) {
        ("linux", true) => "unknown-linux-musl",
        ("linux", false) => "unknown-linux-gnu",
        ("macos", _) => "apple-darwin",
        (os, _) => {
            return Err(PostgresError::Plain(format!(
                "no PostgreSQL is installed and none can be downloaded for {os}: install one, or set DATABASE_URL"
            )));
        }
    };
    Ok(format!("{arch}-{system}"))
}

fn failed(url: &str, error: &reqwest::Error) -> PostgresError {
    // reqwest puts the reason into the sources.
    let mut reason = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(deeper) = source {
        reason = deeper.to_string();
        source = deeper.source();
    }
    PostgresError::Plain(format!(
        "no PostgreSQL {} or newer is installed, and {url} cannot be downloaded: {reason}. \
         Install PostgreSQL (on Debian: apt install postgresql), or set DATABASE_URL",
        super::find::OLDEST
    ))
}

async fn get(client: &reqwest::Client, url: &str) -> Result<Vec<u8>> {
    let mut response = client
        .get(url)
        .send()
        .await
        .and_then(reqwest::Response::error_for_status)
        .map_err(|error| failed(url, &error))?;
    let mut body = Vec::new();
    while let Some(chunk) = response
        .chunk()
        .await
        .map_err(|error| failed(url, &error))?
    {
        if body.len() + chunk.len() > LARGEST {
            return Err(PostgresError::Plain(format!("{url} is too large")));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// `checksum` is the digest in hex, perhaps with a file name behind it.
fn verify(archive: &[u8], checksum: &[u8]) -> std::result::Result<(), &'static str> {
    let checksum = String::from_utf8_lossy(checksum);
    let expected = checksum.split_whitespace().next().unwrap_or_default();
    if expected.len() != 64 || !expected.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Err("there is no SHA-256 beside it");
    }
    let actual: String = Sha256::digest(archive)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    if actual == expected.to_ascii_lowercase() {
        Ok(())
    } else {
        Err("its SHA-256 is another")
    }
}

fn unpack(archive: &[u8], unpacked: &Path, name: &str, goal: &Path) -> std::io::Result<()> {
    if unpacked.exists() {
        fs::remove_dir_all(unpacked)?;
    }
    fs::create_dir_all(unpacked)?;
    // Refuses entries that lead out of the folder.
    tar::Archive::new(GzDecoder::new(archive)).unpack(unpacked)?;
    if goal.exists() {
        fs::remove_dir_all(goal)?;
    }
    // The archive has one folder of its own name.
    let inner = unpacked.join(name);
    fs::rename(if inner.exists() { &inner } else { unpacked }, goal)?;
    if unpacked.exists() {
        fs::remove_dir_all(unpacked)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    use std::{
        io::{BufRead, BufReader, Write},
        net::TcpListener,
    };

    use flate2::{Compression, write::GzEncoder};

    #[test]
    fn an_archive_must_match_the_checksum_beside_it() {
        let right =
            b"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad  abc.tar.gz\n";
        assert_eq!(verify(b"abc", right), Ok(()));
        assert!(verify(b"abd", right).is_err());
        assert!(verify(b"abc", b"<html>not found</html>").is_err());
        assert!(verify(b"abc", b"").is_err());
    }

    fn digest(bytes: &[u8]) -> Vec<u8> {
        let hex: String = Sha256::digest(bytes)
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        hex.into_bytes()
    }

    fn archive() -> Vec<u8> {
        let name = format!("postgresql-{VERSION}-{}", target().unwrap());
        let mut tar = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
        let program = b"#!/bin/sh\necho 'postgres (PostgreSQL) 17.5'\n";
        for path in ["bin/postgres", "bin/initdb"] {
            let mut header = tar::Header::new_gnu();
            header.set_size(program.len() as u64);
            header.set_mode(0o755);
            header.set_cksum();
            tar.append_data(&mut header, format!("{name}/{path}"), &program[..])
                .unwrap();
        }
        tar.into_inner().unwrap().finish().unwrap()
    }

    /// Answers like a release page: the archive, its checksum, nothing else.
    fn releases(archive: Vec<u8>, checksum: Vec<u8>) -> Url {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/releases", listener.local_addr().unwrap());
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let mut reader = BufReader::new(stream.try_clone().unwrap());
                let mut request = String::new();
                reader.read_line(&mut request).unwrap();
                let mut line = String::new();
                while reader.read_line(&mut line).unwrap() > 2 {
                    line.clear();
                }
                let path = request.split(' ').nth(1).unwrap();
                let right = path.starts_with(&format!("/releases/{VERSION}/postgresql-{VERSION}-"));
                let (status, body) = match (right, path.ends_with(".sha256")) {
                    (false, _) => ("404 Not Found", &b""[..]),
                    (true, true) => ("200 OK", &checksum[..]),
                    (true, false) => ("200 OK", &archive[..]),
                };
                let head = format!(
                    "HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
                    body.len()
                );
                stream.write_all(head.as_bytes()).unwrap();
                stream.write_all(body).unwrap();
            }
        });
        url.parse().unwrap()
    }

    #[tokio::test]
    async fn a_download_is_checked_and_unpacked() {
        let archive = archive();
        let checksum = digest(&archive);
        let folder = tempfile::tempdir().unwrap();
        let bin = download(&releases(archive, checksum), folder.path())
            .await
            .unwrap();
        let output = std::process::Command::new(bin.join("postgres"))
            .arg("--version")
            .output()
            .unwrap();
        assert!(String::from_utf8_lossy(&output.stdout).contains("17.5"));
        let entries = fs::read_dir(folder.path()).unwrap().count();
        assert_eq!(entries, 1, "only the unpacked folder stays");
    }

    #[tokio::test]
    async fn a_download_that_is_another_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let wrong = releases(archive(), digest(b"another"));
        let error = download(&wrong, folder.path()).await.unwrap_err();
        assert!(error.to_string().contains("SHA-256 is another"), "{error}");
        let elsewhere = wrong.join("/nowhere").unwrap();
        let error = download(&elsewhere, folder.path()).await.unwrap_err();
        assert!(
            error.to_string().contains("cannot be downloaded"),
            "{error}"
        );
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
