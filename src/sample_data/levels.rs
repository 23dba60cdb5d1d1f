//! How far people have come in their profession.

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Level {
    Entry,
    Intermediate,
    Senior,
    Lead,
    Executive,
}

impl Level {
    /// The database's `experience_level`.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Entry => "entry",
            Self::Intermediate => "intermediate",
            Self::Senior => "senior",
            Self::Lead => "lead",
            Self::Executive => "executive",
        }
    }

    /// Of what somebody with a few years earns.
    pub(super) fn pay_percent(self) -> i64 {
        match self {
            Self::Entry => 72,
            Self::Intermediate => 100,
            Self::Senior => 132,
            Self::Lead => 158,
            Self::Executive => 205,
        }
    }

    pub(super) fn years(self) -> i64 {
        match self {
            Self::Entry => 0,
            Self::Intermediate => 2,
            Self::Senior => 5,
            Self::Lead => 8,
            Self::Executive => 10,
        }
    }
}

/// How often each is wanted.
pub(super) const LEVELS: &[(Level, usize)] = &[
    (Level::Entry, 18),
    (Level::Intermediate, 44),
    (Level::Senior, 26),
    (Level::Lead, 9),
    (Level::Executive, 3),
];
