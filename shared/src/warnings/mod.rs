//! What admins are warned of by mail: background tasks that have died.

mod db;
pub mod emails;
pub mod tasks;

use sqlx::PgConnection;

use crate::{Result, mail::Template, notifications};

/// Promises every admin one mail about the tasks that have died since the last one, if
/// there are any and that was an hour ago. Gives whether it did.
pub async fn warn_of_dead_tasks(conn: &mut PgConnection) -> Result<bool> {
    let Some(warning_id) = db::insert(conn).await? else {
        return Ok(false);
    };
    db::forget_old(conn).await?;
    for admin in db::admins(conn).await? {
        notifications::tell(conn, warning_id, admin, Template::DeadTasks).await?;
    }
    Ok(true)
}
