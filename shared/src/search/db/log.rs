//! SQL of the search log.

use std::collections::HashMap;

use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::{
    Result,
    pagination::{Paging, Slice},
    search::log::{
        Waiting,
        report::{ReportCursor, ReportFilter, SearchedWords},
    },
};

/// Days that the log is kept.
const KEPT_DAYS: i32 = 90;
/// Words weigh in suggestions only when so many visitors have asked for them.
const MIN_VISITORS: i64 = 3;

/// Adds what was counted. In the order of ids, so that two processes never wait for
/// each other. Of searches that the log does not know nothing is written.
pub(in crate::search) async fn write(
    conn: &mut PgConnection,
    waiting: &Waiting,
) -> sqlx::Result<()> {
    let mut asked: Vec<_> = waiting.asked.values().collect();
    asked.sort_by_key(|(asked, _)| asked.id);
    let ids: Vec<Uuid> = asked.iter().map(|(asked, _)| asked.id).collect();
    let words: Vec<String> = asked.iter().map(|(asked, _)| asked.words.clone()).collect();
    let filters: Vec<Value> = asked
        .iter()
        .map(|(asked, _)| serde_json::to_value(&asked.filters).unwrap_or_default())
        .collect();
    let languages: Vec<Option<String>> = asked
        .iter()
        .map(|(asked, _)| asked.language.clone())
        .collect();
    let results: Vec<i32> = asked.iter().map(|(_, results)| *results).collect();
    sqlx::query!(
        "insert into search_queries (id, words, filters, language, results, last_on)
         select id, words, filters, language, results, (select app_now() at time zone 'utc')::date
         from unnest($1::uuid[], $2::text[], $3::jsonb[], $4::text[], $5::int[])
              as given (id, words, filters, language, results)
         order by id
         on conflict (id) do update set
             language = coalesce(excluded.language, search_queries.language),
             results = excluded.results, last_on = excluded.last_on",
        &ids,
        &words,
        &filters,
        &languages as &[Option<String>],
        &results
    )
    .execute(&mut *conn)
    .await?;
    let mut searches: Vec<_> = waiting.searches.iter().collect();
    searches.sort_by_key(|(id, _)| **id);
    let ids: Vec<Uuid> = searches.iter().map(|(id, _)| **id).collect();
    let counts: Vec<i32> = searches.iter().map(|(_, times)| times.searches).collect();
    let visitors: Vec<i32> = searches.iter().map(|(_, times)| times.visitors).collect();
    sqlx::query!(
        "insert into search_days as d (day, search_id, searches, visitors)
         select (select app_now() at time zone 'utc')::date, q.id, given.searches, given.visitors
         from unnest($1::uuid[], $2::int[], $3::int[]) as given (id, searches, visitors)
         join search_queries q on q.id = given.id
         order by q.id
         on conflict (day, search_id) do update set
             searches = d.searches + excluded.searches,
             visitors = d.visitors + excluded.visitors",
        &ids,
        &counts,
        &visitors
    )
    .execute(&mut *conn)
    .await?;
    let mut clicks: Vec<_> = waiting.clicks.iter().collect();
    clicks.sort();
    let ids: Vec<Uuid> = clicks.iter().map(|((id, _), _)| *id).collect();
    let positions: Vec<i16> = clicks.iter().map(|((_, position), _)| *position).collect();
    let counts: Vec<i32> = clicks.iter().map(|(_, count)| **count).collect();
    sqlx::query!(
        "insert into search_clicks as c (day, search_id, position, clicks)
         select (select app_now() at time zone 'utc')::date, q.id, given.position, given.clicks
         from unnest($1::uuid[], $2::smallint[], $3::int[]) as given (id, position, clicks)
         join search_queries q on q.id = given.id
         order by q.id, given.position
         on conflict (day, search_id, position) do update set clicks = c.clicks + excluded.clicks",
        &ids,
        &positions,
        &counts
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// What enough visitors have searched for in the last month, and how many.
pub(in crate::search) async fn asked_often(
    conn: &mut PgConnection,
) -> sqlx::Result<HashMap<String, u32>> {
    const MOST: i64 = 50_000;
    let rows = sqlx::query!(
        r#"select q.words, sum(d.visitors) as "visitors!"
           from search_days d join search_queries q on q.id = d.search_id
           where d.day > (select app_now() at time zone 'utc')::date - 30
           group by q.words having sum(d.visitors) >= $1
           order by 2 desc, 1 limit $2"#,
        MIN_VISITORS,
        MOST
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.words, u32::try_from(row.visitors).unwrap_or(u32::MAX)))
        .collect())
}

