//! The pages for people.

use std::fs;

use uuid::Uuid;

use crate::support::TestApp;

const MAIL: &str = "From: Job Board <jobboard@example.invalid>\r\n\
    To: Robin <robin@example.invalid>\r\n\
    Subject: <b>Your application</b>\r\n\
    Date: Sun, 22 Nov 2026 18:00:00 +0000\r\n\r\n\
    It <i>arrived</i>.\r\n";

const KEY: &str = "0123456789abcdef";

async fn page(app: &TestApp, path: &str, headers: &[(&str, &str)]) -> (u16, String, String) {
    let mut request = reqwest::Client::new().get(format!("{}{path}", app.base));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let response = request.send().await.unwrap();
    let header = |name: &str| {
        let value = response.headers().get(name);
        value.map_or(String::new(), |value| value.to_str().unwrap().to_owned())
    };
    let policy = header("content-security-policy");
    let status = response.status().as_u16();
    (status, policy, response.text().await.unwrap())
}

#[tokio::test]
async fn the_home_page_leads_to_the_rest() {
    let app = TestApp::start().await;
    let (status, policy, html) = page(&app, "/", &[]).await;
    assert_eq!(status, 200);
    assert!(policy.contains("default-src 'none'"), "{policy}");
    assert!(!policy.contains("unsafe"), "{policy}");
    for path in ["/api/docs", "/api/redoc", "/api/schema", "/health/"] {
        assert!(html.contains(&format!("href=\"{path}\"")), "{path}");
        assert_eq!(page(&app, path, &[]).await.0, 200, "{path}");
    }
}

#[tokio::test]
async fn kept_mails_are_shown_escaped_and_to_this_machine_alone() {
    let app = TestApp::start_with(|config| config.outbox_key = Some(KEY.into())).await;
    let outbox = app.config.mail.outbox_dir.clone().unwrap();
    let id = Uuid::now_v7();
    let file = outbox.join(format!("{id}.eml"));
    fs::write(&file, MAIL).unwrap();
    fs::write(outbox.join("other.txt"), "not shown").unwrap();

    for closed in ["/outbox/", "/outbox/?key=wrong", &format!("/outbox/{id}")] {
        let (status, _, said) = page(&app, closed, &[]).await;
        assert_eq!(status, 403, "{closed}");
        assert!(said.contains("prints when it starts"), "{said}");
    }
    let unlock = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .unwrap()
        .get(format!("{}/outbox/?key={KEY}", app.base))
        .send()
        .await
        .unwrap();
    assert_eq!(unlock.status(), 303);
    assert_eq!(unlock.headers()["location"], "/outbox/");
    let cookie = unlock.headers()["set-cookie"].to_str().unwrap();
    assert!(cookie.contains("; HttpOnly; SameSite=Strict"), "{cookie}");
    let key = ("cookie", cookie.split(';').next().unwrap());

    assert!(!page(&app, "/", &[]).await.2.contains("/outbox/"));
    assert!(page(&app, "/", &[key]).await.2.contains("/outbox/"));
    let (status, _, list) = page(&app, "/outbox/", &[key]).await;
    assert_eq!(status, 200);
    assert!(list.contains(&format!("href=\"/outbox/{id}\"")), "{list}");
    assert!(list.contains("&lt;b&gt;Your application"), "{list}");
    let (_, _, mail) = page(&app, &format!("/outbox/{id}"), &[key]).await;
    assert!(mail.contains("It &lt;i&gt;arrived"), "{mail}");
    let (_, _, raw) = page(&app, &format!("/outbox/{id}?as=file"), &[key]).await;
    assert_eq!(raw, MAIL);

    for path in ["/outbox/other.txt", "/outbox/..%2Fother", "/outbox/x"] {
        assert_eq!(page(&app, path, &[key]).await.0, 404, "{path}");
    }
    for foreign in [("x-forwarded-for", "192.0.2.1"), ("host", "evil.example")] {
        assert_eq!(page(&app, "/outbox/", &[foreign, key]).await.0, 404);
        assert_eq!(
            page(&app, &format!("/outbox/{id}"), &[foreign, key])
                .await
                .0,
            404
        );
    }
    // What is left here is taken for a mail that the test did not look at.
    fs::remove_file(&file).unwrap();
}
