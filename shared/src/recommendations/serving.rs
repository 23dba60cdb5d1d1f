//! The list that a freelancer is shown.

use std::time::Duration;

use sqlx::PgConnection;
use uuid::Uuid;

use super::{Recommendation, Step, db};
use crate::Result;

/// Up to `size` jobs: first those stored for the user, then what is trending in
/// the categories and places of their profile, then what is trending at all, then
/// the newest. Whether a job is live and not applied for is looked up now.
pub async fn for_user(
    conn: &mut PgConnection,
    user_id: Uuid,
    size: usize,
    trending_half_life: Duration,
) -> Result<Vec<Recommendation>> {
    let half_life = trending_half_life.as_secs_f64();
    let mut list: Vec<Recommendation> = Vec::with_capacity(size);
    for step in [
        Step::Stored,
        Step::TrendingNearby,
        Step::Trending,
        Step::Newest,
    ] {
        let missing = (size - list.len()) as i64;
        if missing == 0 {
            break;
        }
        let listed: Vec<Uuid> = list.iter().map(|one| one.job_id).collect();
        let more = match step {
            Step::Stored => db::stored(conn, user_id, missing).await?,
            Step::TrendingNearby => {
                db::trending_nearby(conn, user_id, &listed, missing, half_life).await?
            }
            Step::Trending => db::trending(conn, user_id, &listed, missing, half_life).await?,
            Step::Newest => db::newest(conn, user_id, &listed, missing).await?,
        };
        list.extend(more);
    }
    Ok(list)
}