/// Words by how often they were searched for, the most frequent first.
///
/// # Errors
///
/// Those of the database.
pub async fn report(
    conn: &mut PgConnection,
    filter: ReportFilter,
    paging: &Paging<ReportCursor>,
) -> Result<Slice<SearchedWords, ReportCursor>> {
    let cursor = paging.cursor();
    let rows = sqlx::query_as!(
        SearchedWords,
        r#"with asked as (
               select d.search_id, sum(d.searches) as searches, sum(d.visitors) as visitors,
                      max(d.day) as last_on
               from search_days d
               where d.day > (select app_now() at time zone 'utc')::date - $1::int
               group by d.search_id
           ), opened as (
               select c.search_id, sum(c.clicks) as clicks,
                      sum(c.clicks * c.position::bigint) as positions
               from search_clicks c
               where c.day > (select app_now() at time zone 'utc')::date - $1::int
               group by c.search_id
           )
           select q.words, sum(a.searches)::bigint as "searches!",
                  sum(a.visitors)::bigint as "visitors!", max(q.results) as "results!",
                  coalesce(sum(o.clicks), 0)::bigint as "clicks!",
                  (sum(o.positions) / sum(o.clicks))::float8 as mean_position,
                  max(a.last_on) as "last_on!"
           from asked a
           join search_queries q on q.id = a.search_id
           left join opened o on o.search_id = a.search_id
           where not $2 or q.results = 0
           group by q.words
           having $3::bigint is null or (-sum(a.searches)::bigint, q.words) > (-$3, $4)
           order by -sum(a.searches)::bigint, q.words
           limit $5"#,
        i32::from(filter.days),
        filter.without_results,
        cursor.map(|cursor| cursor.searches),
        cursor.map(|cursor| cursor.words.as_str()),
        paging.limit()
    )
    .fetch_all(conn)
    .await?;
    Ok(Slice::cut(rows, paging.size, None, |row| ReportCursor {
        searches: row.searches,
        words: row.words.clone(),
    }))
}

/// Forgets at most so many old rows of each table; gives how many it forgot.
///
/// # Errors
///
/// Those of the database.
pub async fn forget_old(conn: &mut PgConnection, most: i64) -> sqlx::Result<u64> {
    let mut forgotten = 0;
    forgotten += sqlx::query!(
        "delete from search_days where ctid = any(array(
             select ctid from search_days
             where day < (select app_now() at time zone 'utc')::date - $1::int limit $2))",
        KEPT_DAYS,
        most
    )
    .execute(&mut *conn)
    .await?
    .rows_affected();
    forgotten += sqlx::query!(
        "delete from search_clicks where ctid = any(array(
             select ctid from search_clicks
             where day < (select app_now() at time zone 'utc')::date - $1::int limit $2))",
        KEPT_DAYS,
        most
    )
    .execute(&mut *conn)
    .await?
    .rows_affected();
    forgotten += sqlx::query!(
        "delete from search_queries where ctid = any(array(
             select ctid from search_queries
             where last_on < (select app_now() at time zone 'utc')::date - $1::int limit $2))",
        KEPT_DAYS,
        most
    )
    .execute(conn)
    .await?
    .rows_affected();
    Ok(forgotten)
}
