//! Reading the best or the newest matches without reading all of them.
//!
//! Where few match, all are ranked. Where many do, each tier is read in blocks:
//! spans of publication times, the newest first, each wide enough to hold a
//! good number of matches, which are ranked exactly. Blocks do not overlap and
//! leave nothing out, and a cursor names the block that it stands in, so what is
//! there all the while comes exactly once.

use chrono::{DateTime, TimeDelta, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::{
    conditions::Conditions,
    cursor::{Block, SearchCursor},
    db::{self, Match, Part, Tier},
    span::{Span, slot_before},
};
use crate::{
    Result,
    pagination::{Paging, Slice},
};

/// How many matches are read before it is settled for what there is.
#[derive(Clone, Copy, Debug)]
pub struct Effort {
    /// Up to about so many are all ranked.
    pub all: u32,
    /// So many a block holds at least; each further one twice as many.
    pub block: u32,
    /// Whether the tiers come one after the other; else the score alone decides.
    pub tiers: bool,
}

impl Effort {
    /// All that match, by score alone: what the quality of others is measured against.
    pub const EVERYTHING: Self = Self {
        all: u32::MAX,
        block: u32::MAX,
        tiers: false,
    };
}

impl Default for Effort {
    fn default() -> Self {
        Self {
            all: 300,
            block: 100,
            tiers: true,
        }
    }
}

/// The hours of the first window, and how much further one may reach at once.
pub(super) const FIRST_HOURS: f64 = 12.0;
const STRIDE: f64 = 32.0;

/// Of more matches in the first window than this, a part is enough to begin with.
const DENSE: i64 = 500;
/// The hours of the first window where matches are dense: of a word that most ads
/// have, twelve hours of a million ads are thousands to rank.
const DENSE_HOURS: f64 = 1.5;
/// So many in a window may be there by chance where all in all are few.
const CHANCE: i64 = 8;
/// What none in a window is taken for: that there are none at all is not known.
const HALF_A_MATCH: f64 = 0.5;

pub(super) struct Climb<'a> {
    pub(super) conn: &'a mut PgConnection,
    pub(super) conditions: &'a Conditions,
    pub(super) effort: Effort,
    /// Nothing older is looked for.
    pub(super) begins: DateTime<Utc>,
    /// Nothing newer is there: a board that has had no news for a month is judged by
    /// the month before.
    pub(super) ends: DateTime<Utc>,
    /// Whether so few match that all are ranked, once that is known.
    pub(super) few: Option<bool>,
    /// Whether the first window holds more than [`DENSE`], once that is known.
    pub(super) dense: Option<bool>,
}

impl<'a> Climb<'a> {
    /// None where there is no document.
    pub(super) async fn start(
        conn: &'a mut PgConnection,
        conditions: &'a Conditions,
        effort: Effort,
    ) -> Result<Option<Self>> {
        let Some((oldest, newest)) = db::ends(conn).await? else {
            return Ok(None);
        };
        Ok(Some(Self {
            conn,
            conditions,
            effort,
            begins: conditions.posted_after.map_or(oldest, |at| at.max(oldest)),
            ends: newest.min(conditions.as_of),
            few: None,
            dense: None,
        }))
    }

    pub(super) async fn best(
        &mut self,
        paging: &Paging<SearchCursor>,
    ) -> Result<Slice<Match, SearchCursor>> {
        let as_of = self.conditions.as_of;
        let after = match paging.cursor() {
            Some(SearchCursor::Block {
                block, score, id, ..
            }) => return self.in_blocks(paging, Some((*block, *score, *id))).await,
            Some(SearchCursor::Rank {
                tier, score, id, ..
            }) => Some((*tier, *score, *id)),
            _ if self.all_are_few().await? => None,
            _ => return self.in_blocks(paging, None).await,
        };
        let part = Part {
            tier: match self.effort.tiers {
                true => Tier::All,
                false => Tier::None,
            },
            span: Span::default(),
        };
        let (found, _) = db::ranked(
            self.conn,
            self.conditions,
            part,
            after,
            paging.limit(),
            paging.offset(),
        )
        .await?;
        Ok(Slice::cut(found, paging.size, None, |found| {
            SearchCursor::Rank {
                as_of,
                tier: found.tier,
                score: found.score,
                id: found.job_id,
            }
        }))
    }

