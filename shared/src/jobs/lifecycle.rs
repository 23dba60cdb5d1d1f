//! The states of a job and the moves between them.
//!
//! ```text
//! draft ──> published <──> closed
//!   │           │            │
//!   └───────────┴────────────┴──> archived
//! ```

use serde::{Deserialize, Serialize};

use crate::{Error, Result};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, sqlx::Type)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "job_status", rename_all = "snake_case")]
pub enum JobStatus {
    /// Being written; seen by its employer alone.
    Draft,
    /// Seen and applied for by everybody until it expires.
    Published,
    /// Takes no more applications; may be opened again.
    Closed,
    /// Kept for the record. Final.
    Archived,
}

/// Every legal move. Staying is not a move and always allowed.
const MOVES: &[(JobStatus, &[JobStatus])] = &[
    (
        JobStatus::Draft,
        &[JobStatus::Published, JobStatus::Archived],
    ),
    (
        JobStatus::Published,
        &[JobStatus::Closed, JobStatus::Archived],
    ),
    (
        JobStatus::Closed,
        &[JobStatus::Published, JobStatus::Archived],
    ),
    (JobStatus::Archived, &[]),
];

impl JobStatus {
    pub const ALL: [Self; 4] = [Self::Draft, Self::Published, Self::Closed, Self::Archived];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Published => "published",
            Self::Closed => "closed",
            Self::Archived => "archived",
        }
    }

    /// Where a job may go from here.
    pub fn next(self) -> &'static [Self] {
        MOVES
            .iter()
            .find(|(from, _)| *from == self)
            .map_or(&[], |(_, to)| to)
    }

    /// Refuses an illegal move with a conflict that names the legal ones.
    pub fn check_move(self, to: Self) -> Result<()> {
        if self == to || self.next().contains(&to) {
            return Ok(());
        }
        let legal: Vec<&str> = self.next().iter().map(|status| status.as_str()).collect();
        let legal = match legal.as_slice() {
            [] => "nowhere else".to_owned(),
            legal => format!("to {} only", legal.join(" or ")),
        };
        Err(Error::conflict(
            "illegal_transition",
            format!(
                "a job that is {} cannot become {}; it can go {legal}",
                self.as_str(),
                to.as_str()
            ),
        ))
    }
}

#[cfg(test)]
mod tests {
    use proptest::{prelude::*, sample::select};

    use super::*;

    fn any_status() -> impl Strategy<Value = JobStatus> {
        select(JobStatus::ALL.as_slice())
    }

    #[test]
    fn the_whole_life_is_legal() {
        use JobStatus::{Archived, Closed, Draft, Published};
        let life = [Draft, Published, Closed, Published, Closed, Archived];
        for step in life.windows(2) {
            assert!(step[0].check_move(step[1]).is_ok(), "{step:?}");
        }
    }

    #[test]
    fn a_refusal_names_the_legal_moves() {
        let error = JobStatus::Draft.check_move(JobStatus::Closed).unwrap_err();
        assert_eq!(
            error.to_string(),
            "a job that is draft cannot become closed; it can go to published or archived only"
        );
        let error = JobStatus::Archived
            .check_move(JobStatus::Published)
            .unwrap_err();
        assert_eq!(
            error.to_string(),
            "a job that is archived cannot become published; it can go nowhere else"
        );
    }

    proptest! {
        #[test]
        fn a_walk_of_any_wishes_keeps_the_promises(wishes in prop::collection::vec(any_status(), 0..30)) {
            let mut status = JobStatus::Draft;
            let mut was_published = false;
            for wish in wishes {
                let allowed = status.check_move(wish).is_ok();
                prop_assert_eq!(allowed, status == wish || status.next().contains(&wish));
                if !allowed {
                    continue;
                }
                // Nothing returns to draft, nothing leaves the archive, and
                // only what was open once can be closed.
                prop_assert!(wish != JobStatus::Draft || status == JobStatus::Draft);
                prop_assert!(status != JobStatus::Archived || wish == JobStatus::Archived);
                prop_assert!(wish != JobStatus::Closed || was_published);
                was_published |= wish == JobStatus::Published;
                status = wish;
            }
        }
    }
}
