//! Messages between the sides of an application.

mod mails;
mod reports;

use std::time::Duration;

use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    applications::Board,
    support::{Client, Response, Socket, TestApp},
};

/// Somebody has applied, and the mails about that are out.
struct Talk {
    board: Board,
    freelancer: Client,
    id: Uuid,
}

impl Talk {
    async fn begin(app: &TestApp) -> Self {
        let board = Board::new(app).await;
        let freelancer = app.freelancer().await;
        let id = board.apply(&freelancer).await.expect(201).id();
        app.drain_tasks().await;
        Self {
            board,
            freelancer,
            id,
        }
    }

    fn employer(&self) -> &Client {
        &self.board.employer
    }

    async fn say(&self, who: &Client, body: &str) -> Response {
        who.post(&self.path("messages/"), json!({"body": body}))
            .await
    }

    async fn read(&self, who: &Client, up_to: i64) -> Value {
        let answer = who.post(&self.path("read/"), json!({"up_to": up_to})).await;
        answer.expect(200).json
    }

    async fn state(&self, who: &Client) -> Value {
        who.get(&self.path("")).await.expect(200).json
    }

    fn path(&self, rest: &str) -> String {
        format!("/api/messages/{}/{rest}", self.id)
    }
}

async fn threads(who: &Client) -> Vec<Value> {
    who.get("/api/messages/")
        .await
        .expect(200)
        .results()
        .clone()
}

#[tokio::test]
async fn the_two_sides_write_and_see_what_is_unread_and_what_was_read() {
    let app = TestApp::start().await;
    let talk = Talk::begin(&app).await;
    let (employer, freelancer) = (talk.employer(), &talk.freelancer);
    assert!(threads(employer).await.is_empty());
    assert_eq!(talk.state(employer).await["last_number"], 0);
    assert_eq!(talk.read(employer, 5).await["read_up_to"], 0);

    let first = talk.say(employer, "  When could you start?\n").await;
    let first = first.expect(201).json;
    assert_eq!(first["body"], "When could you start?");
    assert_eq!(first["number"], 1);
    assert_eq!(first["side"], "employer");
    assert_eq!(first["sender_name"], "Robin Example");
    talk.say(employer, "Or call me.").await.expect(201);
    let seen = &threads(freelancer).await[0];
    assert_eq!(seen["application_id"], json!(talk.id));
    assert_eq!(seen["unread"], 2);
    assert_eq!(threads(employer).await[0]["unread"], 0);

    talk.read(freelancer, 1).await;
    assert_eq!(talk.state(freelancer).await["unread"], 1);
    let receipt = talk.state(employer).await;
    assert_eq!(receipt["other_read_up_to"], 1);
    assert!(receipt["other_read_at"].is_string());
    // No further than there is, and never back.
    assert_eq!(talk.read(freelancer, 99).await["read_up_to"], 2);
    assert_eq!(talk.read(freelancer, 1).await["read_up_to"], 2);

    talk.say(freelancer, "On Monday.").await.expect(201);
    let page = freelancer
        .get(&talk.path("messages/?page_size=2"))
        .await
        .expect(200);
    let bodies = |page: &Response| -> Vec<Value> {
        page.results().iter().map(|m| m["body"].clone()).collect()
    };
    assert_eq!(bodies(&page), ["On Monday.", "Or call me."]);
    assert_eq!(page.results()[0]["is_own"], true);
    assert_eq!(page.results()[1]["is_own"], false);
    let cursor = page.json["next_cursor"].as_str().unwrap();
    let rest = freelancer
        .get(&talk.path(&format!("messages/?page_size=2&cursor={cursor}")))
        .await
        .expect(200);
    assert_eq!(bodies(&rest), ["When could you start?"]);
    let numbered = employer.get(&talk.path("messages/?page=1")).await;
    assert_eq!(numbered.expect(200).json["count"], 3);
    app.drain_tasks().await;
}

#[tokio::test]
async fn for_others_there_is_no_thread() {
    let app = TestApp::start().await;
    let talk = Talk::begin(&app).await;
    talk.say(talk.employer(), "Hello").await.expect(201);
    for (client, status) in [
        (app.anonymous(), 401),
        (app.freelancer().await, 404),
        (app.employer().await, 404),
        (app.admin().await, 403),
    ] {
        client.get(&talk.path("")).await.expect(status);
        client.get(&talk.path("messages/")).await.expect(status);
        talk.say(&client, "Me too").await.expect(status);
        let body = json!({"up_to": 1});
        client.post(&talk.path("read/"), body).await.expect(status);
        let body = json!({"reason": "rude"});
        let path = talk.path("messages/1/report/");
        client.post(&path, body).await.expect(status);
        client
            .post(&talk.path("block/"), Value::Null)
            .await
            .expect(status);
        client.delete(&talk.path("block/")).await.expect(status);
    }
    assert_eq!(talk.state(talk.employer()).await["last_number"], 1);
    app.drain_tasks().await;
}