    /// Block after block, from a place in one of them on.
    async fn in_blocks(
        &mut self,
        paging: &Paging<SearchCursor>,
        after: Option<(Block, i32, Uuid)>,
    ) -> Result<Slice<Match, SearchCursor>> {
        let as_of = self.conditions.as_of;
        let mut skip = paging.offset();
        let mut found: Vec<(Block, Match)> = Vec::new();
        let mut next = Some(Block::FIRST);
        if let Some((block, score, id)) = after {
            let place = (block.tier, score, id);
            let rest = self
                .ranked(block, Some(place), paging.limit(), 0)
                .await?
                .into_iter()
                .map(|hit| (block, hit));
            found.extend(rest);
            next = block.next();
        }
        while let Some(start) = next
            && (found.len() as i64) < paging.limit()
        {
            let missing = paging.limit() - found.len() as i64;
            let (block, rows, count) = self.block(start, skip, missing).await?;
            skip = (skip - count).max(0);
            found.extend(rows.into_iter().map(|hit| (block, hit)));
            next = block.next();
        }
        let page = Slice::cut(found, paging.size, None, |(block, hit)| {
            SearchCursor::Block {
                as_of,
                block: *block,
                score: hit.score,
                id: hit.job_id,
            }
        });
        Ok(Slice {
            rows: page.rows.into_iter().map(|(_, hit)| hit).collect(),
            next: page.next,
            total: None,
        })
    }

    /// Finds the lower end of a block; gives its matches from `skip` on and how
    /// many it holds.
    async fn block(
        &mut self,
        start: Block,
        skip: i64,
        missing: i64,
    ) -> Result<(Block, Vec<Match>, i64)> {
        let wanted = i64::from(self.effort.block) << start.level.min(12);
        // What will hardly be needed is only counted.
        let counts_only = skip >= wanted;
        let (mut window, mut rows, mut count) = (start, Vec::new(), 0);
        let mut hours = Some(self.first_hours(start));
        loop {
            window.span.from = self.lower_end(start.span, hours);
            let part = Part {
                tier: window.tier,
                span: window.span,
            };
            if counts_only {
                count += db::count(self.conn, self.conditions, part, i64::MAX).await?;
            } else {
                let (more, counted) =
                    db::ranked(self.conn, self.conditions, part, None, skip + missing, 0).await?;
                count += counted;
                rows.extend(more);
            }
            if window.span.from.is_none() || count >= wanted {
                break;
            }
            window.span.to = window.span.from;
            hours = self.next_hours(start.span, window.span.from, count, wanted);
        }
        let block = Block {
            span: Span {
                from: window.span.from,
                to: start.span.to,
            },
            ..start
        };
        if counts_only && count > skip {
            rows = self.ranked(block, None, missing, skip).await?;
        } else {
            rows.sort_unstable_by_key(Match::place);
            rows.drain(..rows.len().min(usize::try_from(skip).unwrap_or(usize::MAX)));
            rows.truncate(usize::try_from(missing).unwrap_or(0));
        }
        Ok((block, rows, count))
    }

    async fn ranked(
        &mut self,
        block: Block,
        after: Option<(Tier, i32, Uuid)>,
        limit: i64,
        offset: i64,
    ) -> Result<Vec<Match>> {
        let part = Part {
            tier: block.tier,
            span: block.span,
        };
        let (found, _) = db::ranked(self.conn, self.conditions, part, after, limit, offset).await?;
        Ok(found)
    }

    pub(super) async fn newest(
        &mut self,
        paging: &Paging<SearchCursor>,
    ) -> Result<Slice<Match, SearchCursor>> {
        let as_of = self.conditions.as_of;
        let after = match paging.cursor() {
            Some(SearchCursor::Date { at, id, .. }) => Some((*at, *id)),
            _ => None,
        };
        let found = self.dated(after, paging.limit(), paging.offset()).await?;
        Ok(Slice::cut(found, paging.size, None, |found| {
            SearchCursor::Date {
                as_of,
                at: found.published_at,
                id: found.job_id,
            }
        }))
    }

