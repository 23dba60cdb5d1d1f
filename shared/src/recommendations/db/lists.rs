//! Lists of recommended, trending and similar jobs: stored and served.

use sqlx::PgConnection;
use uuid::Uuid;

use super::super::{
    Algorithm, Freshness, Neighbour, NewRecommendation, Recommendation, Step, StoredNeighbours,
    hybrid::Parts, lowered::Lowered,
};
use crate::Result;

/// Puts the new lists of `user_ids` in place of the old ones; what a user did with a
/// job that stays is kept. A job that is gone, closed, hidden or applied for by now is
/// left out. Users without new rows lose theirs. Gives how many jobs are new to each.
pub async fn store(
    conn: &mut PgConnection,
    user_ids: &[Uuid],
    rows: &[NewRecommendation],
    lifetime_seconds: f64,
) -> Result<Vec<(Uuid, i64)>> {
    // In the order of the keys, against deadlocks.
    let mut rows: Vec<&NewRecommendation> = rows.iter().collect();
    rows.sort_by_key(|row| (row.user_id, row.job_id));
    // The database takes longer to make an id than for all the rest of a row.
    let ids: Vec<Uuid> = rows.iter().map(|_| Uuid::now_v7()).collect();
    let users: Vec<Uuid> = rows.iter().map(|row| row.user_id).collect();
    let jobs: Vec<Uuid> = rows.iter().map(|row| row.job_id).collect();
    let scores: Vec<f64> = rows.iter().map(|row| row.score).collect();
    let positions: Vec<i16> = rows.iter().map(|row| row.position).collect();
    let reasons: Vec<String> = rows.iter().map(|row| row.reason.clone()).collect();
    let metadata: Vec<serde_json::Value> = rows.iter().map(|row| row.metadata.clone()).collect();
    let algorithms: Vec<Algorithm> = rows.iter().map(|row| row.algorithm).collect();
    sqlx::query!(
        "delete from job_recommendations r
         where r.user_id = any($1)
           and not exists (select from unnest($2::uuid[], $3::uuid[], $4::recommendation_algorithm[])
                                as t(user_id, job_id, algorithm)
                           where t.user_id = r.user_id and t.job_id = r.job_id
                             and t.algorithm = r.algorithm_type)",
        user_ids,
        &users,
        &jobs,
        &algorithms as &[Algorithm],
    )
    .execute(&mut *conn)
    .await?;
    let stored = sqlx::query!(
        r#"with written as (insert into job_recommendations as r
             (id, user_id, job_id, score, position, reason, metadata, algorithm_type, created_at, expires_at)
         -- In a subquery, for a function in a select list runs once a row.
         select t.id, t.user_id, t.job_id, t.score, t.position, t.reason, t.metadata, t.algorithm,
                (select app_now()), (select app_now() + make_interval(secs => $8))
         from unnest($1::uuid[], $2::uuid[], $3::float8[], $4::smallint[], $5::text[], $6::jsonb[],
                     $7::recommendation_algorithm[], $9::uuid[])
              as t(user_id, job_id, score, position, reason, metadata, algorithm, id)
         join users u on u.id = t.user_id
         join jobs j on j.id = t.job_id
         where is_live(j, (select app_now()))
           and not exists (select from applications a where a.job_id = t.job_id and a.applicant_id = t.user_id)
           and not exists (select from hidden_jobs h where h.job_id = t.job_id and h.user_id = t.user_id)
         order by t.user_id, t.job_id
         on conflict (user_id, job_id, algorithm_type) do update
         set score = excluded.score, position = excluded.position, reason = excluded.reason,
             metadata = excluded.metadata, created_at = excluded.created_at, expires_at = excluded.expires_at
         -- An inserted row was locked by nobody.
         returning user_id, xmax = 0 as is_new)
         select user_id, count(*) filter (where is_new) as "new!" from written group by user_id"#,
        &users,
        &jobs,
        &scores,
        &positions,
        &reasons,
        &metadata,
        &algorithms as &[Algorithm],
        lifetime_seconds,
        &ids,
    )
    .fetch_all(conn)
    .await?;
    Ok(stored
        .into_iter()
        .map(|row| (row.user_id, row.new))
        .collect())
}

