//! SQL of what all documents are known to hold.

use sqlx::PgConnection;

/// The layout that every document has, or a later one.
pub(in crate::search) async fn layout(conn: &mut PgConnection) -> sqlx::Result<i32> {
    sqlx::query_scalar!("select built from search_layout")
        .fetch_one(conn)
        .await
}

/// All documents were written with this layout.
pub async fn set_layout(conn: &mut PgConnection, built: i32) -> sqlx::Result<()> {
    sqlx::query!(
        "update search_layout set built = $1 where built < $1",
        built
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Drops the index that layouts before [`crate::search::layout::MARKS_IN_ADS`] need
/// for titles; whether it was there. Searches wait while it is dropped, so it gives up
/// where a lock is not had at once.
///
/// # Errors
///
/// `lock_not_available`, and others of the database.
pub async fn drop_title_index(conn: &mut PgConnection) -> sqlx::Result<bool> {
    let is_there = sqlx::query_scalar!(
        r#"select to_regclass('job_search_title_idx') is not null as "is_there!""#
    )
    .fetch_one(&mut *conn)
    .await?;
    if is_there {
        sqlx::raw_sql(
            "set local lock_timeout = '100ms';
             drop index if exists job_search_title_idx",
        )
        .execute(conn)
        .await?;
    }
    Ok(is_there)
}
