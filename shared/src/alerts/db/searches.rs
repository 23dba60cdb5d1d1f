//! SQL of what new jobs are held against.

use sqlx::{PgConnection, types::Json};
use uuid::Uuid;

use crate::{
    Result,
    search::{READING, Search, Standing},
};

/// Puts the search in the place of the one that stands.
pub(in crate::alerts) async fn put_search(
    conn: &mut PgConnection,
    alert_id: Uuid,
    standing: &Standing,
) -> Result<()> {
    let near = standing.near.as_ref();
    sqlx::query!(
        "insert into alert_searches
             (alert_id, reading, asked, large_asked, pays_at_least, starts_at_most, or_unknown,
              near_lats, near_lons, near_km, near_areas)
         select $1, $2, case when is_large then '''#0'''::tsquery else asked end,
                case when is_large then array[asked] end, $4, $5, $6, $7, $8, $9, $10
         from (select asked, pg_column_size(asked) > 4000 as is_large
               from (values ($3::text::tsquery)) given (asked)) given
         on conflict (alert_id) do update set
             reading = excluded.reading, asked = excluded.asked,
             large_asked = excluded.large_asked,
             pays_at_least = excluded.pays_at_least, starts_at_most = excluded.starts_at_most,
             or_unknown = excluded.or_unknown, near_lats = excluded.near_lats,
             near_lons = excluded.near_lons, near_km = excluded.near_km,
             near_areas = excluded.near_areas",
        alert_id,
        READING,
        standing.asked,
        standing.pays_at_least,
        standing.starts_at_most,
        standing.or_unknown,
        near.map_or(&[][..], |near| &near.lats),
        near.map_or(&[][..], |near| &near.lons),
        near.map(|near| near.km),
        near.map_or(&[][..], |near| &near.areas),
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!(
        "delete from alert_keys where alert_id = $1 and key <> all($2)",
        alert_id,
        &standing.keys
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!(
        "insert into alert_keys (key, alert_id) select key, $1 from unnest($2::text[]) key
         on conflict do nothing",
        alert_id,
        &standing.keys
    )
    .execute(conn)
    .await?;
    Ok(())
}

pub(in crate::alerts) async fn remove_search(
    conn: &mut PgConnection,
    alert_id: Uuid,
) -> Result<()> {
    sqlx::query!("delete from alert_searches where alert_id = $1", alert_id)
        .execute(conn)
        .await?;
    Ok(())
}

/// The next searches after an id, in its order: all, or those that another version has
/// read. They are locked until the transaction ends, so that no edit is overtaken.
pub(in crate::alerts) async fn next(
    conn: &mut PgConnection,
    only_outdated: bool,
    after: Option<Uuid>,
    most: i64,
) -> Result<Vec<(Uuid, Search)>> {
    let rows = sqlx::query!(
        r#"select a.id, a.search as "search: Json<Search>"
           from job_alerts a
           where a.id in (
                   select alert_id from alert_searches
                   where ($1::uuid is null or alert_id > $1) and (not $2 or reading <> $3)
                   order by alert_id limit $4)
           order by a.id
           for update of a"#,
        after,
        only_outdated,
        READING,
        most,
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|row| (row.id, row.search.0)).collect())
}

/// Whether there is a search that another version of the code has read.
pub async fn outdated(conn: &mut PgConnection) -> Result<bool> {
    let found = sqlx::query_scalar!(
        r#"select exists (select from alert_searches where reading < $1)
               or exists (select from alert_searches where reading > $1) as "found!""#,
        READING
    )
    .fetch_one(conn)
    .await?;
    Ok(found)
}
