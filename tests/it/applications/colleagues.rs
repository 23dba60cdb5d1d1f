//! Who of a company hears of applications when the account that posted the job is gone.

use serde_json::json;
use uuid::Uuid;

use super::Board;
use crate::support::{Client, TestApp};

struct Team {
    board: Board,
    recruiter: Client,
    reviewer: Client,
}

impl Team {
    async fn new(app: &TestApp) -> Self {
        let board = Board::new(app).await;
        let job = format!("/api/jobs/{}/", board.job_id);
        let job = board.employer.get(&job).await.expect(200);
        let company = job.json["company"]["id"].as_str().unwrap();
        let (recruiter, reviewer) = (app.employer().await, app.employer().await);
        for (member, role) in [(&recruiter, "recruiter"), (&reviewer, "reviewer")] {
            let path = format!("/api/companies/{company}/members/");
            let body = json!({"email": member.email, "role": role});
            board.employer.post(&path, body).await.expect(201);
        }
        Self {
            board,
            recruiter,
            reviewer,
        }
    }

    /// What this applicant is told of the application.
    async fn confirmation(&self, app: &TestApp) -> (Client, Uuid, String) {
        let freelancer = app.freelancer().await;
        let id = self.board.apply(&freelancer).await.expect(201).id();
        app.drain_tasks().await;
        let mails = app.emails();
        let mail = mails.iter().find(|mail| mail.to == freelancer.email);
        let text = mail.expect("a confirmation").text.clone();
        (freelancer, id, text)
    }
}

/// The subjects of the mails that this account got, and the kinds of its lines.
async fn told(app: &TestApp, account: &Client) -> (Vec<String>, Vec<String>) {
    let mails = app.emails().into_iter();
    let subjects = mails.filter(|mail| mail.to == account.email);
    let kinds =
        sqlx::query_scalar("select kind from notifications where user_id = $1 order by number")
            .bind(account.user_id)
            .fetch_all(&app.db)
            .await
            .unwrap();
    (subjects.map(|mail| mail.subject).collect(), kinds)
}

async fn switch_off(app: &TestApp, account: &Client) {
    let path = format!("/api/users/{}/", account.user_id);
    let off = json!({"is_active": false});
    app.admin().await.patch(&path, off).await.expect(200);
}

async fn delete(app: &TestApp, account: &Client) {
    let path = format!("/api/users/{}/", account.user_id);
    app.admin().await.delete(&path).await.expect(204);
}

#[tokio::test]
async fn while_whoever_posted_the_job_is_there_colleagues_are_left_alone() {
    let app = TestApp::start().await;
    let team = Team::new(&app).await;
    let (.., text) = team.confirmation(&app).await;
    assert!(text.contains("The employer can see it now"), "{text}");
    let (subjects, kinds) = told(&app, &team.board.employer).await;
    assert_eq!(subjects.len(), 1);
    assert_eq!(kinds, ["application_received"]);
    for colleague in [&team.recruiter, &team.reviewer] {
        assert_eq!(told(&app, colleague).await, (vec![], vec![]));
    }
}

#[tokio::test]
async fn whoever_hires_is_told_once_the_account_that_posted_the_job_is_gone() {
    let app = TestApp::start().await;
    for is_deleted in [false, true] {
        let team = Team::new(&app).await;
        if is_deleted {
            delete(&app, &team.board.employer).await;
        } else {
            switch_off(&app, &team.board.employer).await;
        }
        let (freelancer, id, text) = team.confirmation(&app).await;
        assert!(text.contains("The employer can see it now"), "{text}");
        let of_employer = format!("/api/employers/applications/{id}/status/");
        for status in ["reviewing", "shortlisted", "interviewing", "offered"] {
            let body = json!({"status": status});
            team.recruiter.patch(&of_employer, body).await.expect(200);
        }
        let path = format!("/api/applications/{id}/");
        let body = json!({"status": "accepted"});
        freelancer.patch(&path, body).await.expect(200);
        let (second, id, _) = team.confirmation(&app).await;
        let path = format!("/api/applications/{id}/");
        second.delete(&path).await.expect(204);
        app.drain_tasks().await;
        let (subjects, kinds) = told(&app, &team.recruiter).await;
        assert_eq!(subjects.len(), 4, "{subjects:?}");
        let expected = [
            "application_received",
            "offer_accepted",
            "application_received",
            "application_withdrawn",
        ];
        assert_eq!(kinds, expected);
        assert_eq!(told(&app, &team.reviewer).await, (vec![], vec![]));
        assert_eq!(told(&app, &team.board.employer).await.0, [""; 0]);
    }
}

#[tokio::test]
async fn whoever_reads_is_told_where_nobody_hires_any_more() {
    let app = TestApp::start().await;
    let team = Team::new(&app).await;
    switch_off(&app, &team.board.employer).await;
    delete(&app, &team.recruiter).await;
    let (.., text) = team.confirmation(&app).await;
    assert!(text.contains("The employer can see it now"), "{text}");
    let (_, kinds) = told(&app, &team.reviewer).await;
    assert_eq!(kinds, ["application_received"]);
    delete(&app, &team.reviewer).await;
    let (.., text) = team.confirmation(&app).await;
    assert!(text.contains("does not read applications here"), "{text}");
    assert!(!text.contains("another site"), "{text}");
}
