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
