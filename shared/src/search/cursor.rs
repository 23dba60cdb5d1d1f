//! Places in lists of hits.

use chrono::{DateTime, Utc, serde::ts_microseconds};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{db::Tier, span::Span};

/// The place in a list of hits; `as_of` is the time of the first page, from
/// which ages count on all of them. Written in few letters, for a cursor holds
/// the places of the pages before it too.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "by")]
pub enum SearchCursor {
    /// Among all that match.
    Rank {
        #[serde(rename = "s", with = "ts_microseconds")]
        as_of: DateTime<Utc>,
        #[serde(rename = "t")]
        tier: Tier,
        #[serde(rename = "n")]
        score: i32,
        #[serde(rename = "i")]
        id: Uuid,
    },
    /// Among those of a block.
    Block {
        #[serde(rename = "s", with = "ts_microseconds")]
        as_of: DateTime<Utc>,
        #[serde(rename = "b")]
        block: Block,
        #[serde(rename = "n")]
        score: i32,
        #[serde(rename = "i")]
        id: Uuid,
    },
    /// In a list by pay or distance.
    Key {
        #[serde(rename = "s", with = "ts_microseconds")]
        as_of: DateTime<Utc>,
        #[serde(rename = "k")]
        key: i32,
        #[serde(rename = "p", with = "ts_microseconds")]
        at: DateTime<Utc>,
        #[serde(rename = "i")]
        id: Uuid,
    },
    Date {
        #[serde(rename = "s", with = "ts_microseconds")]
        as_of: DateTime<Utc>,
        #[serde(rename = "p", with = "ts_microseconds")]
        at: DateTime<Utc>,
        #[serde(rename = "i")]
        id: Uuid,
    },
}

impl SearchCursor {
    pub(super) fn as_of(&self) -> DateTime<Utc> {
        match self {
            Self::Rank { as_of, .. }
            | Self::Block { as_of, .. }
            | Self::Key { as_of, .. }
            | Self::Date { as_of, .. } => *as_of,
        }
    }
}

/// Matches of a tier that are ranked among themselves.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Block {
    #[serde(rename = "t")]
    pub(super) tier: Tier,
    #[serde(flatten)]
    pub(super) span: Span,
    /// How many blocks came before it.
    #[serde(rename = "l")]
    pub(super) level: u8,
}

impl Block {
    pub(super) const FIRST: Self = Self {
        tier: Tier::Heading,
        span: Span {
            from: None,
            to: None,
        },
        level: 0,
    };

    /// Where the next one begins: its lower end is found by reading. None after
    /// the last.
    pub(super) fn next(self) -> Option<Self> {
        let level = self.level.saturating_add(1);
        Some(match self.span.from {
            Some(from) => Self {
                span: Span::until(Some(from)),
                level,
                ..self
            },
            None => Self {
                tier: self.tier.next()?,
                span: Span::default(),
                level,
            },
        })
    }
}
