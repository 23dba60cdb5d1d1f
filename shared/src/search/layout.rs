//! What documents hold, and whether all of them hold it yet.
//!
//! A release that puts more into documents counts [`LAYOUT`] up. Its workers then
//! write all documents anew by themselves; until that is done, searches which need
//! what is new take a longer way to the same results.

use sqlx::PgConnection;

use super::{
    db,
    tasks::{RefreshScope, Scope},
};
use crate::{Result, queue};

/// What this release writes.
pub const LAYOUT: i32 = MARKS_IN_ADS;

/// Skills, places and steps of pay among the tokens, neighbours in the whole ad.
pub(super) const NEIGHBOURS: i32 = 1;
/// What is in title, skills and company is marked so in the whole ad.
pub(super) const MARKS_IN_ADS: i32 = 2;

/// Whether every document is as this release writes it.
pub async fn is_current(conn: &mut PgConnection) -> Result<bool> {
    Ok(db::layout(conn).await? >= LAYOUT)
}

/// Enqueues the writing of all documents, unless they are as this release writes
/// them, or are on the way to it. Whether it did.
pub async fn rebuild_if_outdated(conn: &mut PgConnection) -> Result<bool> {
    if is_current(conn).await? || db::rebuild_progress(conn).await?.done.is_some() {
        return Ok(false);
    }
    queue::enqueue(conn, &RefreshScope::of(Scope::All)).await?;
    Ok(true)
}
