//! Conditional edits of what is smaller than a job or a profile.

use reqwest::Method;
use serde_json::{Value, json};

use super::conditional::{etag, send};
use crate::{
    jobs::publish,
    support::{Client, TestApp},
};

/// Something with versions, and how it is edited.
struct Thing {
    path: String,
    edit: Method,
    body: Value,
    /// Whether it can be deleted by itself.
    goes: bool,
}

impl Thing {
    fn replaced(path: String, body: Value) -> Self {
        Self {
            path,
            edit: Method::PUT,
            body,
            goes: true,
        }
    }

    fn patched(path: String, body: Value) -> Self {
        Self {
            edit: Method::PATCH,
            ..Self::replaced(path, body)
        }
    }

    async fn edit(&self, client: &Client, tag: &str) -> crate::support::Response {
        let body = Some(self.body.clone());
        send(
            client,
            self.edit.clone(),
            &self.path,
            ("if-match", tag),
            body,
        )
        .await
    }

    /// Read, edited once, edited in vain, deleted in vain, deleted.
    async fn is_guarded(&self, client: &Client) {
        let path = &self.path;
        let read = etag(&client.get(path).await.expect(200));
        let changed = self.edit(client, &read).await.expect(200);
        let present = etag(&client.get(path).await.expect(200));
        assert_ne!(present, read, "{path}");
        assert_eq!(etag(&changed), present, "{path}");
        let refused = self.edit(client, &read).await.expect(412);
        assert_eq!(refused.json["code"], "precondition_failed", "{path}");
        assert_eq!(etag(&client.get(path).await), present, "{path}");
        self.edit(client, "*").await.expect(200);
        if !self.goes {
            return;
        }
        let delete = async |tag: &str| {
            let header = ("if-match", tag);
            send(client, Method::DELETE, path, header, None).await
        };
        delete(&present).await.expect(412);
        let last = etag(&client.get(path).await.expect(200));
        delete(&last).await.expect(204);
        client.get(path).await.expect(404);
    }
}

async fn added(client: &Client, list: &str, body: Value) -> String {
    let added = client.post(list, body).await.expect(201);
    added.headers["location"].to_str().unwrap().to_owned()
}

/// Something of every list of a freelancer's profile.
async fn of_profile(freelancer: &Client) -> Vec<Thing> {
    let mut things = Vec::new();
    for (list, body) in [
        ("portfolio", json!({"title": "A bridge"})),
        (
            "experience",
            json!({"company_name": "Iron", "job_title": "Smith", "start_date": "2020-03-01", "is_current": true}),
        ),
        (
            "education",
            json!({"institution": "School", "degree": "Diploma", "start_date": "2010-09-01"}),
        ),
        (
            "certifications",
            json!({"name": "Welding", "issuing_organization": "Chamber", "issue_date": "2020-01-01"}),
        ),
    ] {
        let path = added(
            freelancer,
            &format!("/api/freelancers/{list}/"),
            body.clone(),
        )
        .await;
        things.push(Thing::replaced(path, body));
    }
    let skill = json!({"skill": "Welding"});
    let path = added(freelancer, "/api/freelancers/skills/", skill).await;
    things.push(Thing::replaced(path, json!({"years_of_experience": 3})));
    things
}

#[tokio::test]
async fn the_lists_of_a_profile_are_guarded() {
    let app = TestApp::start().await;
    let freelancer = app.freelancer().await;
    for thing in of_profile(&freelancer).await {
        thing.is_guarded(&freelancer).await;
    }
    app.drain_tasks().await;
}

#[tokio::test]
async fn saved_jobs_members_and_questions_are_guarded() {
    let app = TestApp::start().await;
    let (employer, freelancer) = (app.employer().await, app.freelancer().await);
    let job = publish(&employer, "Cook").await;
    freelancer
        .post("/api/jobs/saved/", json!({"job_id": job}))
        .await
        .expect(201);
    let notes = json!({"notes": "Near the station"});
    Thing::patched(format!("/api/jobs/saved/{job}/"), notes)
        .is_guarded(&freelancer)
        .await;
    let asked = json!({"questions": [{"label": "Why?", "type": "text"}]});
    Thing {
        goes: false,
        ..Thing::replaced(format!("/api/jobs/{job}/questions/"), asked)
    }
    .is_guarded(&employer)
    .await;
    let shown = employer.get(&format!("/api/jobs/{job}/")).await.expect(200);
    let company = shown.json["company"]["id"].as_str().unwrap().to_owned();
    let member = app.employer().await;
    let list = format!("/api/companies/{company}/members/");
    employer
        .post(&list, json!({"email": member.email, "role": "reviewer"}))
        .await
        .expect(201);
    let path = format!("{list}{}/", member.user_id);
    Thing::patched(path, json!({"role": "recruiter"}))
        .is_guarded(&employer)
        .await;
    app.drain_tasks().await;
}

#[tokio::test]
async fn categories_and_skills_are_guarded() {
    let app = TestApp::start().await;
    let admin = app.admin().await;
    for list in ["/api/admin/categories/", "/api/admin/skills/"] {
        let path = added(&admin, list, json!({"name": "Welding"})).await;
        Thing::replaced(path, json!({"name": "Welding"}))
            .is_guarded(&admin)
            .await;
    }
    app.drain_tasks().await;
}

/// An edit with a version takes its locks in the order of one without.
#[tokio::test]
async fn edits_with_and_without_a_version_do_not_block_each_other() {
    let app = TestApp::start().await;
    let freelancer = app.freelancer().await;
    for thing in of_profile(&freelancer).await {
        let read = etag(&freelancer.get(&thing.path).await.expect(200));
        let edits = (0..20).map(|n| {
            let tag = if n % 2 == 0 { &read[..] } else { "*" };
            thing.edit(&freelancer, tag)
        });
        for answer in futures::future::join_all(edits).await {
            assert!(
                [200, 412].contains(&answer.status.as_u16()),
                "{}",
                answer.text
            );
        }
    }
    app.drain_tasks().await;
}
