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

/// 1: skills, places and steps of pay among the tokens, neighbours in the whole ad.
pub const LAYOUT: i32 = 1;

/// Enqueues the writing of all documents, unless they are as this release writes
/// them, or are on the way to it. Whether it did.
pub async fn rebuild_if_outdated(conn: &mut PgConnection) -> Result<bool> {
    if db::layout(conn).await? >= LAYOUT || db::rebuild_progress(conn).await?.done.is_some() {
        return Ok(false);
    }
    queue::enqueue(conn, &RefreshScope::of(Scope::All)).await?;
    Ok(true)
}
