//! Finding freelancers for a job.

use sqlx::PgConnection;
use uuid::Uuid;

use super::super::candidates::{Card, Listed, terms::Probe};
use crate::Result;

/// Holds off changes of what somebody says and allows until the end of the transaction;
/// whether they may be found.
pub async fn lock_terms(conn: &mut PgConnection, user_id: Uuid) -> Result<bool> {
    let may_be_found = sqlx::query_scalar!(
        r#"select p.discoverable and p.open_to_work as "may!"
           from freelancer_profiles p where p.user_id = $1 for no key update"#,
        user_id
    )
    .fetch_optional(conn)
    .await?;
    Ok(may_be_found.unwrap_or(false))
}

/// Puts these terms in place of those under which somebody was found.
pub async fn store_terms(
    conn: &mut PgConnection,
    user_id: Uuid,
    terms: &[(String, f32)],
) -> Result<()> {
    forget_terms(conn, user_id).await?;
    let (names, weights): (Vec<String>, Vec<f32>) = terms.iter().cloned().unzip();
    sqlx::query!(
        "insert into candidate_terms (user_id, term, weight)
         select $1, term, weight from unnest($2::text[], $3::real[]) as t(term, weight)",
        user_id,
        &names,
        &weights,
    )
    .execute(conn)
    .await?;
    Ok(())
}

pub async fn forget_terms(conn: &mut PgConnection, user_id: Uuid) -> Result<()> {
    sqlx::query!("delete from candidate_terms where user_id = $1", user_id)
        .execute(conn)
        .await?;
    Ok(())
}

/// Up to `limit` freelancers who share most with the probes, of those who may be shown
/// for this job: what they allow is looked up now. Of each term no more than `per_term`
/// people are read.
pub async fn shortlist(
    conn: &mut PgConnection,
    job_id: Uuid,
    probes: &[Probe],
    per_term: i64,
    limit: i64,
) -> Result<Vec<Listed>> {
    let terms: Vec<String> = probes.iter().map(|probe| probe.term.clone()).collect();
    let weights: Vec<f64> = probes.iter().map(|probe| probe.weight).collect();
    let are_places: Vec<bool> = probes.iter().map(|probe| probe.is_place).collect();
    let listed = sqlx::query_as!(
        Listed,
        r#"with nearest as materialized (
               select c.user_id, sum(t.weight * c.weight) as worth
               from unnest($2::text[], $3::float8[], $4::boolean[]) as t(term, weight, is_place)
               cross join lateral (
                   select user_id, weight from candidate_terms
                   where term = t.term order by weight desc, user_id limit $5
               ) c
               group by c.user_id having bool_or(not t.is_place)
               -- More than are asked for: some of them may not be shown.
               order by worth desc, c.user_id limit 3 * $6::bigint
           )
           select p.user_id,
                  case when p.rate_currency = j.salary_currency
                       then yearly_salary(p.hourly_rate_min, 'hourly')
                            <= coalesce(j.yearly_salary_max, j.yearly_salary_min)
                  end as is_paid_enough
           from nearest n
           join freelancer_profiles p on p.user_id = n.user_id
           join users u on u.id = p.user_id
           join jobs j on j.id = $1
           where u.is_active and u.role = 'freelancer' and p.discoverable and p.open_to_work
             and not is_kept_from(j.id, j.employer_id, j.imported_by, p.user_id)
             and not exists (
                 select from applications a
                 join jobs theirs on theirs.id = a.job_id
                 join message_threads t on t.application_id = a.id
                 where a.applicant_id = p.user_id
                   and (theirs.company_id = j.company_id or theirs.employer_id = j.employer_id)
                   and (t.applicant_blocked_at is not null
                        or exists (select from messages m join message_reports r on r.message_id = m.id
                                   where m.application_id = a.id and r.reporter_id = p.user_id))
             )
           order by n.worth desc, p.user_id
           limit $6::bigint"#,
        job_id,
        &terms,
        &weights,
        &are_places,
        per_term,
        limit,
    )
    .fetch_all(conn)
    .await?;
    Ok(listed)
}

/// What employers are shown of these freelancers.
pub async fn cards(conn: &mut PgConnection, user_ids: &[Uuid]) -> Result<Vec<Card>> {
    let cards = sqlx::query_as!(
        Card,
        r#"select p.user_id, p.id as freelancer_id, p.first_name, p.last_name, p.title, p.location,
                  p.is_available, p.is_open_to_remote,
                  experience_years(p.id)::float8 as "total_experience_years!",
                  p.average_rating::float8 as average_rating, p.total_reviews,
                  array(select s.name from user_skills us join skills s on s.id = us.skill_id
                        where us.freelancer_profile_id = p.id
                        order by us.proficiency_level desc, us.years_of_experience desc, s.name
                        limit 50) as "skills!"
           from freelancer_profiles p
           where p.user_id = any($1) and p.discoverable and p.open_to_work"#,
        user_ids,
    )
    .fetch_all(conn)
    .await?;
    Ok(cards)
}