/// How old a user's stored list is, and when they last did something that bears on it.
pub async fn freshness(conn: &mut PgConnection, user_id: Uuid) -> Result<Freshness> {
    let row = sqlx::query_as!(
        Freshness,
        r#"select app_now() as "now!", r.created_at as "computed_at?",
                  (r.metadata ->> 'model')::uuid as model,
                  greatest(
                      (select p.updated_at from freelancer_profiles p where p.user_id = $1),
                      case when allows_personalisation($1) then greatest(
                          (select max(viewed_at) from job_views where user_id = $1),
                          (select max(created_at) from saved_jobs where user_id = $1),
                          (select max(applied_at) from applications where applicant_id = $1),
                          (select max(created_at) from hidden_jobs
                           where user_id = $1 and reason = 'not_interested')
                      ) end
                  ) as last_event
           from (select $1::uuid as id) u
           left join lateral (
               select created_at, metadata from job_recommendations
               where user_id = u.id and expires_at > app_now()
               order by created_at desc limit 1
           ) r on true"#,
        user_id
    )
    .fetch_one(conn)
    .await?;
    Ok(row)
}

/// The user's stored jobs that may still be shown, in the order of their list.
pub async fn stored(
    conn: &mut PgConnection,
    user_id: Uuid,
    limit: i64,
) -> Result<Vec<Recommendation>> {
    let rows = sqlx::query!(
        r#"select r.job_id, r.score, r.reason, r.algorithm_type as "algorithm: Algorithm", r.is_viewed,
                  (r.metadata ->> 'content_share')::float8 as content,
                  (r.metadata ->> 'collaborative_share')::float8 as collaborative,
                  (r.metadata ->> 'trending_share')::float8 as trending,
                  (r.metadata ->> 'recency_share')::float8 as recency,
                  (r.metadata ->> 'dislikes_share')::float8 as dislikes,
                  (r.metadata ->> 'wishes_share')::float8 as wishes
           from job_recommendations r join jobs j on j.id = r.job_id
           where r.user_id = $1 and r.expires_at > app_now()
             and is_live(j, (select app_now()))
             and not is_kept_from(j.id, j.employer_id, j.imported_by, $1)
           order by r.position, r.score desc, r.job_id
           limit $2"#,
        user_id,
        limit,
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Recommendation {
            job_id: row.job_id,
            score: row.score,
            reason: row.reason,
            algorithm: row.algorithm,
            step: Step::Stored,
            shares: row.content.map(|content| Parts {
                content,
                collaborative: row.collaborative.unwrap_or_default(),
                trending: row.trending.unwrap_or_default(),
                recency: row.recency.unwrap_or_default(),
            }),
            lowered: Lowered {
                dislikes: row.dislikes.unwrap_or_default(),
                wishes: row.wishes.unwrap_or_default(),
            },
            is_viewed: row.is_viewed,
        })
        .collect())
}

