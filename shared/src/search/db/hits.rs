//! SQL that reads the search documents.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sqlx::{PgConnection, Postgres, QueryBuilder};
use uuid::Uuid;

use crate::search::{find::Conditions, language::Language, query::Lexemes};

/// Scores are whole numbers, which a cursor carries exactly.
pub(in crate::search) const SCORE_ONE: i32 = 1_000_000;

/// Where the words were found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tier {
    /// In title, skills or company.
    Title,
    /// Elsewhere in the ad, and not in those alone.
    Text,
    /// Anywhere.
    All,
}

/// A document that matches.
#[derive(Clone, Copy, Debug)]
pub(in crate::search) struct Match {
    pub(in crate::search) job_id: Uuid,
    pub(in crate::search) published_at: DateTime<Utc>,
    pub(in crate::search) tier: Tier,
    /// Of [`SCORE_ONE`].
    pub(in crate::search) score: i32,
}

/// One view of the table for all statements of a search. The planner does not
/// know what it costs to fetch vectors from TOAST and would read the whole
/// table; a plan of its that is forced shall not be compiled either.
pub(in crate::search) async fn begin_reading(conn: &mut PgConnection) -> sqlx::Result<()> {
    sqlx::raw_sql(
        "set transaction isolation level repeatable read, read only;
         set local enable_seqscan = off;
         set local jit = off",
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

/// The best of a tier after a place in it. Nine tenths of relevance and more
/// are the words in title, skills and company; completeness and freshness, which
/// halves in three weeks, decide among equals.
pub(in crate::search) async fn ranked(
    conn: &mut PgConnection,
    conditions: &Conditions,
    tier: Tier,
    as_of: DateTime<Utc>,
    after: Option<(i32, Uuid)>,
    limit: i64,
    offset: i64,
) -> sqlx::Result<Vec<Match>> {
    // `ts_rank` divides by the number of lexemes, which the languages multiply,
    // and gives one word in a title 1 / 1.64493.
    let lexemes = conditions.query.stems.len() as f64;
    let scale = 1.64493 * lexemes / conditions.query.words.max(1) as f64;
    let mut query = QueryBuilder::new(
        "select job_id, published_at, score from (select d.job_id, d.published_at, (",
    );
    query.push_bind(SCORE_ONE);
    query
        .push(" * (0.75 * least(1, ts_rank(d.title_vec, (")
        .push_bind(&conditions.query.any);
    query.push("::text)::tsquery) * ").push_bind(scale);
    query.push(") + 0.1 * d.quality + 0.15 * exp(-least(5e8, greatest(0, extract(epoch from ");
    query.push_bind(as_of);
    query.push(" - d.published_at)::float8)) / 2592000)))::integer as score");
    push_matches(&mut query, conditions, tier);
    query.push(") as found");
    if let Some((score, id)) = after {
        query.push(" where (-score, job_id) > (").push_bind(-score);
        query.push(", ").push_bind(id).push(")");
    }
    query
        .push(" order by -score, job_id limit ")
        .push_bind(limit);
    query.push(" offset ").push_bind(offset);
    let rows: Vec<(Uuid, DateTime<Utc>, i32)> = query.build_query_as().fetch_all(conn).await?;
    Ok(rows
        .into_iter()
        .map(|(job_id, published_at, score)| Match {
            job_id,
            published_at,
            tier,
            score,
        })
        .collect())
}

/// All that match, newest first, after a place in that order.
pub(in crate::search) async fn newest(
    conn: &mut PgConnection,
    conditions: &Conditions,
    after: Option<(DateTime<Utc>, Uuid)>,
    limit: i64,
    offset: i64,
) -> sqlx::Result<Vec<Match>> {
    let mut query =
        QueryBuilder::new("select job_id, published_at from (select d.job_id, d.published_at");
    push_matches(&mut query, conditions, Tier::All);
    if conditions.query.meant.is_some() {
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
        .map(|(job_id, published_at)| Match {
            job_id,
            published_at,
            tier: Tier::All,
            score: 0,
        })
        .collect())
}

pub(in crate::search) async fn count(
    conn: &mut PgConnection,
    conditions: &Conditions,
    tier: Tier,
) -> sqlx::Result<i64> {
    let mut query = QueryBuilder::new("select count(*)");
    push_matches(&mut query, conditions, tier);
    query.build_query_scalar().fetch_one(conn).await
}

/// ` from job_search_documents d where ...`
fn push_matches(query: &mut QueryBuilder<Postgres>, conditions: &Conditions, tier: Tier) {
    // In a subquery, for a function in a filter runs once a row.
    query.push(
        " from job_search_documents d
          where (d.expires_at is null or d.expires_at > (select app_now()))",
    );
    let mut matches = |prefix: &str, tsquery: &Option<String>| {
        if let Some(tsquery) = tsquery {
            query.push(" and ").push(prefix).push(" @@ (");
            query.push_bind(tsquery.clone()).push("::text)::tsquery");
        }
    };
    match tier {
        Tier::Title => matches("d.title_vec", &conditions.query.meant),
        Tier::All => matches("d.vec", &conditions.query.meant),
        Tier::Text => {
            matches("d.vec", &conditions.query.meant);
            matches("not d.title_vec", &conditions.query.meant);
        }
    }
    matches("not d.vec", &conditions.query.without);
    matches("d.vec", &conditions.place);
    for group in &conditions.tokens {
        query.push(" and d.tokens && ").push_bind(group.clone());
    }
    if let Some(near) = &conditions.near {
        if let Some(tokens) = &near.tokens {
            query.push(" and d.tokens && ").push_bind(tokens.clone());
        }
        if !near.points.is_empty() {
            let (lats, lons): (Vec<f32>, Vec<f32>) = near.points.iter().copied().unzip();
            query
                .push(" and (any_within_km(d.lats, d.lons, ")
                .push_bind(lats);
            query.push(", ").push_bind(lons);
            query.push(", ").push_bind(near.radius_km);
            query
                .push(") or d.tokens && ")
                .push_bind(near.areas.clone());
            query.push(")");
        }
    }
    if let Some(amount) = conditions.pays_at_least {
        query.push(" and coalesce(d.yearly_salary_max, d.yearly_salary_min) >= ");
        query.push_bind(amount);
    }
    if let Some(amount) = conditions.starts_at_most {
        query.push(" and coalesce(d.yearly_salary_min, d.yearly_salary_max) <= ");
        query.push_bind(amount);
    }
    if let Some(time) = conditions.posted_after {
        query.push(" and d.published_at >= ").push_bind(time);
    }
}

/// The long texts of jobs, for snippets.
pub(in crate::search) async fn texts(
    conn: &mut PgConnection,
    ids: &[Uuid],
) -> sqlx::Result<HashMap<Uuid, String>> {
    let rows = sqlx::query!(
        r#"select id, concat_ws(e'\n', left(description, 20000), left(requirements, 5000),
                                left(responsibilities, 5000)) as "text!"
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

pub(in crate::search) async fn company_ordinal(
    conn: &mut PgConnection,
    id: Uuid,
) -> sqlx::Result<Option<i32>> {
    sqlx::query_scalar!("select ordinal from companies where id = $1", id)
        .fetch_optional(conn)
        .await
}
