//! Waiting for somebody who waits for a lock.

use sqlx::PgPool;

use super::until;

/// Returns when a statement with these words waits for a lock.
pub(crate) async fn wait_for_a_waiter(db: &PgPool, words: &str) {
    until("a statement waits", async || {
        sqlx::query_scalar(
            "select exists (select from pg_stat_activity
                where datname = current_database() and wait_event_type = 'Lock'
                    and query ilike '%' || $1 || '%')",
        )
        .bind(words)
        .fetch_one(db)
        .await
        .unwrap()
    })
    .await;
}
