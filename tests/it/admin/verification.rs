//! Employers and companies ask; administrators decide.

use futures::future::join_all;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{Client, TestApp};

async fn profile_id(employer: &Client) -> Uuid {
    employer
        .get("/api/employers/profile/")
        .await
        .expect(200)
        .id()
}

async fn company(employer: &Client) -> Uuid {
    let body = json!({"name": format!("Company {}", Uuid::new_v4().simple())});
    let path = "/api/employers/companies/";
    employer.post(path, body).await.expect(201).id()
}

async fn listed(admin: &Client, kind: &str, status: &str) -> Vec<Value> {
    let path = format!("/api/admin/{kind}/?status={status}");
    let list = admin.get(&path).await.expect(200);
    list.results().iter().map(|row| row["id"].clone()).collect()
}

/// Employers and companies go the same way.
struct Way {
    kind: &'static str,
    id: Uuid,
    ask: String,
}

impl Way {
    async fn both(employer: &Client) -> [Self; 2] {
        let company = company(employer).await;
        [
            Self {
                kind: "employers",
                id: profile_id(employer).await,
                ask: "/api/employers/profile/verification/".to_owned(),
            },
            Self {
                kind: "companies",
                id: company,
                ask: format!("/api/companies/{company}/verification/"),
            },
        ]
    }

    fn path(&self, end: &str) -> String {
        format!("/api/admin/{}/{}/{end}/", self.kind, self.id)
    }
}

#[tokio::test]
async fn what_is_asked_for_is_decided_recorded_and_told() {
    let app = TestApp::start().await;
    let (admin, employer) = (app.admin().await, app.employer().await);
    for way in Way::both(&employer).await {
        let Way { kind, id, ask } = &way;
        assert!(
            listed(&admin, kind, "unverified")
                .await
                .contains(&json!(id))
        );
        employer.post(ask, json!(null)).await.expect(200);
        assert_eq!(listed(&admin, kind, "pending").await, [json!(id)]);
        // Pending is what the list shows by itself.
        let list = admin.get(&format!("/api/admin/{kind}/")).await.expect(200);
        assert_eq!(list.results().len(), 1);

        let verified = admin
            .post(&way.path("verify"), json!(null))
            .await
            .expect(200)
            .json;
        assert_eq!(verified["verification_status"], "verified");
        assert!(verified["verified_at"].is_string());
        assert_eq!(listed(&admin, kind, "verified").await, [json!(id)]);
        let body = json!({"reason": "The register\nsays otherwise."});
        let rejected = admin.post(&way.path("reject"), body).await.expect(200).json;
        assert_eq!(rejected["verification_status"], "unverified");
        assert_eq!(rejected["verified_at"], json!(null));

        let history = admin.get(&way.path("history")).await.expect(200);
        let moves: Vec<Value> = history
            .results()
            .iter()
            .map(|m| {
                json!([
                    m["from_status"],
                    m["to_status"],
                    m["changed_by"],
                    m["reason"]
                ])
            })
            .collect();
        assert_eq!(
            moves,
            [
                json!([
                    "verified",
                    "unverified",
                    admin.user_id,
                    "The register\nsays otherwise."
                ]),
                json!(["pending", "verified", admin.user_id, null]),
                json!(["unverified", "pending", employer.user_id, null]),
            ],
            "{kind}"
        );
    }
    app.drain_tasks().await;
    let mails = app.emails();
    assert_eq!(mails.len(), 4);
    assert!(mails.iter().all(|mail| mail.to == employer.email));
    let with_reason = mails
        .iter()
        .filter(|mail| mail.text.contains("says otherwise."))
        .count();
    assert_eq!(with_reason, 2);
}

#[tokio::test]
async fn another_name_has_to_be_verified_anew() {
    let app = TestApp::start().await;
    let (admin, employer) = (app.admin().await, app.employer().await);
    let [_, way] = Way::both(&employer).await;
    admin
        .post(&way.path("verify"), json!(null))
        .await
        .expect(200);
    let path = format!("/api/companies/{}/", way.id);
    let name = employer.get(&path).await.expect(200).json["name"].clone();
    let upper = name.as_str().unwrap().to_uppercase();
    for (client, body, verified) in [
        (&employer, json!({"name": upper, "industry": "Toys"}), true),
        (&admin, json!({"name": "Toys by the register"}), true),
        (&employer, json!({"name": "A Famous Bank"}), false),
    ] {
        let company = client.put(&path, body).await.expect(200);
        assert_eq!(company.json["is_verified"], verified, "{}", company.text);
    }
    let history = admin.get(&way.path("history")).await.expect(200);
    let last = &history.results()[0];
    assert_eq!(last["to_status"], "unverified");
    assert_eq!(last["changed_by"], json!(employer.user_id));
    assert_eq!(last["reason"], "The name was changed.");
    app.drain_tasks().await;
    let mails = app.emails();
    assert!(mails.last().unwrap().text.contains("The name was changed."));
}