/// Notes that the user was shown these jobs.
pub async fn mark_viewed(conn: &mut PgConnection, user_id: Uuid, job_ids: &[Uuid]) -> Result<()> {
    sqlx::query!(
        "update job_recommendations set is_viewed = true
         where user_id = $1 and job_id = any($2) and not is_viewed",
        user_id,
        job_ids,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Trending jobs of the whole board that the user may be shown.
pub async fn trending(
    conn: &mut PgConnection,
    user_id: Uuid,
    but: &[Uuid],
    limit: i64,
    half_life_seconds: f64,
) -> Result<Vec<Recommendation>> {
    let rows = sqlx::query!(
        r#"select t.job_id, trending_worth(t.score, t.scored_at, $4) as "worth!"
           from job_trending t join jobs j on j.id = t.job_id
           where is_live(j, (select app_now()))
             and not j.id = any($2) and not is_kept_from(j.id, j.employer_id, j.imported_by, $1)
           order by t.rank desc, t.job_id
           limit $3"#,
        user_id,
        but,
        limit,
        half_life_seconds,
    )
    .fetch_all(conn)
    .await?;
    let most = rows.iter().map(|row| row.worth).fold(0.0, f64::max);
    Ok(rows
        .into_iter()
        .map(|row| Recommendation {
            job_id: row.job_id,
            score: share(row.worth, most),
            reason: "Trending now".to_owned(),
            algorithm: Algorithm::Trending,
            step: Step::Trending,
            shares: None,
            lowered: Lowered::default(),
            is_viewed: false,
        })
        .collect())
}

pub(super) fn share(part: f64, whole: f64) -> f64 {
    if whole > 0.0 {
        (part / whole).clamp(0.0, 1.0)
    } else {
        0.0
    }
}

/// The newest jobs of the board that the user may be shown.
pub async fn newest(
    conn: &mut PgConnection,
    user_id: Uuid,
    but: &[Uuid],
    limit: i64,
) -> Result<Vec<Recommendation>> {
    let ids = sqlx::query_scalar!(
        "select j.id from jobs j
         where is_live(j, (select app_now()))
           and not j.id = any($2) and not is_kept_from(j.id, j.employer_id, j.imported_by, $1)
         order by j.published_at desc, j.id desc
         limit $3",
        user_id,
        but,
        limit,
    )
    .fetch_all(conn)
    .await?;
    Ok(ids
        .into_iter()
        .map(|job_id| Recommendation {
            job_id,
            score: 0.0,
            reason: "New on the board".to_owned(),
            algorithm: Algorithm::Trending,
            step: Step::Newest,
            shares: None,
            lowered: Lowered::default(),
            is_viewed: false,
        })
        .collect())
}

/// Removes up to `limit` rows that nobody is shown any more.
pub async fn delete_expired(conn: &mut PgConnection, limit: i64) -> Result<u64> {
    let deleted = sqlx::query!(
        "delete from job_recommendations where id in (
             select id from job_recommendations where expires_at <= app_now()
             order by expires_at limit $1 for update skip locked)",
        limit,
    )
    .execute(conn)
    .await?;
    Ok(deleted.rows_affected())
}

/// Writes the similar jobs of some jobs; jobs that are gone are left out.
pub async fn store_neighbours(conn: &mut PgConnection, of: &[StoredNeighbours]) -> Result<()> {
    let mut of: Vec<&StoredNeighbours> = of.iter().collect();
    of.sort_by_key(|one| one.job_id);
    // Arrays of arrays must be rectangular in SQL, so each job is one JSON list.
    let ids: Vec<Uuid> = of.iter().map(|one| one.job_id).collect();
    let lists: Vec<serde_json::Value> = of
        .iter()
        .map(|one| {
            one.neighbours
                .iter()
                .map(|n| serde_json::json!({"id": n.job_id, "score": n.score, "reason": n.reason}))
                .collect()
        })
        .collect();
    sqlx::query!(
        "insert into job_neighbours as old (job_id, neighbour_ids, scores, reasons)
         select t.job_id,
                array(select (n ->> 'id')::uuid from jsonb_array_elements(t.list) with ordinality as e(n, at) order by at),
                array(select (n ->> 'score')::real from jsonb_array_elements(t.list) with ordinality as e(n, at) order by at),
                array(select n ->> 'reason' from jsonb_array_elements(t.list) with ordinality as e(n, at) order by at)
         from unnest($1::uuid[], $2::jsonb[]) as t(job_id, list)
         join jobs j on j.id = t.job_id
         order by t.job_id
         on conflict (job_id) do update
         set neighbour_ids = excluded.neighbour_ids, scores = excluded.scores, reasons = excluded.reasons,
             computed_at = app_now()",
        &ids,
        &lists,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Live jobs like `job_id`, best first: the stored ones, and where none are stored
/// yet the newest of the same category. With a viewer, none that they applied for.
pub async fn neighbours(
    conn: &mut PgConnection,
    job_id: Uuid,
    viewer: Option<Uuid>,
    limit: i64,
) -> Result<Vec<Neighbour>> {
    let rows = sqlx::query!(
        r#"select j.id, t.score as "score!", t.reason as "reason!"
           from job_neighbours n
           cross join unnest(n.neighbour_ids, n.scores, n.reasons) with ordinality as t(id, score, reason, at)
           join jobs j on j.id = t.id
           where n.job_id = $1
             and is_live(j, (select app_now()))
             and not is_kept_from(j.id, j.employer_id, j.imported_by, $2)
           order by t.at
           limit $3"#,
        job_id,
        viewer,
        limit,
    )
    .fetch_all(&mut *conn)
    .await?;
    if !rows.is_empty() {
        return Ok(rows
            .into_iter()
            .map(|row| Neighbour {
                job_id: row.id,
                score: f64::from(row.score),
                reason: row.reason,
            })
            .collect());
    }
    let ids = sqlx::query_scalar!(
        "select j.id from jobs j join jobs me on me.category_id = j.category_id
         where me.id = $1 and j.id <> $1
           and is_live(j, (select app_now()))
           and not is_kept_from(j.id, j.employer_id, j.imported_by, $2)
         order by j.published_at desc, j.id desc
         limit $3",
        job_id,
        viewer,
        limit,
    )
    .fetch_all(conn)
    .await?;
    Ok(ids
        .into_iter()
        .map(|job_id| Neighbour {
            job_id,
            score: 0.0,
            reason: "Same field".to_owned(),
        })
        .collect())
}