    /// The newest after a place in that order.
    pub(super) async fn dated(
        &mut self,
        after: Option<(DateTime<Utc>, Uuid)>,
        limit: i64,
        offset: i64,
    ) -> Result<Vec<Match>> {
        let mut found = Vec::new();
        let mut skip = offset;
        // The row that the cursor names, and its twins in time, lie in the first window.
        let top = Span::until(after.map(|(at, _)| at + TimeDelta::microseconds(1)));
        let mut window = top;
        let mut count = 0;
        let mut hours = self.conditions.narrow().then_some(FIRST_HOURS);
        loop {
            window.from = self.lower_end(top, hours);
            let missing = limit - found.len() as i64;
            let mut passed = 0;
            if skip > 0 && window.from.is_some() {
                let part = Part {
                    tier: Tier::All,
                    span: window,
                };
                passed = db::count(self.conn, self.conditions, part, i64::MAX).await?;
            }
            if skip == 0 || window.from.is_none() || passed > skip {
                let more =
                    db::newest(self.conn, self.conditions, window, after, missing, skip).await?;
                passed = passed.max(more.len() as i64);
                found.extend(more);
            }
            skip = (skip - passed).max(0);
            count += passed;
            if window.from.is_none() || found.len() as i64 >= limit {
                return Ok(found);
            }
            window.to = window.from;
            hours = self.next_hours(top, window.from, count, offset + limit);
        }
    }

    /// Judged by the last twelve hours of the board; where none or a handful in so short
    /// a time tells little, by four days.
    pub(super) async fn all_are_few(&mut self) -> Result<bool> {
        if let Some(few) = self.few {
            return Ok(few);
        }
        let mut few = true;
        for hours in [FIRST_HOURS, FIRST_HOURS * 8.0] {
            let from = self.lower_end(Span::default(), Some(hours));
            let span = Span { from, to: None };
            let share = from.map_or(1.0, |from| self.hours_since(from) / self.board_hours());
            let expected = f64::from(self.effort.all) * share;
            let most = expected.floor() as i64;
            let part = Part {
                tier: Tier::All,
                span,
            };
            let bound = most.max(DENSE) + 1;
            let count = db::count(self.conn, self.conditions, part, bound).await?;
            self.dense.get_or_insert(count > DENSE);
            few = count <= most;
            let tells = if few {
                expected >= HALF_A_MATCH
            } else {
                count > CHANCE
            };
            if tells || from.is_none() {
                break;
            }
        }
        self.few = Some(few);
        Ok(few)
    }

    /// Few of those that match do so by their titles. Later blocks hold twice as many
    /// each.
    fn first_hours(&self, block: Block) -> f64 {
        if block.tier == Tier::Text && self.dense != Some(false) {
            (DENSE_HOURS * f64::from(1_u32 << block.level.min(3))).min(FIRST_HOURS)
        } else {
            FIRST_HOURS
        }
    }

    pub(super) fn hours_since(&self, from: DateTime<Utc>) -> f64 {
        ((self.ends - from).num_seconds() as f64 / 3600.0).max(1.0)
    }

    pub(super) fn board_hours(&self) -> f64 {
        self.hours_since(self.begins)
    }

    /// Where a window of so many hours below the top ends; none where nothing is
    /// older.
    pub(super) fn lower_end(&self, top: Span, hours: Option<f64>) -> Option<DateTime<Utc>> {
        let top = top.to.unwrap_or(self.ends);
        slot_before(top, hours?).filter(|from| *from > self.begins)
    }

    /// How far the next window shall reach after one to `from` was not enough:
    /// about as far as what is wanted, a bounded step at a time. All the way where
    /// few are left.
    pub(super) fn next_hours(
        &self,
        top: Span,
        from: Option<DateTime<Utc>>,
        count: i64,
        wanted: i64,
    ) -> Option<f64> {
        let top = top.to.unwrap_or(self.ends);
        let hours = |from: DateTime<Utc>| ((top - from).num_seconds() as f64 / 3600.0).max(1.0);
        let so_far = hours(from?);
        let rate = (count as f64).max(HALF_A_MATCH) / so_far;
        if rate * hours(self.begins) <= f64::from(self.effort.all) {
            return None;
        }
        let reach = 1.25 * wanted as f64 / rate;
        Some(reach.clamp(so_far * 2.0, so_far * STRIDE))
    }
}
