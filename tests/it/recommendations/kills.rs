//! What the death of a worker costs.

use std::{collections::BTreeMap, time::Duration};

use jobboard_shared::{
    queue,
    recommendations::tasks::{Plan, UserBlock},
};
use uuid::Uuid;

use super::{board, stored};
use crate::support::TestApp;

#[tokio::test]
async fn a_worker_killed_between_blocks_costs_one_block() {
    let app = TestApp::start().await;
    board(&app).await;
    app.drain_tasks().await;
    sqlx::query(
        "with people as (
             insert into users (email, password_hash, role, account_type)
             select 'seeker-' || n || '@example.invalid', 'x', 'freelancer', 'freelancer'
             from generate_series(1, 450) n returning id
         )
         insert into freelancer_profiles (user_id, title, location) select id, 'Python developer', 'Berlin' from people",
    )
    .execute(&app.db)
    .await
    .unwrap();
    app.enqueue(&Plan::default()).await;
    app.drain_tasks().await;
    let users = |rows: &BTreeMap<(Uuid, Uuid), (i16, f64)>| {
        rows.keys()
            .map(|(user, _)| *user)
            .collect::<std::collections::BTreeSet<_>>()
            .len()
    };
    let whole = stored(&app).await;
    assert_eq!(users(&whole), 450);

    // The same blocks once more, of which one falls to a worker that dies.
    sqlx::query("delete from job_recommendations")
        .execute(&app.db)
        .await
        .unwrap();
    let run: Uuid = sqlx::query_scalar(
        "select version from recommendation_models order by fitted_at desc limit 1",
    )
    .fetch_one(&app.db)
    .await
    .unwrap();
    let ends: Vec<Uuid> = sqlx::query_scalar(
        "select user_id from (select user_id, row_number() over (order by user_id) n from freelancer_profiles) t
         where n in (200, 400, 450) order by 1",
    )
    .fetch_all(&app.db)
    .await
    .unwrap();
    let mut after = Uuid::nil();
    for up_to in ends {
        app.enqueue(&UserBlock { run, after, up_to }).await;
        after = up_to;
    }
    let mut conn = app.db.acquire().await.unwrap();
    let lease = Duration::from_secs(30);
    let taken = queue::db::lease(&mut conn, "recommendations", "killed", lease, 1)
        .await
        .unwrap();
    assert_eq!(taken[0].kind, "recommendations.user_block");
    app.drain_tasks().await;
    assert_eq!(users(&stored(&app).await), 250);

    // The lease runs out; the task comes back after a backoff.
    let mut runs = 0;
    for _ in 0..2 {
        app.advance_time(Duration::from_secs(3600)).await;
        runs += app.drain_tasks().await.runs();
    }
    assert!(stored(&app).await == whole, "as if nobody had died");
    assert_eq!(runs, 1, "the finished blocks are not run again");
}
