//! Every statement on reviews. The figures of the profile follow by a trigger.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use sqlx::{PgConnection, types::Json};
use uuid::Uuid;

use crate::{
    Error, Result,
    freelancers::reviews::{Acquaintance, Review, ReviewContent},
    pagination::{Paging, Slice, Start, TimeCursor},
};

struct Row {
    id: Uuid,
    freelancer_profile_id: Uuid,
    reviewer_id: Uuid,
    reviewer_name: String,
    job_id: Option<Uuid>,
    job_title: Option<String>,
    rating: i16,
    review_text: String,
    rating_breakdown: Json<BTreeMap<String, i16>>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

impl From<Row> for Review {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            freelancer_profile_id: row.freelancer_profile_id,
            reviewer_id: row.reviewer_id,
            reviewer_name: row.reviewer_name,
            job_id: row.job_id,
            job_title: row.job_title,
            content: ReviewContent {
                rating: row.rating,
                review_text: row.review_text,
                rating_breakdown: row.rating_breakdown.0,
            },
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}

/// Reviews of a freelancer, newest first.
pub async fn list(
    conn: &mut PgConnection,
    profile_id: Uuid,
    paging: &Paging,
) -> Result<Slice<Review>> {
    let cursor = paging.cursor();
    let rows = sqlx::query_as!(
        Row,
        r#"select r.id, r.freelancer_profile_id, r.reviewer_id,
                  coalesce(btrim(e.first_name || ' ' || e.last_name), '') as "reviewer_name!",
                  r.job_id, j.title as "job_title?", r.rating, r.review_text,
                  r.rating_breakdown as "rating_breakdown: Json<BTreeMap<String, i16>>",
                  r.created_at, r.updated_at
           from freelancer_reviews r
           left join employer_profiles e on e.user_id = r.reviewer_id
           left join jobs j on j.id = r.job_id
           where r.freelancer_profile_id = $1
             and ($2::timestamptz is null or (r.created_at, r.id) < ($2, $3))
           order by r.created_at desc, r.id desc
           limit $4 offset $5"#,
        profile_id,
        cursor.map(|cursor| cursor.at),
        cursor.map(|cursor| cursor.id),
        paging.limit(),
        paging.offset(),
    )
    .fetch_all(&mut *conn)
    .await?;
    let total = match paging.start {
        Start::Page(_) => {
            sqlx::query_scalar!(
                "select count(*) from freelancer_reviews where freelancer_profile_id = $1",
                profile_id,
            )
            .fetch_one(conn)
            .await?
        }
        Start::After(_) => None,
    };
    let rows = rows.into_iter().map(Review::from).collect();
    Ok(Slice::cut(rows, paging.size, total, |review: &Review| {
        TimeCursor {
            at: review.created_at,
            id: review.id,
        }
    }))
}

pub async fn get(conn: &mut PgConnection, profile_id: Uuid, id: Uuid) -> Result<Review> {
    sqlx::query_as!(
        Row,
        r#"select r.id, r.freelancer_profile_id, r.reviewer_id,
                  coalesce(btrim(e.first_name || ' ' || e.last_name), '') as "reviewer_name!",
                  r.job_id, j.title as "job_title?", r.rating, r.review_text,
                  r.rating_breakdown as "rating_breakdown: Json<BTreeMap<String, i16>>",
                  r.created_at, r.updated_at
           from freelancer_reviews r
           left join employer_profiles e on e.user_id = r.reviewer_id
           left join jobs j on j.id = r.job_id
           where r.freelancer_profile_id = $1 and r.id = $2"#,
        profile_id,
        id,
    )
    .fetch_optional(conn)
    .await?
    .map(Review::from)
    .ok_or(Error::NotFound("review"))
}

/// What the two have had to do with each other; `job_id` is the job in question.
pub async fn acquaintance(
    conn: &mut PgConnection,
    employer_profile_id: Uuid,
    freelancer_profile_id: Uuid,
    job_id: Option<Uuid>,
) -> Result<Acquaintance> {
    Ok(sqlx::query_as!(
        Acquaintance,
        r#"select count(*) > 0 as "has_applied!",
                  coalesce(bool_or(a.job_id = $3 and a.status = 'accepted'
                      and j.employer_id = $2), false) as "was_hired!"
           from freelancer_profiles f
           join applications a on a.applicant_id = f.user_id
           join jobs j on j.id = a.job_id
           where f.id = $1 and is_job_of(j, $2, (select companies_worked_for($2)))"#,
        freelancer_profile_id,
        employer_profile_id,
        job_id,
    )
    .fetch_one(conn)
    .await?)
}

pub async fn insert(
    conn: &mut PgConnection,
    reviewer_id: Uuid,
    profile_id: Uuid,
    job_id: Uuid,
    content: &ReviewContent,
) -> Result<Uuid> {
    Ok(sqlx::query_scalar!(
        "insert into freelancer_reviews
             (freelancer_profile_id, reviewer_id, job_id, rating, review_text, rating_breakdown)
         values ($1, $2, $3, $4, $5, $6)
         returning id",
        profile_id,
        reviewer_id,
        job_id,
        content.rating,
        content.review_text,
        Json(&content.rating_breakdown) as _,
    )
    .fetch_one(conn)
    .await?)
}

pub async fn update(
    conn: &mut PgConnection,
    author: Uuid,
    profile_id: Uuid,
    id: Uuid,
    content: &ReviewContent,
) -> Result<()> {
    let done = sqlx::query!(
        "update freelancer_reviews set rating = $4, review_text = $5, rating_breakdown = $6
         where reviewer_id = $1 and freelancer_profile_id = $2 and id = $3",
        author,
        profile_id,
        id,
        content.rating,
        content.review_text,
        Json(&content.rating_breakdown) as _,
    )
    .execute(conn)
    .await?;
    if done.rows_affected() == 0 {
        return Err(Error::NotFound("review"));
    }
    Ok(())
}

/// `author`: whose it has to be; anybody's without.
pub async fn delete(
    conn: &mut PgConnection,
    author: Option<Uuid>,
    profile_id: Uuid,
    id: Uuid,
) -> Result<()> {
    let done = sqlx::query!(
        "delete from freelancer_reviews
         where ($1::uuid is null or reviewer_id = $1) and freelancer_profile_id = $2 and id = $3",
        author,
        profile_id,
        id,
    )
    .execute(conn)
    .await?;
    if done.rows_affected() == 0 {
        return Err(Error::NotFound("review"));
    }
    Ok(())
}
