//! Addresses that turn out to be none.

use std::process::Stdio;

use jobboard_shared::notifications::{
    Resend,
    db::{self, Suppression},
    resend_email,
};
use serde_json::json;
use tokio::process::Command;
use uuid::Uuid;

use super::{
    outbox, row,
    smtp::{CONFIRMATION, mail_to, one_mail, start, start_at},
};
use crate::support::{Client, SmtpServer, TestApp, Verdict};

/// In force or lifted.
pub(super) async fn suppressions(app: &TestApp) -> Vec<Suppression> {
    let mut conn = app.db.acquire().await.unwrap();
    db::list_suppressions(&mut conn, 10).await.unwrap()
}

async fn suppressed(app: &TestApp) -> Vec<Uuid> {
    suppressions(app)
        .await
        .into_iter()
        .filter(|suppression| suppression.in_force)
        .map(|suppression| suppression.user_id)
        .collect()
}

#[tokio::test]
async fn an_address_without_a_mailbox_gets_no_further_mail() {
    for verdict in [
        Verdict::RefuseRecipient(550),
        Verdict::AnswerRecipient("550 5.1.1 no such user"),
        Verdict::AnswerRecipient("550-5.1.1 no such user\r\n550 5.1.1 really not"),
        Verdict::AnswerRecipient("554 5.2.1 closed"),
    ] {
        let server = SmtpServer::start().await;
        let app = start(&server).await;
        server.will([verdict]);
        let freelancer = one_mail(&app).await;
        assert!(app.drain_tasks().await.failures.is_empty());
        assert_eq!(suppressed(&app).await, [freelancer.user_id], "{verdict:?}");
        let connections = server.connections();

        mail_to(&app, &freelancer).await;
        assert!(app.drain_tasks().await.failures.is_empty());
        assert_eq!(server.connections(), connections, "the server is not asked");
        // Quietly: it is known why.
        assert_eq!(
            outbox(&app).await,
            [
                row(CONFIRMATION, "dead", 1, 0),
                row(CONFIRMATION, "skipped", 0, 0)
            ]
        );
        assert!(server.deliveries().is_empty());
        // Others get theirs.
        one_mail(&app).await;
        app.drain_tasks().await;
        assert_eq!(server.deliveries().len(), 1);
    }
}

#[tokio::test]
async fn no_other_refusal_suppresses_an_address() {
    for (verdict, password_answer) in [
        (Verdict::AnswerRecipient("550 5.7.1 policy"), None),
        (Verdict::AnswerRecipient("552 5.2.2 mailbox full"), None),
        (Verdict::AnswerRecipient("450 4.1.1 not now"), None),
        (Verdict::RefuseSender(550), None),
        (Verdict::RefuseData(554), None),
        (Verdict::RefuseMail(550), None),
        (Verdict::RefuseMail(552), None),
        (Verdict::Accept, Some("535 5.7.8 wrong password")),
    ] {
        let server = SmtpServer::start().await;
        let app = start_at(server.url_with_password()).await;
        server.will([verdict]);
        server.will_answer_passwords(password_answer);
        let freelancer = one_mail(&app).await;
        app.drain_tasks().await;
        assert!(suppressed(&app).await.is_empty(), "{verdict:?}");
        mail_to(&app, &freelancer).await;
        app.drain_tasks().await;
        assert_eq!(server.deliveries().len(), 1, "{verdict:?}");
    }
}

/// Dead of a mailbox that does not exist.
async fn refused_mail(server: &SmtpServer, app: &TestApp) -> (Client, Uuid) {
    server.will([Verdict::RefuseRecipient(550)]);
    let freelancer = one_mail(app).await;
    app.drain_tasks().await;
    let id = sqlx::query_scalar("select id from email_outbox")
        .fetch_one(&app.db)
        .await
        .unwrap();
    (freelancer, id)
}

