//! The tasks that keep the search documents in step with the jobs.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use uuid::Uuid;

use super::layout::LAYOUT;
use crate::queue::{self, Task};

/// Jobs in one task: about a quarter second of work.
pub const BATCH: usize = 100;

/// Writes the search documents of these jobs anew, or removes them where the
/// job is not live. It reads what is committed when it runs, so any number of
/// changes before that are one refresh.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RefreshJobs {
    /// At most [`BATCH`].
    pub job_ids: Vec<Uuid>,
}

impl Task for RefreshJobs {
    const KIND: &'static str = "search.refresh_jobs";
    const QUEUE: &'static str = "search";

    fn unique_key(&self) -> Option<String> {
        match self.job_ids.as_slice() {
            [id] => Some(format!("search:{id}")),
            _ => None,
        }
    }
}

/// Enqueues the refresh of jobs that the caller's transaction changes.
pub async fn enqueue_refresh(conn: &mut PgConnection, job_ids: &[Uuid]) -> Result<(), sqlx::Error> {
    let tasks: Vec<_> = job_ids
        .chunks(BATCH)
        .map(|ids| RefreshJobs {
            job_ids: ids.to_vec(),
        })
        .collect();
    queue::enqueue_many(conn, &tasks).await?;
    Ok(())
}

/// Which jobs a [`RefreshScope`] walks over.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "scope", content = "id")]
pub enum Scope {
    /// Every job that is live or has a document.
    All,
    /// A company's jobs, after its name changed.
    Company(Uuid),
    /// The jobs of a category and of all below it, after its name or place changed.
    Category(Uuid),
    /// The jobs that ask for a skill, after its name changed.
    Skill(Uuid),
}

/// Refreshes all jobs of a scope, one batch a task: each enqueues the next.
/// Runs behind every [`RefreshJobs`], so that a rebuild delays no edit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RefreshScope {
    #[serde(flatten)]
    pub scope: Scope,
    /// The last job done, in the order of ids.
    pub after: Option<Uuid>,
    /// How many are done.
    #[serde(default)]
    pub done: u64,
    /// The least layout among its steps, which are of several releases while one
    /// follows another.
    #[serde(default)]
    pub layout: i32,
}

impl RefreshScope {
    pub fn of(scope: Scope) -> Self {
        Self {
            scope,
            after: None,
            done: 0,
            layout: LAYOUT,
        }
    }
}

impl Task for RefreshScope {
    const KIND: &'static str = "search.refresh_scope";
    const QUEUE: &'static str = "search";
    const PRIORITY: i16 = 10;

    fn unique_key(&self) -> Option<String> {
        let scope = match self.scope {
            Scope::All => "all".to_owned(),
            Scope::Company(id) => format!("company:{id}"),
            Scope::Category(id) => format!("category:{id}"),
            Scope::Skill(id) => format!("skill:{id}"),
        };
        // Equal keys are equal work: a start and each of its steps are their own.
        Some(match self.after {
            None => format!("search:{scope}"),
            Some(after) => format!("search:{scope}:{after}"),
        })
    }
}

/// Enqueues the refresh of a whole scope; [`Scope::All`] rebuilds the index.
pub async fn enqueue_scope(conn: &mut PgConnection, scope: Scope) -> Result<(), sqlx::Error> {
    queue::enqueue(conn, &RefreshScope::of(scope)).await?;
    Ok(())
}

/// Looks whether the documents are those of this release, and else has them
/// written anew.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RebuildOutdated {}

impl Task for RebuildOutdated {
    const KIND: &'static str = "search.rebuild_outdated";
    const QUEUE: &'static str = "search";

    fn unique_key(&self) -> Option<String> {
        Some("search:outdated".to_owned())
    }
}

/// Compares all search documents with their jobs, one batch a task: each enqueues
/// the next, and a [`RecheckJobs`] for those that differ.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CheckDocuments {
    /// The last job done, in the order of ids.
    pub after: Option<Uuid>,
    /// How many are done.
    pub done: u64,
}

impl Task for CheckDocuments {
    const KIND: &'static str = "search.check_documents";
    const QUEUE: &'static str = "search";
    const PRIORITY: i16 = 20;

    fn unique_key(&self) -> Option<String> {
        // Equal keys are equal work: a start and each of its steps are their own.
        Some(match self.after {
            None => "check".to_owned(),
            Some(after) => format!("check:{after}"),
        })
    }
}

/// When the documents that differed are looked at again: by then the refreshes
/// that were on their way have run.
pub const RECHECK_AFTER: Duration = Duration::from_secs(60);

/// Refreshes those of the jobs whose documents still differ, and tells of them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RecheckJobs {
    /// At most [`BATCH`].
    pub job_ids: Vec<Uuid>,
}

impl Task for RecheckJobs {
    const KIND: &'static str = "search.recheck_jobs";
    const QUEUE: &'static str = "search";
    const PRIORITY: i16 = 20;
}

/// Brings the words and names that are suggested and corrected in step with the live
/// jobs.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct BuildVocabulary {
    /// Do nothing while the last build is younger than fifty times what it took.
    #[serde(default)]
    pub only_if_due: bool,
}

impl BuildVocabulary {
    pub fn if_due() -> Self {
        Self { only_if_due: true }
    }
}

impl Task for BuildVocabulary {
    const KIND: &'static str = "search.build_vocabulary";
    const QUEUE: &'static str = "search";
    const PRIORITY: i16 = 20;
    const TIMEOUT: Duration = Duration::from_secs(30 * 60);

    fn unique_key(&self) -> Option<String> {
        let when = if self.only_if_due { "if due" } else { "always" };
        Some(format!("vocabulary:{when}"))
    }
}

/// Forgets searches of the log that are too old.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ForgetSearches {}

impl Task for ForgetSearches {
    const KIND: &'static str = "search.forget_searches";
    const QUEUE: &'static str = "search";
    const PRIORITY: i16 = 20;
    const TIMEOUT: Duration = Duration::from_secs(600);

    fn unique_key(&self) -> Option<String> {
        Some("searches:old".to_owned())
    }
}

/// Removes the documents of expired jobs. Queries leave them out before that.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RemoveExpired {}

impl Task for RemoveExpired {
    const KIND: &'static str = "search.remove_expired";
    const QUEUE: &'static str = "search";
    const TIMEOUT: Duration = Duration::from_secs(120);

    fn unique_key(&self) -> Option<String> {
        Some("search:expired".to_owned())
    }
}
