//! Lists by pay and by distance, a span of keys at a time.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{
    climb::Climb,
    conditions::Conditions,
    cursor::SearchCursor,
    db::{self, Match, Part, Tier},
    layout,
    order::{Keys, Order},
    span::Span,
};
use crate::{
    Result,
    pagination::{Paging, Slice},
};

/// A match and its key.
type Keyed = (i32, Match);
/// A place in the list.
type Place = (i32, DateTime<Utc>, Uuid);

impl Climb<'_> {
    pub(super) async fn in_order(
        &mut self,
        order: &Order,
        paging: &Paging<SearchCursor>,
    ) -> Result<Slice<Match, SearchCursor>> {
        let as_of = self.conditions.as_of;
        let after = match paging.cursor() {
            Some(SearchCursor::Key { key, at, id, .. }) => Some((*key, *at, *id)),
            _ => None,
        };
        // What all is ranked for does not need the tokens that documents may lack.
        let whole = self.all_are_few().await? || self.conditions.layout < layout::NEIGHBOURS;
        let found = if whole {
            let (limit, skip) = (paging.limit(), paging.offset());
            db::sorted(self.conn, self.conditions, order, after, limit, skip).await?
        } else {
            self.by_spans(order, after, paging.limit(), paging.offset())
                .await?
        };
        let page = Slice::cut(found, paging.size, None, |(key, hit)| SearchCursor::Key {
            as_of,
            key: *key,
            at: hit.published_at,
            id: hit.job_id,
        });
        Ok(Slice {
            rows: page.rows.into_iter().map(|(_, hit)| hit).collect(),
            next: page.next,
            total: None,
        })
    }

    async fn by_spans(
        &mut self,
        order: &Order,
        after: Option<Place>,
        limit: i64,
        mut skip: i64,
    ) -> Result<Vec<Keyed>> {
        let newest = self.newest_of_all(self.effort.all.into()).await?;
        let mut sample = db::keys(self.conn, self.conditions, order, newest.part()).await?;
        sample.sort_unstable();
        let weight = newest.weight.unwrap_or(1.0);
        let mut found = Vec::new();
        let mut from = after.map(|(key, ..)| key);
        while let Some(keys) = order.next_keys(self.effort, from, &sample, weight) {
            let missing = limit - found.len() as i64;
            let narrowed = order.narrowed(self.conditions, keys);
            if skip > 0 {
                let part = Part {
                    tier: Tier::All,
                    span: Span::default(),
                };
                let count = db::count(self.conn, &narrowed, part, i64::MAX).await?;
                if count <= skip {
                    skip -= count;
                    from = Some(keys.to.saturating_add(1));
                    continue;
                }
            }
            found.extend(
                self.span(order, &narrowed, keys, after, missing, skip)
                    .await?,
            );
            skip = 0;
            if found.len() as i64 >= limit {
                break;
            }
            from = Some(keys.to.saturating_add(1));
        }
        Ok(found)
    }

    async fn span(
        &mut self,
        order: &Order,
        narrowed: &Conditions,
        keys: Keys,
        after: Option<Place>,
        limit: i64,
        skip: i64,
    ) -> Result<Vec<Keyed>> {
        if !keys.is_one() {
            return Ok(db::sorted(self.conn, narrowed, order, after, limit, skip).await?);
        }
        // Very many may have this key: they are a list by date.
        let after = after
            .filter(|(key, ..)| *key == keys.from)
            .map(|(_, at, id)| (at, id));
        let mut dated = Climb {
            conn: &mut *self.conn,
            conditions: narrowed,
            ..*self
        };
        let found = dated.dated(after, limit, skip).await?;
        Ok(found.into_iter().map(|hit| (keys.from, hit)).collect())
    }
}
