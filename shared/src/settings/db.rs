//! SQL of settings.

use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

use super::Change;
use crate::{
    Result,
    pagination::{Paging, Slice, TimeCursor},
};

/// What administrators have set. Bounded by the number of settings.
pub(super) async fn stored(conn: &mut PgConnection) -> Result<Vec<(String, Value)>> {
    let rows = sqlx::query!("select key, value from system_settings")
        .fetch_all(conn)
        .await?;
    Ok(rows.into_iter().map(|row| (row.key, row.value)).collect())
}

/// Lets nobody else change settings before the transaction ends; reading goes on.
pub(super) async fn lock(conn: &mut PgConnection) -> Result<()> {
    sqlx::query!("lock table system_settings in share row exclusive mode")
        .execute(conn)
        .await?;
    Ok(())
}

pub(super) async fn put(
    conn: &mut PgConnection,
    key: &str,
    value: &Value,
    admin: Uuid,
) -> Result<()> {
    sqlx::query!(
        "insert into system_settings (key, value, updated_by) values ($1, $2, $3)
         on conflict (key) do update set
             value = excluded.value, updated_at = excluded.updated_at,
             updated_by = excluded.updated_by",
        key,
        value,
        admin,
    )
    .execute(conn)
    .await?;
    Ok(())
}

pub(super) async fn remove(conn: &mut PgConnection, key: &str) -> Result<()> {
    sqlx::query!("delete from system_settings where key = $1", key)
        .execute(conn)
        .await?;
    Ok(())
}

pub(super) async fn record(
    conn: &mut PgConnection,
    key: &str,
    old: &Value,
    new: &Value,
    admin: Uuid,
) -> Result<Change> {
    let change = sqlx::query_as!(
        Change,
        "insert into system_setting_changes (key, old_value, new_value, changed_by)
         values ($1, $2, $3, $4)
         returning id, key, old_value, new_value, changed_at, changed_by",
        key,
        old,
        new,
        admin,
    )
    .fetch_one(conn)
    .await?;
    Ok(change)
}

/// Every change, the newest first.
pub async fn changes(conn: &mut PgConnection, paging: &Paging) -> Result<Slice<Change>> {
    let after = paging.cursor();
    let rows = sqlx::query_as!(
        Change,
        r#"select id, key, old_value, new_value, changed_at, changed_by
           from system_setting_changes
           where $1::timestamptz is null or (changed_at, id) < ($1, $2)
           order by changed_at desc, id desc
           limit $3"#,
        after.map(|cursor| cursor.at),
        after.map(|cursor| cursor.id),
        paging.limit(),
    )
    .fetch_all(conn)
    .await?;
    Ok(Slice::cut(rows, paging.size, None, |change| TimeCursor {
        at: change.changed_at,
        id: change.id,
    }))
}
