//! The sample board that a first start loads.

use std::{sync::Mutex, time::Duration};

use jobboard::sample_data::{self, Accounts, Step, Summary};
use sqlx::PgPool;

use crate::support::{TestApp, TestDatabase, program};

const HALF_LIFE: Duration = Duration::from_secs(3 * 24 * 3600);

async fn load(db: &PgPool) -> Summary {
    let accounts = Accounts::new("not a hash, so nobody can sign in".to_owned());
    sample_data::load(db, &accounts, HALF_LIFE, |_| {})
        .await
        .expect("load")
}

async fn count(db: &PgPool, query: &'static str) -> i64 {
    sqlx::query_scalar(query).fetch_one(db).await.expect(query)
}

/// What does not depend on the moment of loading.
async fn fingerprint(db: &PgPool) -> Vec<String> {
    sqlx::query_scalar(
        "(select title || ' | ' || location || ' | ' || md5(description || requirements) from jobs
          order by md5(title || description || requirements || location), salary_min limit 50)
         union all (select name || ' | ' || headquarters_location from companies order by name limit 50)
         union all (select bio from freelancer_profiles order by bio limit 50)",
    )
    .fetch_all(db)
    .await
    .expect("fingerprint")
}

#[tokio::test]
async fn the_sample_board_is_large_consistent_and_loaded_once() {
    let mut app = TestApp::start().await;
    app.leave_tasks();
    let steps = Mutex::new(Vec::new());
    let accounts = Accounts::new("not a hash, so nobody can sign in".to_owned());
    let summary = sample_data::load(&app.db, &accounts, HALF_LIFE, |step: Step| {
        steps.lock().expect("lock").push(step);
    })
    .await
    .expect("load");
    assert_eq!(
        (summary.companies, summary.jobs, summary.freelancers),
        (300, 3_000, 1_000)
    );
    assert!(
        summary.views > 10_000 && summary.applications > 500 && summary.saves > 500,
        "{summary:?}"
    );
    assert!(steps.lock().expect("lock").len() >= 4);

    let wrong_counters = [
        ("views", "select count(*) from jobs j where view_count <> (select count(*) from job_views where job_id = j.id)"),
        ("saves", "select count(*) from jobs j where save_count <> (select count(*) from saved_jobs where job_id = j.id)"),
        (
            "applications",
            "select count(*) from jobs j where application_count <> (select count(*) from applications where job_id = j.id)",
        ),
        (
            "categories",
            "select count(*) from categories c
             where job_count <> (select count(*) from jobs where category_id = c.id and status = 'published')",
        ),
        (
            "posted",
            "select count(*) from employer_profiles p
             where jobs_posted_count <> (select count(*) from jobs where employer_id = p.id and published_at is not null)
                 or active_jobs_count <> (select count(*) from jobs where employer_id = p.id and status = 'published')",
        ),
    ];
    for (counter, query) in wrong_counters {
        assert_eq!(count(&app.db, query).await, 0, "{counter}");
    }

    let impossible = [
        "select count(*) from job_views v join jobs j on j.id = v.job_id where viewed_at not between published_at and app_now()",
        "select count(*) from applications a join jobs j on j.id = a.job_id where applied_at not between published_at and app_now()",
        "select count(*) from applications a
         where status <> (select to_status from application_status_changes
                          where application_id = a.id order by changed_at desc limit 1)",
        "select count(*) from applications a join jobs j on j.id = a.job_id where j.employer_id is null",
        "select count(*) from users where email not like '%@example.invalid'",
        "select count(*) from jobs where category_id is null",
        "select count(*) from job_trending t join jobs j on j.id = t.job_id where j.status <> 'published'",
    ];
    for query in impossible {
        assert_eq!(count(&app.db, query).await, 0, "{query}");
    }
    let expected = [
        "select count(*) from job_trending where score > 1",
        "select count(*) from jobs where title like '%(m/w/d)%'",
        "select count(*) from jobs where is_remote and status = 'published'",
        "select count(*) from job_views where viewed_at > app_now() - interval '3 days'",
    ];
    for query in expected {
        assert!(count(&app.db, query).await > 100, "{query}");
    }
    let freelancer = "select count(*) from user_skills s join freelancer_profiles p on p.id = s.freelancer_profile_id
                      join users u on u.id = p.user_id where u.email = 'freelancer@example.invalid'";
    assert!(count(&app.db, freelancer).await >= 3);
    let live = "select count(*) from jobs where status = 'published' and expires_at > app_now()";
    let queued = "select sum(jsonb_array_length(args -> 'job_ids'))::int8 from tasks where kind = 'search.refresh_jobs'";
    assert_eq!(count(&app.db, queued).await, count(&app.db, live).await);

    let tasks = "select count(*) from tasks";
    let before = (fingerprint(&app.db).await, count(&app.db, tasks).await);
    assert_eq!(load(&app.db).await, Summary::default());
    assert_eq!(
        (fingerprint(&app.db).await, count(&app.db, tasks).await),
        before
    );
}