#[tokio::test]
async fn what_is_wrong_is_named_and_changes_nothing() {
    let app = TestApp::start().await;
    let talk = Talk::begin(&app).await;
    for (body, code) in [
        (json!({"body": " \n "}), "blank"),
        (json!({"body": "x".repeat(5001)}), "too_long"),
        (json!({"body": "a\u{0}b"}), "invalid_character"),
        (json!({"body": "x", "side": "employer"}), "unknown_field"),
    ] {
        let answer = talk
            .freelancer
            .post(&talk.path("messages/"), body)
            .await
            .expect(422);
        assert_eq!(answer.json["errors"][0]["code"], code);
    }
    assert_eq!(talk.state(&talk.freelancer).await["last_number"], 0);
}

#[tokio::test]
async fn colleagues_who_may_see_the_application_write_too() {
    let app = TestApp::start().await;
    let talk = Talk::begin(&app).await;
    let colleague = app.employer().await;
    let company: Uuid = sqlx::query_scalar("select company_id from jobs where id = $1")
        .bind(talk.board.job_id)
        .fetch_one(&app.db)
        .await
        .unwrap();
    let members = format!("/api/companies/{company}/members/");
    let body = json!({"email": colleague.email, "role": "reviewer"});
    talk.employer().post(&members, body).await.expect(201);
    talk.say(&colleague, "I read your letter.")
        .await
        .expect(201);
    assert_eq!(talk.state(&talk.freelancer).await["unread"], 1);
    // The own side's words are not unread, whoever wrote them.
    assert_eq!(talk.state(talk.employer()).await["unread"], 0);

    // The answer is told to who has written, too.
    talk.say(&talk.freelancer, "Thank you!").await.expect(201);
    for reader in [talk.employer(), &colleague] {
        assert_eq!(threads(reader).await[0]["unread"], 1);
        let told = reader.get("/api/notifications/?notification_type=message");
        let told = told.await.expect(200).results().clone();
        assert_eq!(told[0]["kind"], "message_received");
        assert_eq!(told[0]["message"], "Thank you!");
        assert_eq!(told[0]["data"]["application_id"], json!(talk.id));
    }
    // Reading the thread reads what the centre says of it.
    talk.read(&colleague, 2).await;
    let left = colleague.get("/api/notifications/unread-count/").await;
    assert_eq!(left.expect(200).json["count"], 0);
    let left = talk
        .employer()
        .get("/api/notifications/unread-count/")
        .await;
    assert_eq!(left.expect(200).json["count"], 2);

    let gone = format!("{members}{}/", colleague.user_id);
    talk.employer().delete(&gone).await.expect(204);
    talk.say(&colleague, "Still here?").await.expect(404);
    talk.say(&talk.freelancer, "Are you there?")
        .await
        .expect(201);
    let told = colleague.get("/api/notifications/?notification_type=message");
    assert_eq!(told.await.expect(200).results().len(), 1);
    app.drain_tasks().await;
}

#[tokio::test]
async fn either_side_can_refuse_the_other() {
    let app = TestApp::start().await;
    let talk = Talk::begin(&app).await;
    for (blocker, blocked) in [
        (talk.employer(), &talk.freelancer),
        (&talk.freelancer, talk.employer()),
    ] {
        for _ in 0..2 {
            let answer = blocker.post(&talk.path("block/"), Value::Null).await;
            assert_eq!(answer.expect(200).json["is_blocked"], true);
        }
        assert_eq!(talk.state(blocked).await["is_blocked"], false);
        let refused = talk.say(blocked, "Hello?").await.expect(403);
        assert_eq!(refused.json["code"], "messages_blocked");
        let refused = talk.say(blocker, "Hello?").await.expect(409);
        assert_eq!(refused.json["code"], "unblock_first");
        assert_eq!(talk.state(blocker).await["last_number"], 0);
        for _ in 0..2 {
            let answer = blocker.delete(&talk.path("block/")).await;
            assert_eq!(answer.expect(200).json["is_blocked"], false);
        }
    }
    talk.say(&talk.freelancer, "Hello!").await.expect(201);
    app.drain_tasks().await;
}

