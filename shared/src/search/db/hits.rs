//! SQL that reads the search documents.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use sqlx::{PgConnection, QueryBuilder};
use uuid::Uuid;

use super::matching::{Part, SCORE_ONE, Tier, push_matches, push_tier, push_tsquery};
use crate::search::{conditions::Conditions, language::Language, lexemes::Lexemes, span::Span};

/// A document that matches.
#[derive(Clone, Copy, Debug)]
pub(in crate::search) struct Match {
    pub(in crate::search) job_id: Uuid,
    pub(in crate::search) published_at: DateTime<Utc>,
    /// Never [`Tier::All`]; [`Tier::Text`] in lists by date.
    pub(in crate::search) tier: Tier,
    /// Of [`SCORE_ONE`]; 0 in lists by date.
    pub(in crate::search) score: i32,
}

impl Match {
    /// In a list that has no scores.
    pub(super) fn dated(job_id: Uuid, published_at: DateTime<Utc>) -> Self {
        Self {
            job_id,
            published_at,
            tier: Tier::Text,
            score: 0,
        }
    }

    /// Its place among all that match, the best first.
    pub(in crate::search) fn place(&self) -> (Tier, i32, Uuid) {
        (self.tier, -self.score, self.job_id)
    }
}

/// One view of the table for all statements of a search. The planner does not
/// know what it costs to fetch vectors from TOAST and would read the whole
/// table. With that forbidden there is one plan for all words and windows, which a
/// connection makes once: anew for each statement it would take a third of a search.
/// Starting parallel workers takes longer than what they would read.
pub(in crate::search) async fn begin_reading(conn: &mut PgConnection) -> sqlx::Result<()> {
    sqlx::raw_sql(
        "set transaction isolation level repeatable read, read only;
         set local enable_seqscan = off;
         set local jit = off;
         set local max_parallel_workers_per_gather = 0;
         set local plan_cache_mode = force_generic_plan",
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// What each language makes of each word.
pub(in crate::search) async fn lexemes(
    conn: &mut PgConnection,
    words: &[String],
) -> sqlx::Result<Lexemes> {
    let mut lexemes = Lexemes::default();
    if words.is_empty() {
        return Ok(lexemes);
    }
    let configurations = Language::ALL.map(|language| language.configuration().to_owned());
    let rows = sqlx::query!(
        r#"select l.number as "number!", w.word as "word!",
                  tsvector_to_array(to_tsvector(l.configuration::regconfig, w.word)) as "lexemes!"
           from unnest($1::text[]) as w (word),
                unnest($2::text[]) with ordinality as l (configuration, number)"#,
        words,
        &configurations[..]
    )
    .fetch_all(conn)
    .await?;
    for row in rows {
        let number = usize::try_from(row.number - 1).unwrap_or(usize::MAX);
        if let Some(language) = Language::ALL.get(number) {
            lexemes.insert(*language, row.word, row.lexemes);
        }
    }
    Ok(lexemes)
}

/// The best of a part after a place in it, and how many match in the whole part
/// (0 where none comes after the place). Nine tenths of relevance and more are
/// the words in title, skills and company; completeness and freshness, which
/// halves in three weeks, decide among equals.
pub(in crate::search) async fn ranked(
    conn: &mut PgConnection,
    conditions: &Conditions,
    part: Part,
    after: Option<(Tier, i32, Uuid)>,
    limit: i64,
    offset: i64,
) -> sqlx::Result<(Vec<Match>, i64)> {
    // `ts_rank` divides by the number of lexemes, which the languages multiply,
    // and gives one word in a title 1 / 1.64493.
    let lexemes = conditions.query.stems.len() as f64;
    let scale = 1.64493 * lexemes / conditions.query.words.max(1) as f64;
    let mut query = QueryBuilder::new(
        "select job_id, published_at, tier, score, total from (
             select d.job_id, d.published_at, count(*) over () as total, ",
    );
    push_tier(&mut query, conditions, part.tier);
    query.push(" as tier, (").push_bind(SCORE_ONE);
    query.push(" * (0.75 * least(1, ts_rank(d.title_vec, ");
    push_tsquery(&mut query, conditions.query.any.as_deref());
    query.push(") * ").push_bind(scale);
    query.push(") + 0.1 * d.quality + 0.15 * exp(-least(5e8, greatest(0, extract(epoch from ");
    query.push_bind(conditions.as_of);
    query.push(" - d.published_at)::float8)) / 2592000)))::integer as score");
    push_matches(&mut query, conditions, part);
    query.push(") as found");
    if let Some((tier, score, id)) = after {
        query
            .push(" where (tier, -score, job_id) > (")
            .push_bind(tier.number());
        query.push("::smallint, ").push_bind(-score);
        query.push(", ").push_bind(id).push(")");
    }
    query
        .push(" order by tier, -score, job_id limit ")
        .push_bind(limit);
    query.push(" offset ").push_bind(offset);
    let rows: Vec<(Uuid, DateTime<Utc>, i16, i32, i64)> =
        query.build_query_as().fetch_all(conn).await?;
    let total = rows.first().map_or(0, |row| row.4);
    let found = rows
        .into_iter()
        .map(|(job_id, published_at, tier, score, _)| Match {
            job_id,
            published_at,
            tier: Tier::of_number(tier),
            score,
        })
        .collect();
    Ok((found, total))
}

/// Of a span of time all that match, newest first, after a place in that order.
pub(in crate::search) async fn newest(
    conn: &mut PgConnection,
    conditions: &Conditions,
    span: Span,
    after: Option<(DateTime<Utc>, Uuid)>,
    limit: i64,
    offset: i64,
) -> sqlx::Result<Vec<Match>> {
    let mut query =
        QueryBuilder::new("select job_id, published_at from (select d.job_id, d.published_at");
    let part = Part {
        tier: Tier::All,
        span,
    };
    push_matches(&mut query, conditions, part);
    if conditions.narrow() {
        // A fence: else the planner walks the dates and fetches every vector.
        query.push(" offset 0");
    }
    query.push(") as found");
    if let Some((at, id)) = after {
        query
            .push(" where (published_at, job_id) < (")
            .push_bind(at);
        query.push(", ").push_bind(id).push(")");
    }
    query
        .push(" order by published_at desc, job_id desc limit ")
        .push_bind(limit);
    query.push(" offset ").push_bind(offset);
    let rows: Vec<(Uuid, DateTime<Utc>)> = query.build_query_as().fetch_all(conn).await?;
    Ok(rows
        .into_iter()
        .map(|(job_id, published_at)| Match::dated(job_id, published_at))
        .collect())
}

/// How many match in a part, counted up to `most`.
pub(in crate::search) async fn count(
    conn: &mut PgConnection,
    conditions: &Conditions,
    part: Part,
    most: i64,
) -> sqlx::Result<i64> {
    let mut query = QueryBuilder::new("select count(*) from (select");
    push_matches(&mut query, conditions, part);
    query.push(" limit ").push_bind(most).push(") as counted");
    query.build_query_scalar().fetch_one(conn).await
}

/// When the oldest and the newest document were published; none where there is none.
pub(in crate::search) async fn ends(
    conn: &mut PgConnection,
) -> sqlx::Result<Option<(DateTime<Utc>, DateTime<Utc>)>> {
    let row = sqlx::query!(
        "select min(published_at) as oldest, max(published_at) as newest
         from job_search_documents"
    )
    .fetch_one(conn)
    .await?;
    Ok(row.oldest.zip(row.newest))
}

/// How many documents there are in all, about, and since a time: counted where they
/// are few, else as the statistics know them. None where there are no statistics.
pub(in crate::search) async fn documents(
    conn: &mut PgConnection,
    since: DateTime<Utc>,
) -> sqlx::Result<Option<(f64, f64)>> {
    const COUNTED: i64 = 20_000;
    let row = sqlx::query!(
        r#"select (select reltuples::float8 from pg_class
                   where oid = 'job_search_documents'::regclass) as "all!",
                  (select count(*) from (select from job_search_documents
                                         where published_at >= $1 limit $2) counted) as "since!""#,
        since,
        COUNTED,
    )
    .fetch_one(conn.as_mut())
    .await?;
    if row.since < COUNTED {
        return Ok(Some((row.all, row.since as f64)));
    }
    // A hundred times between which there are equally many.
    let share = sqlx::query_scalar!(
        "select avg(case when bound >= $1 then 1.0 else 0.0 end)::float8
         from pg_stats, unnest(histogram_bounds::text::timestamptz[]) bound
         where schemaname = current_schema() and tablename = 'job_search_documents'
           and attname = 'published_at'",
        since,
    )
    .fetch_one(conn)
    .await?;
    Ok(share
        .filter(|share| *share > 0.0)
        .map(|share| (row.all, row.all * share)))
}

/// The long texts of jobs, for snippets. Counting the characters of those that are short
/// enough would cost as much as reading them.
pub(in crate::search) async fn texts(
    conn: &mut PgConnection,
    ids: &[Uuid],
) -> sqlx::Result<HashMap<Uuid, String>> {
    let rows = sqlx::query!(
        r#"select id, concat_ws(e'\n',
                  case when octet_length(description) > 20000
                       then left(description, 20000) else description end,
                  case when octet_length(requirements) > 5000
                       then left(requirements, 5000) else requirements end,
                  case when octet_length(responsibilities) > 5000
                       then left(responsibilities, 5000) else responsibilities end) as "text!"
           from jobs where id = any($1)"#,
        ids
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|row| (row.id, row.text)).collect())
}

