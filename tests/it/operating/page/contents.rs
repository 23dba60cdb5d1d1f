//! What the pages show, and what their buttons do.

use reqwest::Method;

use super::signed_in;
use crate::{
    operating::dead,
    support::{Client, TestApp},
};

#[tokio::test]
async fn buttons_do_what_they_say_and_refusals_are_told() {
    let app = TestApp::start().await;
    let ids = dead(&app, 4).await;
    let (visitor, _) = signed_in(&app).await;
    let token = visitor.token().await;
    let press = async |path: &str, more: &[(&str, &str)]| {
        let mut form = vec![("token", token.as_str())];
        form.extend(more);
        visitor.send(Method::POST, path, &form).await
    };
    let discard = format!("/admin/tasks/{}/discard/", ids[0]);
    let answer = press(&discard, &[]).await;
    assert_eq!(
        answer.location,
        format!("/admin/tasks/{}/?done=discard", ids[0])
    );
    let page = visitor.get(&answer.location).await;
    assert!(page.text.contains("given up"), "{}", page.text);
    let again = press(&discard, &[]).await;
    assert_eq!(again.status, 409);
    assert!(
        again.text.contains("this one is discarded"),
        "{}",
        again.text
    );

    let answer = press(
        "/admin/tasks/dead/retry/",
        &[("kind", "search.refresh_jobs")],
    )
    .await;
    let page = visitor.get(&answer.location).await;
    assert!(page.text.contains("3 tasks retried"), "{}", page.text);
    let pending = visitor
        .get("/admin/tasks/list/?state=pending&queue=search")
        .await;
    assert!(
        pending
            .text
            .contains(&format!("href=\"/admin/tasks/{}/\"", ids[1]))
    );
    let cancel = format!("/admin/tasks/{}/cancel/", ids[1]);
    assert_eq!(press(&cancel, &[]).await.status, 303);

    for (limits, status) in [
        (
            vec![
                ("max_running", "2"),
                ("rate_limit", ""),
                ("rate_period_seconds", ""),
            ],
            303,
        ),
        (vec![("max_running", "0")], 422),
        (vec![("max_running", "2.7")], 422),
        (vec![("rate_limit", "many")], 422),
        (vec![("rate_period_seconds", "5")], 422),
        (vec![("rate_limit", "5")], 422),
        (vec![], 303),
    ] {
        let answer = press("/admin/tasks/queues/search/limits/", &limits).await;
        assert_eq!(answer.status, status, "{limits:?}");
    }
    assert_eq!(
        press("/admin/tasks/queues/typo/pause/", &[]).await.status,
        404
    );
    assert_eq!(
        press("/admin/tasks/queues/search/burn/", &[]).await.status,
        404
    );
    assert_eq!(app.drain_tasks().await.done, 2);
}

