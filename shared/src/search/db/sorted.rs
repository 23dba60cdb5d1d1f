//! SQL of lists by pay and by distance.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use sqlx::{PgConnection, Postgres, QueryBuilder};
use uuid::Uuid;

use super::{
    hits::Match,
    matching::{Part, Tier, push_km_away, push_matches},
};
use crate::search::{
    conditions::Conditions,
    locality::Vicinity,
    order::{FAR, Order, PAY_UNKNOWN},
    span::Span,
};

/// The least keys first, of equal ones the newest, after a place in that order.
pub(in crate::search) async fn sorted(
    conn: &mut PgConnection,
    conditions: &Conditions,
    order: &Order,
    after: Option<(i32, DateTime<Utc>, Uuid)>,
    limit: i64,
    offset: i64,
) -> sqlx::Result<Vec<(i32, Match)>> {
    let mut query = QueryBuilder::new(
        "select key, job_id, published_at from (select d.job_id, d.published_at, ",
    );
    push_key(&mut query, conditions, order);
    query.push(" as key");
    let part = Part {
        tier: Tier::All,
        span: Span::default(),
    };
    push_matches(&mut query, conditions, part);
    // A fence: else the planner walks the dates and fetches every vector.
    query.push(" offset 0) as found");
    if let Some((key, at, id)) = after {
        query.push(" where key > ").push_bind(key);
        query.push(" or key = ").push_bind(key);
        query.push(" and (published_at, job_id) < (").push_bind(at);
        query.push(", ").push_bind(id).push(")");
    }
    query
        .push(" order by key, published_at desc, job_id desc limit ")
        .push_bind(limit);
    query.push(" offset ").push_bind(offset);
    let rows: Vec<(i32, Uuid, DateTime<Utc>)> = query.build_query_as().fetch_all(conn).await?;
    Ok(rows
        .into_iter()
        .map(|(key, job_id, published_at)| (key, Match::dated(job_id, published_at)))
        .collect())
}

/// The keys of all matches of a part, in no order: the caller knows that they
/// are not too many.
pub(in crate::search) async fn keys(
    conn: &mut PgConnection,
    conditions: &Conditions,
    order: &Order,
    part: Part,
) -> sqlx::Result<Vec<i32>> {
    let mut query = QueryBuilder::new("select ");
    push_key(&mut query, conditions, order);
    push_matches(&mut query, conditions, part);
    query.build_query_scalar().fetch_all(conn).await
}

/// Kilometres from the nearest of the places asked for, of the jobs that are at a place.
pub(in crate::search) async fn distances(
    conn: &mut PgConnection,
    near: &Vicinity,
    job_ids: &[Uuid],
) -> sqlx::Result<HashMap<Uuid, f64>> {
    if near.points.is_empty() {
        return Ok(HashMap::new());
    }
    let mut query = QueryBuilder::new("select d.job_id, (select min(km) from ");
    push_km_away(&mut query, near);
    query.push(") from job_search_documents d where d.job_id = any(");
    query.push_bind(job_ids.to_vec()).push(")");
    let rows: Vec<(Uuid, Option<f64>)> = query.build_query_as().fetch_all(conn).await?;
    Ok(rows
        .into_iter()
        .filter_map(|(id, km)| Some((id, km?)))
        .collect())
}

fn push_key(query: &mut QueryBuilder<Postgres>, conditions: &Conditions, order: &Order) {
    match (order, &conditions.near) {
        (Order::Distance(_), Some(near)) => {
            query.push("coalesce((select case when min(km) <= ");
            query.push_bind(near.bound_km());
            query.push(" then floor(min(km) * 10)::integer end from ");
            push_km_away(query, near);
            query.push("), ").push_bind(FAR).push(")");
        }
        _ => {
            query.push("coalesce(-pay_step(coalesce(d.yearly_salary_max, d.yearly_salary_min)), ");
            query.push_bind(PAY_UNKNOWN).push(")");
        }
    }
}
