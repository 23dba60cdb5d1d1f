//! SQL of facets.

use std::collections::HashMap;

use sqlx::{PgConnection, QueryBuilder};
use uuid::Uuid;

use super::matching::{Part, push_matches};
use crate::{
    jobs::Workplace,
    search::{conditions::Conditions, document::workplace},
};

/// What the index knows of a match that facets count.
#[derive(Clone, Copy, Debug, sqlx::FromRow)]
pub(in crate::search) struct Facts {
    /// Places in their enums, from 1.
    pub(in crate::search) job_type: i16,
    pub(in crate::search) experience_level: Option<i16>,
    pub(in crate::search) is_remote: bool,
    pub(in crate::search) is_hybrid: bool,
    pub(in crate::search) category_ordinal: Option<i32>,
    pub(in crate::search) company_ordinal: i32,
    /// What a year may pay.
    pub(in crate::search) pay: Option<f32>,
}

/// Those of all matches of a part: the caller knows that they are not too many.
pub(in crate::search) async fn facts(
    conn: &mut PgConnection,
    conditions: &Conditions,
    part: Part,
) -> sqlx::Result<Vec<Facts>> {
    let mut query = QueryBuilder::new(
        "select d.job_type, d.experience_level, d.is_remote, d.category_ordinal,
                d.company_ordinal, coalesce(d.yearly_salary_max, d.yearly_salary_min) as pay, ",
    );
    query.push_bind(workplace(Workplace::Hybrid));
    query.push(" = any(d.tokens) as is_hybrid");
    push_matches(&mut query, conditions, part);
    query.build_query_as().fetch_all(conn).await
}

/// A category or company as facets show it.
#[derive(Clone, Debug)]
pub(in crate::search) struct Named {
    pub(in crate::search) ordinal: i32,
    pub(in crate::search) id: Uuid,
    pub(in crate::search) name: String,
    /// Of a category, the one above it.
    pub(in crate::search) parent: Option<i32>,
}

/// The categories of these ordinals and all above them.
pub(in crate::search) async fn categories_upwards(
    conn: &mut PgConnection,
    ordinals: &[i32],
) -> sqlx::Result<HashMap<i32, Named>> {
    let rows = sqlx::query_as!(
        Named,
        r#"with recursive up (id, parent_id) as (
               select id, parent_id from categories where ordinal = any($1)
               union
               select above.id, above.parent_id
               from up join categories above on above.id = up.parent_id
           )
           select c.ordinal, c.id, c.name, above.ordinal as "parent?"
           from up join categories c on c.id = up.id
           left join categories above on above.id = c.parent_id"#,
        ordinals
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|row| (row.ordinal, row)).collect())
}

pub(in crate::search) async fn companies(
    conn: &mut PgConnection,
    ordinals: &[i32],
) -> sqlx::Result<HashMap<i32, Named>> {
    let rows = sqlx::query_as!(
        Named,
        r#"select ordinal, id, name, null::integer as parent
           from companies where ordinal = any($1)"#,
        ordinals
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|row| (row.ordinal, row)).collect())
}
