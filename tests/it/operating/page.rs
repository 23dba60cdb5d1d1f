//! The page of the operators, in a browser and without.

use std::time::Duration;

use reqwest::{Method, redirect::Policy};

use super::dead;
use crate::support::{Browser, Client, PASSWORD, TestApp, WorkerProcess};

#[tokio::test]
async fn in_a_browser_a_dead_task_is_found_retried_and_seen_finished() {
    let mut app = TestApp::start().await;
    app.leave_tasks();
    let admin = app.admin().await;
    let id = dead(&app, 1).await[0];
    let worker = WorkerProcess::start(&app);
    let mut browser = Browser::start().await;

    browser.open(&format!("{}/admin/tasks/", app.base)).await;
    browser.until("location.pathname === '/admin/login/'").await;
    browser.type_into("input[name=email]", &admin.email).await;
    browser.type_into("input[name=password]", PASSWORD).await;
    browser.click("button.main").await;
    browser.until("location.pathname === '/admin/tasks/'").await;

    browser.click(".chips a").await;
    let row = format!("document.querySelector('td a[href=\"/admin/tasks/{id}/\"]') !== null");
    browser.until(&row).await;
    browser
        .until("document.querySelector('td.error').innerText.includes('the disk is <full>')")
        .await;
    browser
        .click(&format!("form[action='/admin/tasks/{id}/retry/'] button"))
        .await;
    browser
        .until(&format!(
            "location.href.endsWith('/admin/tasks/{id}/?done=retry')"
        ))
        .await;
    // Nobody renews the page of a task but its reader.
    loop {
        browser
            .open(&format!("{}/admin/tasks/{id}/", app.base))
            .await;
        let state = browser
            .value("document.querySelector('#state').innerText")
            .await;
        match state.as_str().unwrap() {
            "finished" => break,
            state => assert!(["pending", "running"].contains(&state), "{state}"),
        }
    }

    // The first page renews itself.
    browser.open(&format!("{}/admin/tasks/", app.base)).await;
    browser
        .until("document.querySelector('.chips') === null")
        .await;
    dead(&app, 3).await;
    browser
        .until("document.querySelector('.chips b')?.innerText === '3'")
        .await;
    browser
        .click("#queue-search form[action$='/drain/'] button")
        .await;
    browser
        .until("document.querySelector('.said')?.innerText.includes('search is drained')")
        .await;
    assert!(browser.complaints.is_empty(), "{:?}", browser.complaints);
    worker.kill().await;
}

/// A browser's part in a session: its cookie.
struct Visitor {
    http: reqwest::Client,
    base: String,
    cookie: String,
}

struct Answer {
    status: u16,
    location: String,
    cookie: String,
    text: String,
    policy: String,
}

impl Visitor {
    fn new(app: &TestApp) -> Self {
        let http = reqwest::Client::builder().redirect(Policy::none());
        Self {
            http: http.build().unwrap(),
            base: app.base.clone(),
            cookie: String::new(),
        }
    }

    async fn send(&self, method: Method, path: &str, form: &[(&str, &str)]) -> Answer {
        let mut body = url::form_urlencoded::Serializer::new(String::new());
        body.extend_pairs(form);
        let answer = self
            .http
            .request(method, format!("{}{path}", self.base))
            .header("cookie", &self.cookie)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(body.finish())
            .send()
            .await
            .unwrap();
        let header = |name: &str| {
            let value = answer
                .headers()
                .get(name)
                .map(|value| value.to_str().unwrap());
            value.unwrap_or_default().to_owned()
        };
        Answer {
            status: answer.status().as_u16(),
            location: header("location"),
            cookie: header("set-cookie"),
            policy: header("content-security-policy"),
            text: answer.text().await.unwrap(),
        }
    }

    async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, &[]).await
    }

    /// Gives the answer to the attempt.
    async fn sign_in(&mut self, email: &str, password: &str) -> Answer {
        let form = [("email", email), ("password", password)];
        let answer = self.send(Method::POST, "/admin/login/", &form).await;
        let cookie = answer.cookie.split(';').next().unwrap();
        self.cookie = cookie.to_owned();
        answer
    }

    async fn token(&self) -> String {
        let page = self.get("/admin/tasks/").await.text;
        let (_, rest) = page.split_once("name=\"token\" value=\"").expect("a form");
        rest.split('"').next().unwrap().to_owned()
    }
}

async fn signed_in(app: &TestApp) -> (Visitor, Client) {
    let admin = app.admin().await;
    let mut visitor = Visitor::new(app);
    assert_eq!(visitor.sign_in(&admin.email, PASSWORD).await.status, 303);
    (visitor, admin)
}