pub(in crate::search) async fn category_ordinal(
    conn: &mut PgConnection,
    id: Uuid,
) -> sqlx::Result<Option<i32>> {
    sqlx::query_scalar!("select ordinal from categories where id = $1", id)
        .fetch_optional(conn)
        .await
}

/// A skill as jobs name it, and as the index does.
#[derive(Clone, Copy, Debug)]
pub(in crate::search) struct SkillNumber {
    pub(in crate::search) id: Uuid,
    pub(in crate::search) ordinal: i32,
}

pub(in crate::search) async fn skill_number(
    conn: &mut PgConnection,
    id: Uuid,
) -> sqlx::Result<Option<SkillNumber>> {
    sqlx::query_as!(
        SkillNumber,
        "select id, ordinal from skills where id = $1",
        id
    )
    .fetch_optional(conn)
    .await
}

/// The same of several.
pub(in crate::search) async fn skill_numbers(
    conn: &mut PgConnection,
    ids: &[Uuid],
) -> sqlx::Result<Vec<i32>> {
    if ids.is_empty() {
        return Ok(vec![]);
    }
    sqlx::query_scalar!("select ordinal from skills where id = any($1)", ids)
        .fetch_all(conn)
        .await
}

pub(in crate::search) async fn company_ordinal(
    conn: &mut PgConnection,
    id: Uuid,
) -> sqlx::Result<Option<i32>> {
    sqlx::query_scalar!("select ordinal from companies where id = $1", id)
        .fetch_optional(conn)
        .await
}
