//! numpy, scipy, scikit-learn and implicit on the same data, in processes of their own
//! with one thread.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use jobboard_shared::recommendations::collaborative::{
    Bm25, EaseParams, Interactions, RandomWalk, Scorer,
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::Options;
use crate::{Result, install};

const SCRIPTS: &[(&str, &str)] = &[
    ("ranking.py", include_str!("../../peers/ranking.py")),
    (
        "collaborative.py",
        include_str!("../../peers/collaborative.py"),
    ),
    ("content.py", include_str!("../../peers/content.py")),
    ("tfidf.py", include_str!("../../peers/tfidf.py")),
];

/// Users whose scores are compared one by one.
const SAMPLE: usize = 100;

/// Factors, regularization and alpha of implicit's alternating least squares.
const ALS: [(u32, f64, f64); 3] = [(64, 0.01, 1.0), (128, 10.0, 5.0), (128, 40.0, 10.0)];

pub(super) struct Peers {
    folder: PathBuf,
    python: PathBuf,
    // Removed with this.
    _temporary: Option<tempfile::TempDir>,
}

/// What a peer reached.
#[derive(Deserialize)]
pub(super) struct Line {
    pub(super) name: String,
    pub(super) recall: f64,
    pub(super) ndcg: f64,
    /// Processor time.
    pub(super) fit_seconds: f64,
}

/// Settings that peers share with ours.
pub(super) struct Settings {
    pub(super) walk: RandomWalk,
    pub(super) bm25: Bm25,
    /// None where the items are too many.
    pub(super) ease: Option<EaseParams>,
}

impl Peers {
    pub(super) fn install(options: &Options) -> Result<Self> {
        let (folder, temporary) = match &options.peers_folder {
            Some(folder) => (std::path::absolute(folder)?, None),
            None => {
                let folder = tempfile::tempdir()?;
                (folder.path().to_owned(), Some(folder))
            }
        };
        fs::create_dir_all(&folder)?;
        println!(
            "\ninstalling numpy, scipy, scikit-learn and implicit into {}",
            folder.display()
        );
        let packages = [
            "numpy==2.*",
            "scipy==1.*",
            "scikit-learn==1.*",
            "implicit==0.7.*",
        ];
        let python = install::python(&folder, &packages)?;
        for (name, text) in SCRIPTS {
            fs::write(folder.join(name), text)?;
        }
        Ok(Self {
            folder,
            python,
            _temporary: temporary,
        })
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    pub(super) fn write_settings(&self, settings: &Value) -> Result<()> {
        Ok(fs::write(
            self.folder.join("settings.json"),
            settings.to_string(),
        )?)
    }

    /// What a script says, line by line.
    pub(super) fn run<T: serde::de::DeserializeOwned>(&self, script: &str) -> Result<Vec<T>> {
        let output = Command::new(&self.python)
            .arg(self.folder.join(script))
            .arg(&self.folder)
            .envs(
                ["OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"]
                    .map(|name| (name, "1")),
            )
            .output()?;
        if !output.status.success() {
            let error = String::from_utf8_lossy(&output.stderr);
            return Err(format!("{script}: {error}").into());
        }
        let lines = String::from_utf8(output.stdout)?;
        Ok(lines
            .lines()
            .map(serde_json::from_str)
            .collect::<Result<_, _>>()?)
    }

    /// Gives the data of a split to the scripts.
    pub(super) fn write_split(
        &self,
        known: &Interactions,
        held: &[Vec<u32>],
        settings: &Settings,
    ) -> Result<()> {
        let of_known = (0..known.users())
            .flat_map(|user| known.row(user).items.iter().map(move |&item| (user, item)));
        let of_held = held
            .iter()
            .enumerate()
            .flat_map(|(user, items)| items.iter().map(move |&item| (user, item)));
        fs::write(self.folder.join("known.bin"), pairs(of_known))?;
        fs::write(self.folder.join("held.bin"), pairs(of_held))?;
        let Settings { walk, bm25, ease } = settings;
        self.write_settings(&json!({
            "users": known.users(),
            "items": known.items(),
            "sample": SAMPLE.min(known.users()),
            "rp3beta": {"alpha": walk.alpha, "beta": walk.beta, "neighbours": walk.neighbours},
            "bm25": {"k1": bm25.k1, "b": bm25.b, "neighbours": bm25.neighbours},
            "ease": ease.map(|ease| ease.lambda),
            "als": ALS,
        }))
    }

    /// The largest difference between a peer's scores and ours for the first users, in
    /// relation to each user's best score.
    pub(super) fn difference(
        &self,
        name: &str,
        known: &Interactions,
        scorer: &dyn Scorer,
    ) -> Result<f32> {
        let bytes = fs::read(self.folder.join(format!("{name}.f32")))?;
        let theirs: Vec<f32> = bytes
            .chunks_exact(4)
            .filter_map(|four| Some(f32::from_le_bytes(four.try_into().ok()?)))
            .collect();
        let mut largest = 0.0_f32;
        for (user, theirs) in theirs.chunks_exact(known.items()).enumerate() {
            let mut ours = vec![0.0; known.items()];
            scorer.score(known.row(user), &mut ours);
            let best = theirs.iter().fold(f32::MIN_POSITIVE, |a, b| a.max(b.abs()));
            for (a, b) in ours.iter().zip(theirs) {
                largest = largest.max((a - b).abs() / best);
            }
        }
        Ok(largest)
    }
}

pub(super) fn print(lines: &[Line]) {
    println!("\n| peer | Recall@20 | NDCG@20 | fit, processor |\n|---|---|---|---|");
    for line in lines {
        println!(
            "| {} | {:.4} | {:.4} | {:.2} s |",
            line.name, line.recall, line.ndcg, line.fit_seconds
        );
    }
}

fn pairs(pairs: impl Iterator<Item = (usize, u32)>) -> Vec<u8> {
    pairs
        .flat_map(|(user, item)| [user as u32, item])
        .flat_map(u32::to_le_bytes)
        .collect()
}
