//! What is known about freelancers.

use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

use super::super::{
    Pay,
    profile::{Event, EventKind, Experience, Profile, ProfileSkill},
};
use crate::Result;

/// Freelancers active since, with ids after `after` up to `up_to`.
pub async fn active_users_between(
    conn: &mut PgConnection,
    since: DateTime<Utc>,
    after: Uuid,
    up_to: Uuid,
) -> Result<Vec<Uuid>> {
    let ids = sqlx::query_scalar!(
        r#"select user_id as "user_id!" from active_freelancers($1)
           where user_id > $2 and user_id <= $3 order by user_id"#,
        since,
        after,
        up_to,
    )
    .fetch_all(conn)
    .await?;
    Ok(ids)
}

/// Profiles of those of `user_ids` that are freelancers, in order of the ids, with
/// their latest `events_limit` events and dislikes where they allow the use of them.
pub async fn profiles(
    conn: &mut PgConnection,
    user_ids: &[Uuid],
    events_limit: i64,
) -> Result<Vec<Profile>> {
    let rows = sqlx::query!(
        r#"select p.user_id, p.title, p.bio, p.location, p.preferred_locations, p.service_categories,
                  p.is_open_to_remote, p.rate_currency,
                  yearly_salary(p.hourly_rate_min, 'hourly')::float8 as yearly_wish
           from freelancer_profiles p join users u on u.id = p.user_id
           where p.user_id = any($1) and u.is_active"#,
        user_ids,
    )
    .fetch_all(&mut *conn)
    .await?;
    let mut profiles: BTreeMap<Uuid, Profile> = rows
        .into_iter()
        .map(|row| {
            let mut places: Vec<String> = row.location.into_iter().collect();
            places.extend(strings(&row.preferred_locations));
            let profile = Profile {
                user_id: row.user_id,
                title: row.title.unwrap_or_default(),
                bio: row.bio.unwrap_or_default(),
                places,
                categories: strings(&row.service_categories),
                is_open_to_remote: row.is_open_to_remote,
                pay: row.yearly_wish.map(|yearly| Pay {
                    yearly,
                    currency: row.rate_currency,
                }),
                ..Profile::default()
            };
            (row.user_id, profile)
        })
        .collect();
    add_skills(conn, user_ids, &mut profiles).await?;
    add_experiences(conn, user_ids, &mut profiles).await?;
    add_events(conn, user_ids, events_limit, &mut profiles).await?;
    add_dislikes(conn, user_ids, events_limit, &mut profiles).await?;
    Ok(profiles.into_values().collect())
}

/// The strings of a list that a user wrote; other values say nothing.
pub(super) fn strings(list: &Value) -> Vec<String> {
    list.as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .map(str::to_owned)
        .collect()
}

async fn add_skills(
    conn: &mut PgConnection,
    user_ids: &[Uuid],
    profiles: &mut BTreeMap<Uuid, Profile>,
) -> Result<()> {
    let rows = sqlx::query!(
        r#"select p.user_id, s.name, s.slug,
                  case us.proficiency_level when 'beginner' then 0.4 when 'intermediate' then 0.7
                  when 'advanced' then 0.9 else 1.0 end::float8 as "level!"
           from freelancer_profiles p
           join user_skills us on us.freelancer_profile_id = p.id
           join skills s on s.id = us.skill_id
           where p.user_id = any($1)
           order by p.user_id, s.slug"#,
        user_ids,
    )
    .fetch_all(conn)
    .await?;
    for row in rows {
        if let Some(profile) = profiles.get_mut(&row.user_id) {
            profile.skills.push(ProfileSkill {
                name: row.name,
                slug: row.slug,
                level: row.level,
            });
        }
    }
    Ok(())
}