#[tokio::test]
async fn two_boards_are_alike() {
    let (mut one, mut other) = tokio::join!(TestApp::start(), TestApp::start());
    one.leave_tasks();
    other.leave_tasks();
    assert_eq!(load(&one.db).await, load(&other.db).await);
    assert_eq!(fingerprint(&one.db).await, fingerprint(&other.db).await);
}

#[tokio::test]
async fn accounts_that_exist_keep_their_passwords_and_another_role_is_refused() {
    let mut app = TestApp::start().await;
    app.leave_tasks();
    let accounts = Accounts::new("first".to_owned());
    let mut conn = app.db.acquire().await.expect("connection");
    sample_data::ensure_accounts(&mut conn, &accounts)
        .await
        .expect("create");
    let again = Accounts {
        password_hash: "second".to_owned(),
        ..accounts
    };
    sample_data::ensure_accounts(&mut conn, &again)
        .await
        .expect("find");
    assert_eq!(
        count(
            &app.db,
            "select count(*) from users where password_hash = 'first'"
        )
        .await,
        3
    );
    let swapped = Accounts {
        employer: again.freelancer.clone(),
        ..again
    };
    let error = sample_data::ensure_accounts(&mut conn, &swapped)
        .await
        .expect_err("another role");
    assert!(
        error.to_string().contains("freelancer@example.invalid"),
        "{error}"
    );
}

/// As docs/DEPLOYMENT.md says. Restoring runs with an empty search path, as
/// autovacuum does.
#[tokio::test]
async fn a_dump_is_restored_whole() {
    let mut app = TestApp::start().await;
    app.leave_tasks();
    load(&app.db).await;
    let folder = tempfile::tempdir().expect("folder");
    let file = folder.path().join("jobboard.dump");
    let copy = TestDatabase::create_empty().await;
    let run = async |name: &str, options: &[&str]| {
        let output = tokio::process::Command::new(program(name))
            .args(options)
            .output()
            .await
            .expect(name);
        assert!(output.status.success(), "{output:?}");
    };
    let path = file.to_str().expect("path");
    // Without the options that are for sqlx alone.
    let plain = |url: &str| url.split('?').next().unwrap_or(url).to_owned();
    let (from, to) = (&*plain(app.database_url()), &*plain(&copy.url));
    run("pg_dump", &["--format=custom", "--file", path, from]).await;
    run("pg_restore", &["--exit-on-error", "--dbname", to, path]).await;
    for query in [
        "select count(*) from companies",
        "select count(*) from jobs",
        "select count(*) from job_views",
        "select count(*) from pg_indexes where schemaname = 'public'",
        "select count(*) from pg_constraint where connamespace = 'public'::regnamespace",
    ] {
        assert_eq!(
            count(&copy.pool, query).await,
            count(&app.db, query).await,
            "{query}"
        );
    }
    let mut conn = copy.pool.acquire().await.expect("connection");
    for statement in ["set search_path = ''", "analyze"] {
        let done = sqlx::query(statement).execute(&mut *conn).await;
        done.expect("the statistics of each table");
    }
}
