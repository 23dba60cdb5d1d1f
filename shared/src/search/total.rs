//! How many match in all, and the newest of them, which stand for all.

use super::{
    climb::{Climb, FIRST_HOURS},
    db::{self, Part, Tier},
    span::Span,
};
use crate::Result;

/// How many match in all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Total {
    pub(super) count: i64,
    pub(super) is_exact: bool,
}

/// The newest of the matches, which stand for all.
#[derive(Clone, Copy, Debug)]
pub(super) struct Newest {
    span: Span,
    count: i64,
    /// For how many each of them stands; none where they are all.
    pub(super) weight: Option<f64>,
}

impl Newest {
    pub(super) fn part(&self) -> Part {
        Part {
            tier: Tier::All,
            span: self.span,
        }
    }
}

impl Climb<'_> {
    /// How many match in all: counted where they are few, else judged by the
    /// newest of them.
    pub(super) async fn total(&mut self) -> Result<Total> {
        let newest = self.newest_of_all(400).await?;
        Ok(Total {
            count: newest.weight.map_or(newest.count, |weight| {
                two_digits(newest.count as f64 * weight)
            }),
            is_exact: newest.weight.is_none(),
        })
    }

    /// All matches where they are few, else the newest, at least so many.
    pub(super) async fn newest_of_all(&mut self, wanted: i64) -> Result<Newest> {
        let mut part = Part {
            tier: Tier::All,
            span: Span::default(),
        };
        let mut hours = (!self.all_are_few().await?).then_some(FIRST_HOURS);
        loop {
            part.span.from = self.lower_end(Span::default(), hours);
            let count = db::count(self.conn, self.conditions, part, i64::MAX).await?;
            let Some(from) = part.span.from else {
                return Ok(Newest {
                    span: part.span,
                    count,
                    weight: None,
                });
            };
            if count < wanted {
                hours = self.next_hours(Span::default(), Some(from), count, wanted);
                continue;
            }
            let documents = match self.conditions.posted_after {
                Some(_) => None,
                None => db::documents(self.conn, from).await?,
            };
            let share = match documents {
                // A table that was never analysed tells nothing.
                Some((all, since)) if all >= since => all / since.max(1.0),
                _ => self.board_hours() / self.hours_since(from),
            };
            return Ok(Newest {
                span: part.span,
                count,
                weight: Some(share.max(1.0)),
            });
        }
    }
}

/// Rounded, as nobody should read more into a guess.
pub(super) fn two_digits(number: f64) -> i64 {
    let unit = 10_f64.powf(number.max(1.0).log10().floor() - 1.0).max(1.0);
    ((number / unit).round() * unit) as i64
}
