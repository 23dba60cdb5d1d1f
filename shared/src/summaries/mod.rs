//! What employers are mailed about a week of their jobs.

pub(crate) mod db;
pub mod emails;
pub mod tasks;

use sqlx::PgConnection;

use self::tasks::PromiseSummaries;
use crate::{Result, mail::Template, notifications, queue};

/// Employers in one transaction.
const BLOCK: i64 = 200;
/// About half a year: longer than mails are kept.
const WEEKS_KEPT: i32 = 26;

/// Promises the next employers the mail about a week, and enqueues the block after them.
/// Who has nothing to be told gets none; doing it again promises nobody another one.
/// Gives how many are promised.
pub async fn promise(conn: &mut PgConnection, task: &PromiseSummaries) -> Result<usize> {
    if task.after.is_none() {
        db::forget_old(conn, task.week, WEEKS_KEPT).await?;
    }
    let employers = db::employers_with_news(conn, task.week, task.after, BLOCK).await?;
    let new = db::insert(conn, task.week, &employers).await?;
    for (summary_id, user_id) in &new {
        notifications::tell(conn, *summary_id, *user_id, Template::EmployerSummary).await?;
    }
    if employers.len() == usize::try_from(BLOCK).unwrap_or(usize::MAX) {
        let next = PromiseSummaries {
            after: employers.last().copied(),
            ..task.clone()
        };
        queue::enqueue(conn, &next).await?;
    }
    Ok(new.len())
}
