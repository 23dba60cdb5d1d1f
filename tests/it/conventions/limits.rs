//! Who asks too often is told when to come back.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    time::Duration,
};

use jobboard_shared::config::Config;
use serde_json::json;

use crate::support::{Client, PASSWORD, RedisServer, Response, TestApp, until};

/// That there is an address has metrics counted; tests read them themselves.
const NOWHERE: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

fn quota(text: &str) -> Option<jobboard_shared::limits::Quota> {
    Some(text.parse().unwrap())
}

async fn statuses(client: &Client, path: &str, times: usize) -> Vec<u16> {
    let mut statuses = Vec::new();
    for _ in 0..times {
        statuses.push(client.get(path).await.status.as_u16());
    }
    statuses
}

fn header<'a>(answer: &'a Response, name: &str) -> &'a str {
    answer.headers[name].to_str().unwrap()
}

#[tokio::test]
async fn an_empty_bucket_refuses_and_fills_again() {
    let app = TestApp::start_with(|config| {
        config.rate_limits.anonymous = quota("3/30s");
        config.metrics_addr = Some(NOWHERE);
    })
    .await;
    let visitor = app.visitor();
    let first = visitor.get("/api/jobs/").await.expect(200);
    assert_eq!(header(&first, "ratelimit-policy"), "\"anonymous\";q=3;w=30");
    assert_eq!(header(&first, "ratelimit"), "\"anonymous\";r=2;t=10");
    assert_eq!(statuses(&visitor, "/api/jobs/", 2).await, [200, 200]);

    let refused = visitor.get("/api/jobs/").await.expect(429);
    assert_eq!(refused.json["code"], "rate_limited");
    assert_eq!(header(&refused, "content-type"), "application/problem+json");
    assert_eq!(header(&refused, "retry-after"), "10");
    assert_eq!(header(&refused, "ratelimit"), "\"anonymous\";r=0;t=30");
    // Addresses that do not exist count too, health does not.
    visitor.get("/api/nothing/").await.expect(429);
    assert_eq!(statuses(&visitor, "/health/", 5).await, [200; 5]);

    // Another address has a bucket of its own.
    app.visitor().get("/api/jobs/").await.expect(200);
    app.advance_time(Duration::from_secs(10)).await;
    assert_eq!(statuses(&visitor, "/api/jobs/", 2).await, [200, 429]);
    let told = app.metrics.render();
    assert!(
        told.contains("jobboard_rate_limited_total{class=\"anonymous\"} 3"),
        "{told}"
    );
}

#[tokio::test]
async fn accounts_are_counted_by_account_and_writes_apart() {
    let app = TestApp::start_with(|config| {
        config.rate_limits.anonymous = quota("1/1h");
        config.rate_limits.signed_in = quota("2/1h");
        config.rate_limits.writes = quota("1/1h");
    })
    .await;
    let (one, other) = (app.employer().await, app.employer().await);
    assert_eq!(statuses(&one, "/api/jobs/", 3).await, [200, 200, 429]);
    // A session more is not an account more.
    let again = Client {
        address: app.visitor().address,
        ..one.clone()
    };
    again.get("/api/jobs/").await.expect(429);
    other.get("/api/jobs/").await.expect(200);
    let company = || json!({"name": "Acme"});
    let answer = one.post("/api/companies/", company()).await.expect(201);
    assert_eq!(header(&answer, "ratelimit-policy"), "\"writes\";q=1;w=3600");
    one.post("/api/companies/", company()).await.expect(429);
    // A forged token is nobody's.
    let forged = Client {
        token: Some("x.y.z".to_owned()),
        ..app.visitor()
    };
    assert_eq!(statuses(&forged, "/api/jobs/", 2).await, [401, 429]);
}

#[tokio::test]
async fn signing_in_is_counted_by_address_and_by_account() {
    let app = TestApp::start_with(|config| {
        config.rate_limits.auth = quota("4/1h");
        config.rate_limits.account_total = quota("3/1h");
    })
    .await;
    let user = app.freelancer().await;
    let try_as = async |client: &Client, email: &str, password: &str| {
        client
            .post(
                "/api/auth/login/",
                json!({"email": email, "password": password}),
            )
            .await
            .status
            .as_u16()
    };
    // From many addresses at one account.
    for _ in 0..3 {
        assert_eq!(try_as(&app.visitor(), &user.email, "wrong").await, 401);
    }
    let refused = app
        .visitor()
        .post(
            "/api/auth/login/",
            json!({"email": user.email, "password": PASSWORD}),
        )
        .await
        .expect(429);
    // A third of the hour less what the attempts took.
    let seconds: u32 = header(&refused, "retry-after").parse().unwrap();
    assert!((1_100..=1_200).contains(&seconds), "{seconds}");
    // From one address at many accounts, which need not exist.
    let guesser = app.visitor();
    for n in 0..4 {
        let email = format!("{n}@example.invalid");
        assert_eq!(try_as(&guesser, &email, "wrong").await, 401);
    }
    assert_eq!(try_as(&guesser, "5@example.invalid", "wrong").await, 429);
    assert_eq!(
        try_as(&app.visitor(), "0@example.invalid", "wrong").await,
        401
    );
    app.advance_time(Duration::from_secs(1200)).await;
    assert_eq!(try_as(&app.visitor(), &user.email, PASSWORD).await, 200);
}

