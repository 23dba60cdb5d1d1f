//! The trending jobs of one country, region or category.

use std::time::Duration;

use sqlx::PgConnection;
use uuid::Uuid;

use crate::{
    Result,
    trending::{
        Trending, TrendingFilter,
        areas::{self, Area},
    },
};

/// Writes where these jobs are and what they are about, with their ranks of now. In the
/// transaction that changed the ranks.
pub(super) async fn place(conn: &mut PgConnection, job_ids: &[Uuid]) -> Result<()> {
    let jobs = sqlx::query!(
        "select j.id, j.location, j.category_id
         from job_trending t join jobs j on j.id = t.job_id where t.job_id = any($1)",
        job_ids
    )
    .fetch_all(&mut *conn)
    .await?;
    let mut placed: Vec<(Uuid, Area)> = Vec::new();
    for job in jobs {
        let category = job.category_id.map(Area::category);
        let all = areas::of_location(&job.location)
            .into_iter()
            .chain(category);
        placed.extend(all.map(|area| (job.id, area)));
    }
    let (ids, names): (Vec<Uuid>, Vec<String>) = placed
        .into_iter()
        .map(|(id, area)| (id, area.as_str().to_owned()))
        .unzip();
    sqlx::query!(
        "delete from job_trending_areas a
         where a.job_id = any($1)
           and not exists (select from unnest($2::uuid[], $3::text[]) as t(job_id, area)
                           where t.job_id = a.job_id and t.area = a.area)",
        job_ids,
        &ids,
        &names,
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!(
        "insert into job_trending_areas as old (job_id, area, rank)
         select p.job_id, p.area, t.rank
         from unnest($1::uuid[], $2::text[]) as p(job_id, area)
         join job_trending t on t.job_id = p.job_id
         order by p.job_id, p.area
         on conflict (job_id, area) do update set rank = excluded.rank
         where old.rank is distinct from excluded.rank",
        &ids,
        &names,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Live jobs of any of these areas, the most wanted first: of each area its own end of
/// the index is walked until `limit` jobs pass.
pub(super) async fn list(
    conn: &mut PgConnection,
    areas: &[Area],
    filter: &TrendingFilter,
    limit: i64,
    half_life: Duration,
) -> Result<Vec<Trending>> {
    let names: Vec<String> = areas.iter().map(|area| area.as_str().to_owned()).collect();
    let rows = sqlx::query!(
        r#"select t.job_id, trending_worth(t.score, t.scored_at, $6) as "score!"
           from (
               select distinct a.job_id
               from unnest($1::text[]) as w(area)
               cross join lateral (
                   select a.job_id
                   from job_trending_areas a join jobs j on j.id = a.job_id
                   where a.area = w.area
                     and is_live(j, (select app_now()))
                     and ($2::uuid[] is null or j.category_id = any($2))
                     and ($3::boolean is null or j.is_remote = $3)
                     and ($4::text is null or exists (
                         select from job_trending_areas c where c.job_id = a.job_id and c.area = $4))
                   order by a.rank desc, a.job_id
                   limit $5
               ) a
           ) found
           join job_trending t on t.job_id = found.job_id
           order by t.rank desc, t.job_id
           limit $5"#,
        &names,
        filter.category_ids.as_deref(),
        filter.is_remote,
        filter.country.as_ref().map(Area::as_str),
        limit,
        half_life.as_secs_f64(),
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Trending {
            job_id: row.job_id,
            score: row.score,
        })
        .collect())
}