#[tokio::test]
async fn messages_are_limited_by_the_day() {
    let app = TestApp::start().await;
    let talk = Talk::begin(&app).await;
    let admin = app.admin().await;
    let body = json!({"max_messages_per_day": 2});
    admin.patch("/api/admin/settings/", body).await.expect(200);
    let posts = (0..5).map(|_| talk.say(&talk.freelancer, "Hello?"));
    let answers = futures::future::join_all(posts).await;
    let written = answers.iter().filter(|a| a.status == 201).count();
    assert_eq!(written, 2);
    let refused = talk.say(&talk.freelancer, "Hello?").await.expect(429);
    assert_eq!(refused.json["code"], "max_messages_per_day");
    assert!(refused.headers.contains_key("retry-after"));
    talk.say(talk.employer(), "Yes?").await.expect(201);
    app.advance_time(Duration::from_secs(86_401)).await;
    let freelancer = app.login(&talk.freelancer.email).await;
    talk.say(&freelancer, "Hello!").await.expect(201);
    app.drain_tasks().await;
}

#[tokio::test]
async fn parallel_messages_are_numbered_without_gaps() {
    let app = TestApp::start().await;
    let talk = Talk::begin(&app).await;
    let posts = (0..10).map(|i| {
        let who = if i % 2 == 0 {
            talk.employer()
        } else {
            &talk.freelancer
        };
        talk.say(who, "Hello")
    });
    let mut numbers: Vec<_> = futures::future::join_all(posts)
        .await
        .into_iter()
        .map(|answer| answer.expect(201).json["number"].as_i64().unwrap())
        .collect();
    numbers.sort_unstable();
    assert_eq!(numbers, (1..=10).collect::<Vec<_>>());
    app.drain_tasks().await;
}

#[tokio::test]
async fn words_of_deleted_accounts_stay_with_the_other_side() {
    let app = TestApp::start().await;
    let talk = Talk::begin(&app).await;
    let admin = app.admin().await;
    talk.say(talk.employer(), "Hello").await.expect(201);
    let account = format!("/api/users/{}/", talk.employer().user_id);
    admin.delete(&account).await.expect(204);
    let list = talk
        .freelancer
        .get(&talk.path("messages/"))
        .await
        .expect(200);
    assert_eq!(list.results()[0]["sender_name"], "");
    assert_eq!(list.results()[0]["body"], "Hello");
    let refused = talk.say(&talk.freelancer, "Hello?").await.expect(409);
    assert_eq!(refused.json["code"], "nobody_there");

    // An applicant's go with the application.
    let talk = Talk::begin(&app).await;
    talk.say(&talk.freelancer, "Hello").await.expect(201);
    let account = format!("/api/users/{}/", talk.freelancer.user_id);
    admin.delete(&account).await.expect(204);
    talk.employer().get(&talk.path("")).await.expect(404);
    assert!(threads(talk.employer()).await.is_empty());
    app.advance_time(Duration::from_secs(3600)).await;
    app.drain_tasks().await;
}

#[tokio::test]
async fn a_message_whose_mail_cannot_be_promised_is_not_kept() {
    let app = TestApp::start().await;
    let talk = Talk::begin(&app).await;
    sqlx::raw_sql(
        "create function refuse() returns trigger language plpgsql as
             $$ begin raise exception 'no'; end $$;
         create trigger refuse before insert on notifications
             for each row when (new.kind = 'message_received')
             execute function refuse()",
    )
    .execute(&app.db)
    .await
    .unwrap();
    talk.say(talk.employer(), "Hello").await.expect(500);
    let rows: (i64, i64, i64, i64) = sqlx::query_as(
        "select (select count(*) from messages), (select count(*) from message_threads),
                (select count(*) from notifications where kind = 'message_received'),
                (select count(*) from tasks where kind = 'messages.mail_unread')",
    )
    .fetch_one(&app.db)
    .await
    .unwrap();
    assert_eq!(rows, (0, 0, 0, 0));
}

#[tokio::test]
async fn a_message_reaches_a_connected_reader_as_it_is_written() {
    let app = TestApp::start().await;
    let talk = Talk::begin(&app).await;
    let told = talk.freelancer.get("/api/notifications/").await;
    let last = told.expect(200).results().len();
    let (mut reader, _) = Socket::open(&talk.freelancer, i64::try_from(last).ok()).await;
    talk.say(talk.employer(), "Hello").await.expect(201);
    let event = reader.event().await;
    assert_eq!(event["event"], "message");
    assert_eq!(event["data"]["message"], "Hello");
    assert_eq!(event["data"]["data"]["application_id"], json!(talk.id));
    app.drain_tasks().await;
}
