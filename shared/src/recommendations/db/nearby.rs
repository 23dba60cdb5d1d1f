//! What trends near a user.

use std::collections::BTreeSet;

use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

use super::{
    super::{Algorithm, Recommendation, Step, lowered::Lowered},
    lists::share,
    profiles::strings,
};
use crate::{
    Result,
    trending::areas::{self, Area},
};

/// Trending jobs in the categories of the user's own profile and in the regions of its
/// places: of each its own end of the index is walked.
pub async fn trending_nearby(
    conn: &mut PgConnection,
    user_id: Uuid,
    but: &[Uuid],
    limit: i64,
    half_life_seconds: f64,
) -> Result<Vec<Recommendation>> {
    let (names, are_near) = own_areas(conn, user_id).await?;
    let rows = sqlx::query!(
        r#"select t.job_id, trending_worth(t.score, t.scored_at, $4) as "worth!",
                  found.is_near as "is_near!", j.location, k.name as "category?"
           from (
               select a.job_id, bool_or(w.is_near) as is_near
               from unnest($5::text[], $6::boolean[]) as w(area, is_near)
               cross join lateral (
                   select a.job_id
                   from job_trending_areas a join jobs j on j.id = a.job_id
                   where a.area = w.area
                     and is_live(j, (select app_now()))
                     and not j.id = any($2) and not is_kept_from(j.id, j.employer_id, j.imported_by, $1)
                   order by a.rank desc, a.job_id
                   limit $3
               ) a
               group by a.job_id
           ) found
           join job_trending t on t.job_id = found.job_id
           join jobs j on j.id = t.job_id
           left join categories k on k.id = j.category_id
           order by t.rank desc, t.job_id
           limit $3"#,
        user_id,
        but,
        limit,
        half_life_seconds,
        &names,
        &are_near,
    )
    .fetch_all(conn)
    .await?;
    let most = rows.iter().map(|row| row.worth).fold(0.0, f64::max);
    Ok(rows
        .into_iter()
        .map(|row| {
            let of = if row.is_near {
                Some(row.location)
            } else {
                row.category
            };
            Recommendation {
                job_id: row.job_id,
                score: share(row.worth, most),
                reason: match of {
                    Some(of) => format!("Trending in {of}"),
                    None => "Trending now".to_owned(),
                },
                algorithm: Algorithm::Trending,
                step: Step::TrendingNearby,
                shares: None,
                lowered: Lowered::default(),
                is_viewed: false,
            }
        })
        .collect())
}

/// The regions and categories of a profile by name, and which of them are regions.
async fn own_areas(conn: &mut PgConnection, user_id: Uuid) -> Result<(Vec<String>, Vec<bool>)> {
    let wanted = sqlx::query!(
        r#"select p.location, p.preferred_locations,
                  array(select k.id from categories k, jsonb_array_elements_text(p.service_categories) w
                        where lower(w) in (lower(k.name), k.slug)) as "categories!"
           from freelancer_profiles p where p.user_id = $1"#,
        user_id
    )
    .fetch_optional(conn)
    .await?;
    let Some(wanted) = wanted else {
        return Ok((Vec::new(), Vec::new()));
    };
    let preferred: Value = wanted.preferred_locations;
    let places = wanted.location.into_iter().chain(strings(&preferred));
    let near: BTreeSet<Area> = places.flat_map(|place| areas::regions_of(&place)).collect();
    let fields: BTreeSet<Area> = wanted.categories.into_iter().map(Area::category).collect();
    Ok(near
        .into_iter()
        .map(|area| (area, true))
        .chain(fields.into_iter().map(|area| (area, false)))
        .map(|(area, is_near)| (area.as_str().to_owned(), is_near))
        .unzip())
}
