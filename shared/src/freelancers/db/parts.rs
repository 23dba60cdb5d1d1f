//! Every statement on the lists of a profile, once for all of them: rows go to and
//! from the database as JSON objects whose keys are the columns.

use chrono::NaiveDate;
use sqlx::{AssertSqlSafe, PgConnection, types::Json};
use uuid::Uuid;

use crate::{
    Error, Result,
    freelancers::parts::{DayCursor, Entry, Part},
    pagination::{Paging, Slice, Start},
};

/// The latest first.
pub async fn list<T: Part>(
    conn: &mut PgConnection,
    profile_id: Uuid,
    paging: &Paging<DayCursor>,
) -> Result<Slice<Entry<T>, DayCursor>> {
    let (table, day) = (T::TABLE, T::DAY);
    let cursor = paging.cursor();
    let rows: Vec<(Json<Entry<T>>, NaiveDate)> = sqlx::query_as(AssertSqlSafe(format!(
        "select to_jsonb(t), {day}
         from {table} t
         where t.freelancer_profile_id = $1
           and ($2::date is null or ({day}, t.id) < ($2, $3))
         order by {day} desc, t.id desc
         limit $4 offset $5"
    )))
    .bind(profile_id)
    .bind(cursor.map(|cursor| cursor.day))
    .bind(cursor.map(|cursor| cursor.id))
    .bind(paging.limit())
    .bind(paging.offset())
    .fetch_all(&mut *conn)
    .await?;
    let total = match paging.start {
        Start::Page(_) => Some(count::<T>(conn, profile_id).await?),
        Start::After(_) => None,
    };
    let slice = Slice::cut(rows, paging.size, total, |(entry, day)| DayCursor {
        day: *day,
        id: entry.id,
    });
    Ok(Slice {
        rows: slice.rows.into_iter().map(|(entry, _)| entry.0).collect(),
        next: slice.next,
        total: slice.total,
    })
}

/// All of them, the latest first, up to `limit`.
pub async fn all<T: Part>(
    conn: &mut PgConnection,
    profile_id: Uuid,
    limit: u32,
) -> Result<Vec<Entry<T>>> {
    let paging = Paging {
        start: Start::After(None),
        size: limit,
    };
    Ok(list(conn, profile_id, &paging).await?.rows)
}

pub async fn count<T: Part>(conn: &mut PgConnection, profile_id: Uuid) -> Result<i64> {
    let count = sqlx::query_scalar(AssertSqlSafe(format!(
        "select count(*) from {} where freelancer_profile_id = $1",
        T::TABLE
    )))
    .bind(profile_id)
    .fetch_one(conn)
    .await?;
    Ok(count)
}

pub async fn get<T: Part>(conn: &mut PgConnection, profile_id: Uuid, id: Uuid) -> Result<Entry<T>> {
    let entry: Option<Json<Entry<T>>> = sqlx::query_scalar(AssertSqlSafe(format!(
        "select to_jsonb(t) from {} t where t.freelancer_profile_id = $1 and t.id = $2",
        T::TABLE
    )))
    .bind(profile_id)
    .bind(id)
    .fetch_optional(conn)
    .await?;
    entry.map(|entry| entry.0).ok_or(Error::NotFound(T::NAME))
}

pub async fn insert<T: Part>(
    conn: &mut PgConnection,
    profile_id: Uuid,
    details: &T,
) -> Result<Entry<T>> {
    let (table, columns) = (T::TABLE, T::COLUMNS);
    let entry: Json<Entry<T>> = sqlx::query_scalar(AssertSqlSafe(format!(
        "insert into {table} as t (freelancer_profile_id, {columns})
         select $1, {columns} from jsonb_populate_record(null::{table}, $2)
         returning to_jsonb(t)"
    )))
    .bind(profile_id)
    .bind(Json(details))
    .fetch_one(conn)
    .await?;
    Ok(entry.0)
}

pub async fn update<T: Part>(
    conn: &mut PgConnection,
    profile_id: Uuid,
    id: Uuid,
    details: &T,
) -> Result<Entry<T>> {
    let (table, columns) = (T::TABLE, T::COLUMNS);
    let entry: Option<Json<Entry<T>>> = sqlx::query_scalar(AssertSqlSafe(format!(
        "update {table} t
         set ({columns}) = (select {columns} from jsonb_populate_record(null::{table}, $3))
         where t.freelancer_profile_id = $1 and t.id = $2
         returning to_jsonb(t)"
    )))
    .bind(profile_id)
    .bind(id)
    .bind(Json(details))
    .fetch_optional(conn)
    .await?;
    entry.map(|entry| entry.0).ok_or(Error::NotFound(T::NAME))
}

pub async fn delete<T: Part>(conn: &mut PgConnection, profile_id: Uuid, id: Uuid) -> Result<()> {
    let done = sqlx::query(AssertSqlSafe(format!(
        "delete from {} where freelancer_profile_id = $1 and id = $2",
        T::TABLE
    )))
    .bind(profile_id)
    .bind(id)
    .execute(conn)
    .await?;
    if done.rows_affected() == 0 {
        return Err(Error::NotFound(T::NAME));
    }
    Ok(())
}