async fn resend(app: &TestApp, id: Uuid) -> Resend {
    let mut conn = app.db.acquire().await.unwrap();
    resend_email(&mut conn, id).await.unwrap()
}

#[tokio::test]
async fn mail_flows_to_the_next_address_of_the_account() {
    let server = SmtpServer::start().await;
    let app = start(&server).await;
    let (freelancer, id) = refused_mail(&server, &app).await;
    assert_eq!(resend(&app, id).await, Resend::Suppressed);
    sqlx::query("update users set email = 'moved@example.invalid' where id = $1")
        .bind(freelancer.user_id)
        .execute(&app.db)
        .await
        .unwrap();
    assert!(suppressed(&app).await.is_empty());
    mail_to(&app, &freelancer).await;
    assert!(matches!(resend(&app, id).await, Resend::Queued(_)));
    app.drain_tasks().await;
    let to: Vec<_> = server
        .deliveries()
        .into_iter()
        .map(|mail| mail.to)
        .collect();
    assert_eq!(to, ["moved@example.invalid", "moved@example.invalid"]);
}

#[tokio::test]
async fn an_operator_lifts_a_suppression() {
    let server = SmtpServer::start().await;
    let app = start(&server).await;
    let (freelancer, id) = refused_mail(&server, &app).await;
    let mut conn = app.db.acquire().await.unwrap();
    for lifted in [true, false] {
        let lift = db::lift_suppression(&mut conn, freelancer.user_id).await;
        assert_eq!(lift.unwrap(), lifted);
    }
    assert!(matches!(resend(&app, id).await, Resend::Queued(_)));
    app.drain_tasks().await;
    assert_eq!(outbox(&app).await, [row(CONFIRMATION, "sent", 2, 0)]);
    assert_eq!(server.deliveries().len(), 1);
}

#[tokio::test]
async fn administrators_and_commands_list_and_lift() {
    let server = SmtpServer::start().await;
    let app = start(&server).await;
    let (freelancer, _) = refused_mail(&server, &app).await;
    let admin = app.admin().await;
    let list = admin
        .get("/api/admin/tasks/suppressions/")
        .await
        .expect(200);
    let account = freelancer.user_id.to_string();
    assert_eq!(list.json["results"][0]["user_id"], account.as_str());
    let command = async |words: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_jobboard"))
            .arg("suppressions")
            .args(words)
            .env("DATABASE_URL", app.database_url())
            .current_dir(std::env::temp_dir())
            .stdin(Stdio::null())
            .output()
            .await
            .unwrap();
        let said = String::from_utf8(output.stdout).unwrap();
        (output.status.success(), said)
    };
    let (_, table) = command(&["list"]).await;
    assert!(table.contains(&account), "{table}");
    assert!(!table.contains('@'), "{table}");
    let lift = format!("/api/admin/tasks/suppressions/{account}/lift/");
    let left = admin.post(&lift, json!({})).await.expect(200);
    assert_eq!(left.json["results"], json!([]));
    admin.post(&lift, json!({})).await.expect(404);
    assert!(!command(&["lift", &account]).await.0, "it is lifted");
}

#[tokio::test]
async fn no_address_is_stored_with_a_suppression() {
    let server = SmtpServer::start().await;
    let app = start(&server).await;
    let (freelancer, _) = refused_mail(&server, &app).await;
    let stored: String =
        sqlx::query_scalar("select row_to_json(s)::text from email_suppressions s")
            .fetch_one(&app.db)
            .await
            .unwrap();
    assert!(!stored.contains(&freelancer.email), "{stored}");
    assert!(stored.contains("no mailbox <address> here"), "{stored}");
    sqlx::query("delete from users where id = $1")
        .bind(freelancer.user_id)
        .execute(&app.db)
        .await
        .unwrap();
    let left: i64 = sqlx::query_scalar("select count(*) from email_suppressions")
        .fetch_one(&app.db)
        .await
        .unwrap();
    assert_eq!(left, 0);
}
