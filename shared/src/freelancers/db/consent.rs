//! SQL of what freelancers allow.

use sqlx::PgConnection;
use uuid::Uuid;

use crate::{Error, Result, freelancers::consent::Consent};

/// What somebody allows.
#[derive(Clone, Copy, Debug)]
pub struct Given {
    pub user_id: Uuid,
    pub consent: Consent,
}

pub async fn get(conn: &mut PgConnection, profile_id: Uuid) -> Result<Given> {
    let row = sqlx::query!(
        "select user_id, open_to_work, discoverable, personalised from freelancer_profiles where id = $1",
        profile_id
    )
    .fetch_optional(conn)
    .await?
    .ok_or(Error::NotFound("freelancer profile"))?;
    Ok(Given {
        user_id: row.user_id,
        consent: Consent {
            open_to_work: row.open_to_work,
            discoverable: row.discoverable,
            personalised: row.personalised,
        },
    })
}

pub async fn set(conn: &mut PgConnection, profile_id: Uuid, consent: Consent) -> Result<()> {
    sqlx::query!(
        "update freelancer_profiles set open_to_work = $2, discoverable = $3, personalised = $4
         where id = $1",
        profile_id,
        consent.open_to_work,
        consent.discoverable,
        consent.personalised,
    )
    .execute(conn)
    .await?;
    Ok(())
}