#[tokio::test]
async fn a_verified_employer_and_company_show_it() {
    let app = TestApp::start().await;
    let (admin, employer) = (app.admin().await, app.employer().await);
    for way in Way::both(&employer).await {
        admin
            .post(&way.path("verify"), json!(null))
            .await
            .expect(200);
    }
    let profile = employer.get("/api/employers/profile/").await.expect(200);
    assert_eq!(profile.json["verification_status"], "verified");
    let account = employer.get("/api/users/profile/").await.expect(200);
    assert_eq!(account.json["is_verified"], true);
    let companies = employer
        .get("/api/companies/?is_verified=true")
        .await
        .expect(200);
    assert_eq!(companies.results().len(), 1);
    assert!(companies.results()[0]["verified_at"].is_string());
    app.drain_tasks().await;
}

#[tokio::test]
async fn an_illegal_move_names_the_legal_ones() {
    let app = TestApp::start().await;
    let (admin, employer) = (app.admin().await, app.employer().await);
    let reason = json!({"reason": "No."});
    for way in Way::both(&employer).await {
        let refused = admin
            .post(&way.path("reject"), reason.clone())
            .await
            .expect(409);
        assert_eq!(refused.json["code"], "illegal_transition");
        let detail = refused.json["detail"].as_str().unwrap();
        assert!(
            detail.ends_with("can become pending or verified only"),
            "{detail}"
        );
        employer.post(&way.ask, json!(null)).await.expect(200);
        employer.post(&way.ask, json!(null)).await.expect(409);
        admin
            .post(&way.path("verify"), json!(null))
            .await
            .expect(200);
        admin
            .post(&way.path("verify"), json!(null))
            .await
            .expect(409);
        employer.post(&way.ask, json!(null)).await.expect(409);
    }
    app.drain_tasks().await;
}

#[tokio::test]
async fn of_two_decisions_at_the_same_time_one_counts() {
    let app = TestApp::start().await;
    let (admin, employer) = (app.admin().await, app.employer().await);
    for way in Way::both(&employer).await {
        let path = way.path("verify");
        let answers = join_all((0..10).map(|_| admin.post(&path, json!(null)))).await;
        let verified = answers.iter().filter(|answer| answer.status == 200).count();
        let refused = answers.iter().filter(|answer| answer.status == 409).count();
        assert_eq!((verified, refused), (1, 9), "{}", way.kind);
    }
    app.drain_tasks().await;
    assert_eq!(app.emails().len(), 2);
}

#[tokio::test]
async fn a_rejection_has_a_reason_and_what_is_missing_is_404() {
    let app = TestApp::start().await;
    let (admin, employer) = (app.admin().await, app.employer().await);
    let nobody = Uuid::new_v4();
    for way in Way::both(&employer).await {
        for reason in [
            json!({}),
            json!({"reason": ""}),
            json!({"reason": "  "}),
            json!({"reason": "x".repeat(2001)}),
        ] {
            let refused = admin.post(&way.path("reject"), reason).await.expect(422);
            assert_eq!(refused.field_errors()[0].0, "reason");
        }
        let missing = Way {
            id: nobody,
            ask: String::new(),
            ..way
        };
        admin
            .post(&missing.path("verify"), json!(null))
            .await
            .expect(404);
        let reason = json!({"reason": "No."});
        admin
            .post(&missing.path("reject"), reason)
            .await
            .expect(404);
        admin.get(&missing.path("history")).await.expect(404);
    }
    let foreign = company(&app.employer().await).await;
    let ask = format!("/api/companies/{foreign}/verification/");
    employer.post(&ask, json!(null)).await.expect(404);
}

#[tokio::test]
async fn a_company_of_nobody_is_verified_without_a_mail() {
    let app = TestApp::start().await;
    let admin = app.admin().await;
    let body = json!({"name": "Nobody's"});
    let id = admin.post("/api/companies/", body).await.expect(201).id();
    let path = format!("/api/admin/companies/{id}/verify/");
    admin.post(&path, json!(null)).await.expect(200);
    app.drain_tasks().await;
    assert!(app.emails().is_empty());
}

#[tokio::test]
async fn without_its_mail_a_decision_is_none() {
    let app = TestApp::start().await;
    let (admin, employer) = (app.admin().await, app.employer().await);
    sqlx::query("alter table email_outbox rename to away")
        .execute(&app.db)
        .await
        .unwrap();
    for way in Way::both(&employer).await {
        admin
            .post(&way.path("verify"), json!(null))
            .await
            .expect(500);
        let history = admin.get(&way.path("history")).await.expect(200);
        assert!(history.results().is_empty());
        assert!(listed(&admin, way.kind, "verified").await.is_empty());
    }
}

#[tokio::test]
async fn a_long_list_is_paged() {
    let app = TestApp::start().await;
    let admin = app.admin().await;
    for _ in 0..5 {
        let employer = app.employer().await;
        employer
            .post("/api/employers/profile/verification/", json!(null))
            .await
            .expect(200);
    }
    let all = listed(&admin, "employers", "pending").await;
    let mut seen = Vec::new();
    let mut path = "/api/admin/employers/?page_size=2".to_owned();
    loop {
        let page = admin.get(&path).await.expect(200);
        seen.extend(page.results().iter().map(|row| row["id"].clone()));
        let Some(cursor) = page.json["next_cursor"].as_str() else {
            break;
        };
        path = format!("/api/admin/employers/?page_size=2&cursor={cursor}");
    }
    assert_eq!(seen, all);
    assert_eq!(seen.len(), 5);
}
