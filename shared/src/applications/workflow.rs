//! Which moves an application may make, and whose they are.
//!
//! ```text
//! pending -> reviewing -> shortlisted -> interviewing -> offered -> accepted
//! ```
//!
//! The employer moves forward along this line and may skip steps up to the
//! offer: a small firm that calls somebody the same day should not have to click
//! through, nor the applicant get an email for each click. An offer is accepted
//! by either side. From any open state the employer may reject and the applicant
//! withdraw. `accepted`, `rejected` and `withdrawn` are final.

use serde::{Deserialize, Serialize};

use crate::{Error, Result};

#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, sqlx::Type,
)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "application_status", rename_all = "snake_case")]
pub enum ApplicationStatus {
    Pending,
    Reviewing,
    Shortlisted,
    Interviewing,
    Offered,
    Accepted,
    Rejected,
    Withdrawn,
}

use ApplicationStatus::{
    Accepted, Interviewing, Offered, Pending, Rejected, Reviewing, Shortlisted, Withdrawn,
};

/// On whose behalf an application is moved, or something is said about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::Type)]
#[sqlx(type_name = "message_side", rename_all = "snake_case")]
pub enum Side {
    Applicant,
    /// The job's employer, or an admin in its place.
    Employer,
}

impl Side {
    pub const fn other(self) -> Self {
        match self {
            Self::Applicant => Self::Employer,
            Self::Employer => Self::Applicant,
        }
    }
}

impl ApplicationStatus {
    pub const ALL: [Self; 8] = [
        Pending,
        Reviewing,
        Shortlisted,
        Interviewing,
        Offered,
        Accepted,
        Rejected,
        Withdrawn,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Pending => "pending",
            Reviewing => "reviewing",
            Shortlisted => "shortlisted",
            Interviewing => "interviewing",
            Offered => "offered",
            Accepted => "accepted",
            Rejected => "rejected",
            Withdrawn => "withdrawn",
        }
    }

    /// Whether anything can still become of it.
    pub const fn is_open(self) -> bool {
        !matches!(self, Accepted | Rejected | Withdrawn)
    }

    /// Where this side may move it from here.
    pub fn next(self, side: Side) -> Vec<Self> {
        Self::ALL
            .into_iter()
            .filter(|to| self.may_become(*to, side))
            .collect()
    }

    fn may_become(self, to: Self, side: Side) -> bool {
        self.is_open()
            && match (side, to) {
                (_, Pending) => false,
                (_, Accepted) => self == Offered,
                (Side::Applicant, Withdrawn) | (Side::Employer, Rejected) => true,
                (Side::Applicant, _) | (Side::Employer, Withdrawn) => false,
                (Side::Employer, Reviewing | Shortlisted | Interviewing | Offered) => self < to,
            }
    }

    /// Refuses a move that is not this side's to make at all (forbidden), or not
    /// from this state (conflict, naming the moves there are).
    pub fn check_move(self, to: Self, side: Side) -> Result<()> {
        if self.may_become(to, side) {
            return Ok(());
        }
        // That nobody sets one back to pending is no question of whose move it is.
        if to != Pending && !Self::ALL.iter().any(|from| from.may_become(to, side)) {
            let who = match side {
                Side::Applicant => "an applicant",
                Side::Employer => "an employer",
            };
            return Err(Error::forbidden(
                "move_not_allowed",
                format!("{who} cannot set an application to {}", to.name()),
            ));
        }
        let next: Vec<_> = self.next(side).into_iter().map(Self::name).collect();
        let message = match next.as_slice() {
            [] => format!("the application is {}, which is final", self.name()),
            next => format!(
                "an application in status {} cannot become {}; possible: {}",
                self.name(),
                to.name(),
                next.join(", "),
            ),
        };
        Err(Error::conflict("illegal_transition", message))
    }
}

#[cfg(test)]
mod tests {
    use proptest::{prelude::*, sample::select};

    use super::*;

    fn status() -> impl Strategy<Value = ApplicationStatus> {
        select(ApplicationStatus::ALL.to_vec())
    }

    fn side() -> impl Strategy<Value = Side> {
        select(vec![Side::Applicant, Side::Employer])
    }

    #[test]
    fn the_moves_are_these() {
        let names = |from: ApplicationStatus, side| {
            from.next(side)
                .into_iter()
                .map(ApplicationStatus::name)
                .collect::<Vec<_>>()
                .join(" ")
        };
        let table = [
            (
                Pending,
                "reviewing shortlisted interviewing offered rejected",
                "withdrawn",
            ),
            (
                Reviewing,
                "shortlisted interviewing offered rejected",
                "withdrawn",
            ),
            (Shortlisted, "interviewing offered rejected", "withdrawn"),
            (Interviewing, "offered rejected", "withdrawn"),
            (Offered, "accepted rejected", "accepted withdrawn"),
            (Accepted, "", ""),
            (Rejected, "", ""),
            (Withdrawn, "", ""),
        ];
        for (from, employer, applicant) in table {
            assert_eq!(names(from, Side::Employer), employer, "{from:?}");
            assert_eq!(names(from, Side::Applicant), applicant, "{from:?}");
        }
    }

    #[test]
    fn a_refusal_says_what_is_possible() {
        let error = Interviewing
            .check_move(Reviewing, Side::Employer)
            .unwrap_err();
        assert_eq!(
            error.to_string(),
            "an application in status interviewing cannot become reviewing; possible: offered, rejected"
        );
        let error = Offered.check_move(Pending, Side::Employer).unwrap_err();
        assert_eq!(
            error.to_string(),
            "an application in status offered cannot become pending; possible: accepted, rejected"
        );
        let error = Withdrawn.check_move(Reviewing, Side::Employer).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the application is withdrawn, which is final"
        );
        let error = Pending
            .check_move(Shortlisted, Side::Applicant)
            .unwrap_err();
        assert_eq!(
            error.to_string(),
            "an applicant cannot set an application to shortlisted"
        );
    }

    proptest! {
        /// Whatever two sides try in whatever order, an application only moves
        /// forward, ends once, and is ended by whoever may end it.
        #[test]
        fn applications_only_move_forward(
            tries in prop::collection::vec((status(), side()), 0..30),
        ) {
            let mut now = Pending;
            let mut ends = 0;
            for (to, side) in tries {
                let allowed = now.check_move(to, side).is_ok();
                prop_assert_eq!(allowed, now.next(side).contains(&to));
                if !allowed {
                    continue;
                }
                prop_assert!(now.is_open());
                prop_assert!(now < to);
                match to {
                    Withdrawn => prop_assert_eq!(side, Side::Applicant),
                    Accepted => prop_assert_eq!(now, Offered),
                    _ => prop_assert_eq!(side, Side::Employer),
                }
                ends += u32::from(!to.is_open());
                now = to;
            }
            prop_assert!(ends <= 1);
            prop_assert_eq!(ends == 1, !now.is_open());
        }
    }
}
