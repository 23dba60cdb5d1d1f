//! How many more jobs an employer's import may publish.

use std::collections::HashMap;

use sqlx::PgConnection;
use uuid::Uuid;

use crate::{Result, employers, settings};

/// By the employer whose jobs they become. A counter that is read stays locked
/// until the end of the transaction.
pub(super) struct Room {
    most: i64,
    left: HashMap<Uuid, i64>,
}

impl Room {
    pub(super) async fn load(conn: &mut PgConnection) -> Result<Self> {
        let most = settings::load(conn).await?.max_active_jobs_per_employer;
        Ok(Self {
            most: most.into(),
            left: HashMap::new(),
        })
    }

    /// Takes a place for one more job; false, if there is none.
    pub(super) async fn take(
        &mut self,
        conn: &mut PgConnection,
        employer_id: Option<Uuid>,
    ) -> Result<bool> {
        let Some(employer_id) = employer_id else {
            return Ok(true);
        };
        let left = match self.left.get(&employer_id) {
            Some(left) => *left,
            None => self.most - employers::db::lock_active_jobs(conn, employer_id).await?,
        };
        self.left.insert(employer_id, left - 1);
        Ok(left > 0)
    }
}