#[tokio::test]
async fn only_administrators_come_in() {
    let app = TestApp::start().await;
    let id = dead(&app, 1).await[0];
    let mut visitor = Visitor::new(&app);
    for path in [
        "/admin/",
        "/admin/tasks/",
        "/admin/tasks/list/",
        "/admin/tasks/workers/",
        "/admin/tasks/schedule/",
        "/admin/tasks/batches/",
        "/admin/tasks/mails/",
        "/admin/tasks/1/",
    ] {
        let answer = visitor.get(path).await;
        assert_eq!(answer.status, 303, "{path}");
        assert!(answer.location.starts_with("/admin/"), "{path}");
    }
    assert_eq!(visitor.get("/admin/tasks/live/").await.status, 401);
    let retry = format!("/admin/tasks/{id}/retry/");
    let answer = visitor.send(Method::POST, &retry, &[]).await;
    assert_eq!(
        (answer.status, answer.location.as_str()),
        (303, "/admin/login/")
    );

    let employer = app.employer().await;
    let admin = app.admin().await;
    for (email, password) in [
        (employer.email.as_str(), PASSWORD),
        (admin.email.as_str(), "not the password"),
        ("nobody@example.invalid", PASSWORD),
        ("", ""),
    ] {
        let refused = visitor.sign_in(email, password).await;
        assert_eq!(refused.status, 403, "{email}");
        assert!(refused.cookie.is_empty(), "{email}");
        assert!(
            refused.text.contains("no administrator"),
            "{}",
            refused.text
        );
    }
    let answer = visitor.sign_in(&admin.email, PASSWORD).await;
    for part in [
        "; Path=/admin;",
        "; HttpOnly",
        "; SameSite=Strict",
        "Max-Age=3600",
    ] {
        assert!(answer.cookie.contains(part), "{}", answer.cookie);
    }
    assert!(!answer.cookie.contains("Secure"), "without https");
    let page = visitor.get("/admin/tasks/").await;
    assert_eq!(page.status, 200);
    assert!(
        page.policy.contains("default-src 'none'"),
        "{}",
        page.policy
    );
    assert!(!page.policy.contains("unsafe"), "{}", page.policy);

    // An access token is no cookie and a cookie no access token.
    let cookie = visitor.cookie.clone();
    let bearer = Client {
        token: cookie.split_once('=').map(|(_, token)| token.to_owned()),
        ..app.anonymous()
    };
    bearer.get("/api/admin/tasks/queues/").await.expect(401);
    visitor.cookie = format!("jobboard_admin={}", admin.token.as_deref().unwrap());
    assert_eq!(visitor.get("/admin/tasks/").await.status, 303);
}

#[tokio::test]
async fn a_session_ends_with_the_logout_the_role_and_the_time() {
    let app = TestApp::start_with(|config| {
        config.http.public_url = "https://jobs.example.org/".parse().unwrap();
    })
    .await;
    let (visitor, _) = signed_in(&app).await;
    let token = visitor.token().await;
    let out = visitor
        .send(Method::POST, "/admin/logout/", &[("token", &token)])
        .await;
    assert!(
        out.cookie.contains("Max-Age=0") && out.cookie.contains("; Secure"),
        "{}",
        out.cookie
    );
    assert_eq!(
        visitor.get("/admin/tasks/").await.status,
        303,
        "the old cookie is worth nothing"
    );

    let (visitor, admin) = signed_in(&app).await;
    sqlx::query("update users set role = 'employer' where id = $1")
        .bind(admin.user_id)
        .execute(&app.db)
        .await
        .unwrap();
    assert_eq!(visitor.get("/admin/tasks/").await.status, 303);

    let (mut visitor, _) = signed_in(&app).await;
    app.advance_time(Duration::from_secs(3500)).await;
    let page = visitor.get("/admin/tasks/").await;
    assert_eq!(page.status, 200);
    visitor.cookie = page.cookie.split(';').next().unwrap().to_owned();
    app.advance_time(Duration::from_secs(3500)).await;
    let page = visitor.get("/admin/tasks/").await;
    assert_eq!(page.status, 200, "it was used in between");
    app.advance_time(Duration::from_secs(3601)).await;
    assert_eq!(visitor.get("/admin/tasks/").await.status, 303);
}

#[tokio::test]
async fn forms_of_elsewhere_are_refused() {
    let app = TestApp::start().await;
    let id = dead(&app, 1).await[0];
    let (visitor, _) = signed_in(&app).await;
    let (other, _) = signed_in(&app).await;
    let retry = format!("/admin/tasks/{id}/retry/");
    for token in ["", "AAAA", other.token().await.as_str()] {
        for path in [
            &retry,
            "/admin/tasks/dead/retry/",
            "/admin/tasks/queues/search/pause/",
            "/admin/logout/",
        ] {
            let answer = visitor.send(Method::POST, path, &[("token", token)]).await;
            assert_eq!(answer.status, 403, "{path}");
        }
    }
    let dead: i64 = sqlx::query_scalar("select count(*) from dead_tasks")
        .fetch_one(&app.db)
        .await
        .unwrap();
    assert_eq!(dead, 1);
    let answer = visitor
        .http
        .post(format!("{}/admin/login/", app.base))
        .header("sec-fetch-site", "cross-site")
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 403);
}

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
        (vec![("rate_limit", "many")], 422),
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
    let (visitor, _) = signed_in(&app).await;
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
