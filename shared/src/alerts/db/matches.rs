//! SQL that holds a new job against all searches at once.

use sqlx::PgConnection;
use uuid::Uuid;

use crate::{Result, search::EVERY};

/// Whether anybody waits for new jobs.
pub(in crate::alerts) async fn anybody_waits(conn: &mut PgConnection) -> Result<bool> {
    let found = sqlx::query_scalar!(r#"select exists (select from alert_searches) as "found!""#)
        .fetch_one(conn)
        .await?;
    Ok(found)
}

/// What a block of searches made of a job.
#[derive(Clone, Debug)]
pub(in crate::alerts) struct Block {
    /// The alerts that the job matches.
    pub(in crate::alerts) matched: Vec<Uuid>,
    /// Where the next block begins; none after the last one.
    pub(in crate::alerts) next: Option<Uuid>,
}

/// Writes the matches of a job among the next `most` searches that it has a key of. The
/// conditions are those of `push_matches` in `search/db/matching.rs`.
pub(in crate::alerts) async fn match_block(
    conn: &mut PgConnection,
    job_id: Uuid,
    after: Option<Uuid>,
    most: i64,
) -> Result<Block> {
    let row = sqlx::query!(
        r#"with job as materialized (
               select d.job_id, d.tokens, d.lats, d.lons,
                      coalesce(d.yearly_salary_max, d.yearly_salary_min) as reaches,
                      coalesce(d.yearly_salary_min, d.yearly_salary_max) as starts,
                      d.vec || array_to_tsvector(array(select '#' || token from unnest(d.tokens) token))
                          as facts,
                      greatest(j.created_at, d.published_at) as came_at
               from job_search_documents d join jobs j on j.id = d.job_id
               where d.job_id = $1 and (d.expires_at is null or d.expires_at > app_now())
           ),
           candidates as materialized (
               select distinct alert_id from alert_keys
               where key = any((select array_append(tsvector_to_array(facts), $4) from job)::text[])
                 and ($2::uuid is null or alert_id > $2)
               order by alert_id limit $3
           ),
           matched as materialized (
               select s.alert_id
               from candidates c
               join alert_searches s on s.alert_id = c.alert_id
               join job_alerts a on a.id = c.alert_id
               cross join job
               where (s.asked is null or job.facts @@ coalesce(s.large_asked[1], s.asked))
                 and (s.pays_at_least is null or job.reaches >= s.pays_at_least
                      or s.or_unknown and job.starts is null)
                 and (s.starts_at_most is null or job.starts <= s.starts_at_most
                      or s.or_unknown and job.starts is null)
                 and (s.near_km is null or job.tokens && s.near_areas
                      or any_within_km(job.lats, job.lons, s.near_lats, s.near_lons, s.near_km))
                 and a.watches_since <= job.came_at
                 and not a.is_paused
           ),
           written as (
               insert into alert_matches (alert_id, job_id)
               select alert_id, $1 from matched order by alert_id
               on conflict do nothing
           )
           select array(select alert_id from matched order by alert_id) as "matched!",
                  (select alert_id from candidates order by alert_id desc limit 1) as last,
                  (select count(*) from candidates) as "candidates!""#,
        job_id,
        after,
        most,
        EVERY,
    )
    .fetch_one(conn)
    .await?;
    Ok(Block {
        matched: row.matched,
        next: row.last.filter(|_| row.candidates == most),
    })
}