#[tokio::test]
async fn every_page_shows_what_there_is_and_escapes_it() {
    let mut app = TestApp::start().await;
    app.leave_tasks();
    let ids = dead(&app, 51).await;
    for _ in 0..2 {
        jobboard_worker::tick(&app.worker).await.unwrap();
    }
    let evil = "<script>alert(1)</script>\" onclick=\"x";
    sqlx::query(
        "with t as (insert into tasks (queue, kind, args, max_attempts, run_at, enqueued_at, batch_id)
                    values ($1, $1, jsonb_build_object('a', $1), 1, app_now(), app_now(), 1)),
         w as (insert into workers (id, host, pid, version, queues, lease, started_at, seen_at)
               values ('w1', $1, 7, '0.1.0', '{\"mail\": 8}', '30 s', app_now(), app_now())),
         d as (insert into queue_depths values (app_now(), $1, 1200, 3, 4, 5)),
         m as (insert into task_minutes (minute, queue, kind, worker, done, failed, waits, runs)
               values (date_trunc('minute', app_now()), $1, $1, 'w', 1234, 5, '{}', '{}'))
         insert into task_batches (name, total, created_at) values ($1, 3, app_now())",
    )
    .bind(evil)
    .execute(&app.db)
    .await
    .unwrap();
    let (visitor, admin) = signed_in(&app).await;
    suppress(&app, &admin).await;
    let task = format!("/admin/tasks/{}/", ids[0]);
    for (path, part) in [
        ("/admin/tasks/", "1\u{202f}234 done, 5 failed"),
        ("/admin/tasks/live/", "1\u{202f}200 due, 4 running"),
        ("/admin/tasks/list/?state=dead", "Go on"),
        ("/admin/tasks/list/?state=pending", "&lt;script&gt;"),
        ("/admin/tasks/list/?state=running", "None."),
        (
            "/admin/tasks/list/?state=dead&kind=%3Cscript%3E",
            "&lt;script&gt;",
        ),
        (task.as_str(), "the disk is &lt;full&gt;"),
        ("/admin/tasks/workers/", "mail&nbsp;8"),
        ("/admin/tasks/schedule/", "cron 10 3"),
        ("/admin/tasks/batches/", "&lt;script&gt;"),
        ("/admin/tasks/mails/", "None."),
        ("/admin/tasks/mails/?status=dead", "None."),
        ("/admin/tasks/suppressions/", "no such &lt;b&gt;mailbox"),
    ] {
        let page = visitor.get(path).await;
        assert_eq!(page.status, 200, "{path}: {}", page.text);
        assert!(page.text.contains(part), "{path}: {}", page.text);
        assert!(!page.text.contains("<script>alert"), "{path}");
        assert!(!page.text.contains("onclick=\"x\""), "{path}");
        assert!(
            !page.text.contains("http://") && !page.text.contains("https://"),
            "{path}"
        );
    }
    let first = visitor.get("/admin/tasks/list/?state=dead").await.text;
    let (_, rest) = first.rsplit_once("&amp;after=").unwrap();
    let cursor = rest.split('"').next().unwrap();
    let next = format!("/admin/tasks/list/?state=dead&after={cursor}");
    assert!(visitor.get(&next).await.text.contains(&task));
    for (path, status) in [
        ("/admin/tasks/list/?state=lost", 404),
        ("/admin/tasks/list/?after=AAAA", 422),
        ("/admin/tasks/999999/", 404),
        ("/admin/tasks/none/", 404),
        ("/admin/tasks/batches/?after=x", 422),
        ("/admin/tasks/mails/?status=sent", 404),
    ] {
        assert_eq!(visitor.get(path).await.status, status, "{path}");
    }
}

/// Nothing goes to the account's address any more.
async fn suppress(app: &TestApp, account: &Client) {
    sqlx::query(
        "insert into email_suppressions (user_id, address_digest, reply)
         select id, sha256(convert_to(email, 'UTF8')), '550 5.1.1 no such <b>mailbox'
         from users where id = $1",
    )
    .bind(account.user_id)
    .execute(&app.db)
    .await
    .unwrap();
}

#[tokio::test]
async fn a_suppressed_address_is_seen_and_lifted_once() {
    let app = TestApp::start().await;
    let (visitor, admin) = signed_in(&app).await;
    suppress(&app, &admin).await;
    let token = visitor.token().await;
    let list = "/admin/tasks/suppressions/";
    let page = visitor.get(list).await.text;
    let id = admin.user_id.to_string();
    assert!(page.contains(&id), "{page}");
    assert!(!page.contains("has another address"), "{page}");
    assert!(!page.contains(&admin.email), "{page}");

    let lift = format!("{list}{id}/lift/");
    let answer = visitor.send(Method::POST, &lift, &[]).await;
    assert_eq!(answer.status, 403, "without the form's token");
    let form = [("token", token.as_str())];
    let answer = visitor.send(Method::POST, &lift, &form).await;
    assert_eq!(answer.location, format!("{list}?done=lift"));
    let page = visitor.get(&answer.location).await.text;
    assert!(
        page.contains("None.") && page.contains("goes to the account again"),
        "{page}"
    );
    assert_eq!(visitor.send(Method::POST, &lift, &form).await.status, 404);
    let odd = format!("{list}none/lift/");
    assert_eq!(visitor.send(Method::POST, &odd, &form).await.status, 404);
}