#[tokio::test]
async fn who_guesses_passwords_locks_out_nobody_else() {
    let app = TestApp::start_with(|config| {
        config.rate_limits.account = quota("3/1h");
        config.rate_limits.account_total = quota("100/1h");
    })
    .await;
    let user = app.freelancer().await;
    let (guesser, owner) = (app.visitor(), app.visitor());
    let try_from = async |client: &Client, password: &str| {
        let body = json!({"email": user.email, "password": password});
        client.post("/api/auth/login/", body).await.status.as_u16()
    };
    for expected in [401, 401, 401, 429] {
        assert_eq!(try_from(&guesser, "wrong").await, expected);
    }
    assert_eq!(try_from(&guesser, PASSWORD).await, 429);
    assert_eq!(try_from(&owner, PASSWORD).await, 200);
    // A stolen token guesses no longer either, and stops no login.
    let change = async |current: &str| {
        let body = json!({"current_password": current, "password": "another long password"});
        let answer = user.post("/api/auth/password/change/", body).await;
        answer.status.as_u16()
    };
    for expected in [422, 422, 422, 429] {
        assert_eq!(change("wrong").await, expected);
    }
    assert_eq!(try_from(&owner, PASSWORD).await, 200);
}

/// Two replicas on one database and one Redis.
async fn replicas(redis: &RedisServer, change: impl Fn(&mut Config)) -> (TestApp, TestApp) {
    let change = |config: &mut Config| {
        config.redis_url = Some(redis.url().into());
        config.metrics_addr = Some(NOWHERE);
        change(config);
    };
    (
        TestApp::start_with(change).await,
        TestApp::start_with(change).await,
    )
}

#[tokio::test]
async fn replicas_share_their_buckets_through_redis() {
    let redis = RedisServer::start().await;
    let (one, other) = replicas(&redis, |config| {
        config.rate_limits.anonymous = quota("10/1h");
    })
    .await;
    let visitor = one.visitor();
    let at_other = Client {
        base: other.base.clone(),
        ..visitor.clone()
    };
    let asks = (0..30).map(|n| match n % 2 {
        0 => visitor.get("/api/jobs/"),
        _ => at_other.get("/api/jobs/"),
    });
    let answers = futures::future::join_all(asks).await;
    let passed = answers.iter().filter(|answer| answer.status == 200).count();
    assert_eq!(passed, 10);
    let refused = at_other.get("/api/jobs/").await.expect(429);
    let after: u64 = header(&refused, "retry-after").parse().unwrap();
    assert!((300..=360).contains(&after), "{after}");
    assert!(one.metrics.render().contains("jobboard_redis_up 1"));
}

#[tokio::test]
async fn losing_redis_fails_no_request() {
    let mut redis = RedisServer::start().await;
    let (one, other) = replicas(&redis, |config| {
        config.rate_limits.anonymous = quota("100000/1h");
    })
    .await;
    let (visitor, at_other) = (
        one.visitor(),
        Client {
            base: other.base.clone(),
            ..one.visitor()
        },
    );
    let keep_asking = async |client: &Client| {
        for _ in 0..150 {
            let answer = client.get("/api/jobs/").await.expect(200);
            assert!(answer.headers.contains_key("ratelimit"));
        }
    };
    let kill = async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        redis.kill().await;
    };
    tokio::join!(
        keep_asking(&visitor),
        keep_asking(&visitor),
        keep_asking(&at_other),
        kill
    );
    // Whatever had passed before: now it is certainly asked and found away.
    visitor.get("/api/jobs/").await.expect(200);
    let told = one.metrics.render();
    assert!(told.contains("jobboard_redis_up 0"), "{told}");
    assert!(told.contains("jobboard_redis_outages_total 1"), "{told}");

    redis.start_again().await;
    until("Redis is found again", async || {
        visitor.get("/api/jobs/").await.expect(200);
        one.metrics.render().contains("jobboard_redis_up 1")
    })
    .await;
}

#[tokio::test]
async fn a_hung_redis_holds_up_one_request_in_a_second_at_most() {
    let redis = RedisServer::start().await;
    let app = TestApp::start_with(|config| {
        config.redis_url = Some(redis.url().into());
        config.redis_timeout = Duration::from_millis(200);
        config.metrics_addr = Some(NOWHERE);
        config.rate_limits.anonymous = quota("5/1h");
    })
    .await;
    let visitor = app.visitor();
    visitor.get("/api/jobs/").await.expect(200);
    redis.hang();
    // Its own count begins anew.
    assert_eq!(
        statuses(&visitor, "/api/jobs/", 6).await,
        [200, 200, 200, 200, 200, 429]
    );
    assert!(
        app.metrics
            .render()
            .contains("jobboard_redis_outages_total 1")
    );
}

#[tokio::test]
async fn a_redis_that_is_not_there_stops_no_start() {
    let app = TestApp::start_with(|config| {
        // Nothing listens on the discard port.
        config.redis_url = Some("redis://127.0.0.1:9".into());
        config.rate_limits.anonymous = quota("2/1h");
    })
    .await;
    let visitor = app.visitor();
    assert_eq!(statuses(&visitor, "/api/jobs/", 3).await, [200, 200, 429]);
}