async fn add_experiences(
    conn: &mut PgConnection,
    user_ids: &[Uuid],
    profiles: &mut BTreeMap<Uuid, Profile>,
) -> Result<()> {
    let rows = sqlx::query!(
        "select p.user_id, e.job_title, e.is_current
         from freelancer_profiles p join work_experiences e on e.freelancer_profile_id = p.id
         where p.user_id = any($1)
         order by p.user_id, e.start_date desc, e.id",
        user_ids,
    )
    .fetch_all(conn)
    .await?;
    for row in rows {
        if let Some(profile) = profiles.get_mut(&row.user_id) {
            profile.experiences.push(Experience {
                title: row.job_title,
                is_current: row.is_current,
            });
        }
    }
    Ok(())
}

async fn add_events(
    conn: &mut PgConnection,
    user_ids: &[Uuid],
    limit: i64,
    profiles: &mut BTreeMap<Uuid, Profile>,
) -> Result<()> {
    let rows = sqlx::query!(
        r#"select u.id as "user_id!", e.job_id as "job_id!", e.strength as "strength!",
                  (extract(epoch from app_now() - e.at) / 86400)::float8 as "age_days!"
           from (select id from unnest($1::uuid[]) as t(id) where allows_personalisation(id)) u
           cross join lateral (
               (select job_id, 3 as strength, applied_at as at from applications
                where applicant_id = u.id and status <> 'withdrawn' order by applied_at desc limit $2)
               union all
               (select job_id, 2, created_at from saved_jobs where user_id = u.id order by created_at desc limit $2)
               union all
               (select job_id, case when duration_seconds < 10 then 0 else 1 end, viewed_at
                from job_views where user_id = u.id order by viewed_at desc limit $2)
               order by at desc, strength desc, job_id limit $2
           ) e
           order by 1, e.strength desc, e.at desc, e.job_id"#,
        user_ids,
        limit,
    )
    .fetch_all(conn)
    .await?;
    for row in rows {
        let Some(profile) = profiles.get_mut(&row.user_id) else {
            continue;
        };
        // The strongest event of a job comes first and speaks for it.
        if profile
            .events
            .iter()
            .any(|event| event.job_id == row.job_id)
        {
            continue;
        }
        profile.events.push(Event {
            job_id: row.job_id,
            kind: EventKind::of_strength(row.strength),
            age_days: row.age_days,
        });
    }
    Ok(())
}

/// The latest `limit` jobs of each that do not interest them.
async fn add_dislikes(
    conn: &mut PgConnection,
    user_ids: &[Uuid],
    limit: i64,
    profiles: &mut BTreeMap<Uuid, Profile>,
) -> Result<()> {
    let rows = sqlx::query!(
        r#"select u.id as "user_id!", h.job_id as "job_id!"
           from (select id from unnest($1::uuid[]) as t(id) where allows_personalisation(id)) u
           cross join lateral (
               select job_id, created_at from hidden_jobs
               where user_id = u.id and reason = 'not_interested'
               order by created_at desc, job_id desc limit $2
           ) h
           order by u.id, h.created_at desc, h.job_id desc"#,
        user_ids,
        limit,
    )
    .fetch_all(conn)
    .await?;
    for row in rows {
        if let Some(profile) = profiles.get_mut(&row.user_id) {
            profile.dislikes.push(row.job_id);
        }
    }
    Ok(())
}

/// The jobs that each user must not be shown: applied for, also where the application
/// was withdrawn, or hidden.
pub async fn kept_from(
    conn: &mut PgConnection,
    user_ids: &[Uuid],
) -> Result<HashMap<Uuid, HashSet<Uuid>>> {
    let rows = sqlx::query!(
        r#"select applicant_id as "user_id!", job_id as "job_id!" from applications where applicant_id = any($1)
           union all
           select user_id, job_id from hidden_jobs where user_id = any($1)"#,
        user_ids
    )
    .fetch_all(conn)
    .await?;
    let mut kept: HashMap<Uuid, HashSet<Uuid>> = HashMap::new();
    for row in rows {
        kept.entry(row.user_id).or_default().insert(row.job_id);
    }
    Ok(kept)
}
