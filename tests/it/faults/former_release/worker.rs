//! What a worker of the former release says to the database.

use jobboard_shared::{
    database::waited_in_vain,
    queue::{LeaseKey, TaskId},
};
use sqlx::{Connection, PgConnection, Row};

use super::LEASE;

const INSERT: &str = include_str!("insert.sql");
const LEASE_SQL: &str = include_str!("lease.sql");
const LEASE_SUSPECT: &str = include_str!("lease_suspect.sql");
const HEARTBEAT: &str = include_str!("heartbeat.sql");
const FINISH: &str = include_str!("finish.sql");
const BRING_BACK: &str = include_str!("bring_back.sql");
const BURY: &str = include_str!("bury.sql");
const LAPSED: &str = include_str!("lapsed.sql");

/// A connection of a former worker.
pub(super) struct Former(pub(super) PgConnection);

/// How a former worker brings a task back.
#[derive(Clone, Copy)]
pub(super) struct Back {
    counted: bool,
    error: Option<&'static str>,
    lapse: &'static str,
    rescues: bool,
}

pub(super) const FAILED: Back = Back {
    counted: true,
    error: Some("of the former release"),
    lapse: "none",
    rescues: false,
};
pub(super) const RELEASED: Back = Back {
    counted: false,
    error: None,
    lapse: "as before",
    rescues: false,
};
const LAPSE: Back = Back {
    counted: true,
    error: Some("the lease ran out: its worker died or lost the database"),
    lapse: "one more",
    rescues: true,
};

impl Former {
    pub(super) async fn connect(url: &str) -> Self {
        let mut conn = PgConnection::connect(url).await.unwrap();
        sqlx::raw_sql(
            "set enable_seqscan = off; set enable_hashjoin = off; set enable_mergejoin = off;
             set jit = off",
        )
        .execute(&mut conn)
        .await
        .unwrap();
        Self(conn)
    }

    pub(super) async fn insert(
        &mut self,
        kind: &str,
        args: Vec<serde_json::Value>,
        key: Option<&str>,
    ) {
        let of_all = |text: &str| vec![text.to_owned(); args.len()];
        let rows = sqlx::query(INSERT)
            .bind(of_all("default"))
            .bind(of_all(kind))
            .bind(&args)
            .bind(vec![0_i16; args.len()])
            .bind(vec![10_i16; args.len()])
            .bind(vec![key.map(str::to_owned); args.len()])
            .bind(vec![0_f64; args.len()])
            .bind("tasks")
            .bind(300_f64)
            .fetch_all(&mut self.0)
            .await
            .unwrap();
        assert_eq!(rows.len(), args.len());
    }

    pub(super) async fn lease(&mut self, limit: i64) -> Vec<LeaseKey> {
        sqlx::query(LEASE_SQL)
            .bind("default")
            .bind(limit)
            .bind(LEASE.as_secs_f64())
            .bind("former")
            .fetch_all(&mut self.0)
            .await
            .unwrap()
            .iter()
            .map(key)
            .collect()
    }

    pub(super) async fn lease_suspect(&mut self) -> Option<LeaseKey> {
        sqlx::query(LEASE_SUSPECT)
            .bind("default")
            .bind(LEASE.as_secs_f64())
            .bind("former")
            .fetch_optional(&mut self.0)
            .await
            .unwrap()
            .as_ref()
            .map(key)
    }

    pub(super) async fn heartbeat(&mut self, keys: &[LeaseKey]) -> usize {
        let (ids, fences) = unzip(keys);
        sqlx::query(HEARTBEAT)
            .bind(ids)
            .bind(fences)
            .bind(LEASE.as_secs_f64())
            .fetch_all(&mut self.0)
            .await
            .unwrap()
            .len()
    }

    /// Again after a deadlock with a migration, as former workers do after
    /// everything but a refusal.
    pub(super) async fn finish(&mut self, keys: &[LeaseKey]) -> usize {
        let (ids, fences) = unzip(keys);
        loop {
            let finished = sqlx::query(FINISH)
                .bind(&ids)
                .bind(&fences)
                .fetch_all(&mut self.0)
                .await;
            match finished {
                Err(error) if waited_in_vain(&error) => {}
                finished => return finished.unwrap().len(),
            }
        }
    }

    pub(super) async fn bring_back(&mut self, keys: &[LeaseKey], delay: f64, back: Back) -> usize {
        let (ids, fences) = unzip(keys);
        let number = ids.len();
        sqlx::query(BRING_BACK)
            .bind(ids)
            .bind(fences)
            .bind(vec![delay; number])
            .bind(vec![back.counted; number])
            .bind(vec![back.error; number])
            .bind(vec![back.lapse; number])
            .bind(back.rescues)
            .bind(300_f64)
            .fetch_all(&mut self.0)
            .await
            .unwrap()
            .len()
    }

    pub(super) async fn bury(&mut self, keys: &[LeaseKey]) -> usize {
        let (ids, fences) = unzip(keys);
        let number = ids.len();
        sqlx::query(BURY)
            .bind(ids)
            .bind(fences)
            .bind(vec!["gave_up"; number])
            .bind(vec!["hopeless"; number])
            .bind(false)
            .fetch_all(&mut self.0)
            .await
            .unwrap()
            .len()
    }

    pub(super) async fn rescue(&mut self) -> usize {
        let rows = sqlx::query(LAPSED)
            .bind(vec!["default".to_owned()])
            .fetch_all(&mut self.0)
            .await
            .unwrap();
        let keys: Vec<_> = rows.iter().map(key).collect();
        self.bring_back(&keys, 4.0, LAPSE).await
    }
}

fn key(row: &sqlx::postgres::PgRow) -> LeaseKey {
    LeaseKey {
        id: TaskId(row.get("id")),
        fence: row.get("fence"),
    }
}

fn unzip(keys: &[LeaseKey]) -> (Vec<i64>, Vec<i64>) {
    keys.iter().map(|key| (key.id.0, key.fence)).unzip()
}
