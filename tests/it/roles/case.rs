//! The board on which the table is tried, and the things on it.

use std::sync::Arc;

use serde_json::json;
use uuid::Uuid;

use super::{Asker, Whose};
use crate::support::{Client, TestApp};

pub(super) struct Board {
    app: TestApp,
    /// In the order of [`Asker::ALL`].
    askers: [Client; 5],
    other_employer: Client,
    other_freelancer: Client,
    admin: Client,
}

impl Board {
    pub(super) async fn set_up() -> Arc<Self> {
        let mut app = TestApp::start().await;
        app.leave_tasks();
        let verified = app.employer().await;
        let other_employer = app.employer().await;
        let admin = app.admin().await;
        sqlx::query(
            "update employer_profiles set verification_status = 'verified', verified_at = app_now()
             where user_id = any ($1)",
        )
        .bind([verified.user_id, other_employer.user_id])
        .execute(&app.db)
        .await
        .unwrap();
        admin
            .patch(
                "/api/admin/settings/",
                json!({"require_verified_employer": true}),
            )
            .await
            .expect(200);
        Arc::new(Self {
            askers: [
                app.anonymous(),
                app.freelancer().await,
                app.employer().await,
                verified,
                app.admin().await,
            ],
            other_employer,
            other_freelancer: app.freelancer().await,
            admin,
            app,
        })
    }
}

/// One cell being tried.
#[derive(Clone)]
pub(crate) struct Case {
    board: Arc<Board>,
    pub(crate) role: Asker,
    pub(crate) whose: Whose,
}

impl Case {
    pub(super) fn new(board: Arc<Board>, role: Asker, whose: Whose) -> Self {
        Self { board, role, whose }
    }

    pub(crate) fn app(&self) -> &TestApp {
        &self.board.app
    }

    /// Who asks.
    pub(crate) fn asker(&self) -> &Client {
        &self.board.askers[self.role as usize]
    }

    /// An administrator who is not the asker.
    pub(crate) fn admin(&self) -> &Client {
        &self.board.admin
    }

    /// The employer whose thing it is: the asker, if they are one and it is to be
    /// their own.
    pub(crate) fn employer(&self) -> &Client {
        match (self.whose, self.role) {
            (Whose::Own, Asker::Employer | Asker::VerifiedEmployer | Asker::Admin) => self.asker(),
            _ => &self.board.other_employer,
        }
    }

    /// The freelancer whose thing it is.
    pub(crate) fn freelancer(&self) -> &Client {
        match (self.whose, self.role) {
            (Whose::Own, Asker::Freelancer) => self.asker(),
            _ => &self.board.other_freelancer,
        }
    }

    /// A new account of the asker's role, for what ends an account or its
    /// sessions.
    pub(crate) async fn fresh_asker(&self) -> Client {
        match self.role {
            Asker::Anonymous => self.app().anonymous(),
            Asker::Freelancer => self.app().freelancer().await,
            Asker::Employer | Asker::VerifiedEmployer => self.app().employer().await,
            Asker::Admin => self.app().admin().await,
        }
    }

    /// A name that nothing has yet.
    pub(crate) fn new_name(&self) -> String {
        format!("Name {}", Uuid::new_v4().simple())
    }

    /// A company of the employer.
    pub(crate) async fn company(&self) -> Uuid {
        let body = json!({"name": self.new_name()});
        let (path, employer) = match self.employer().user_id {
            id if id == self.asker().user_id && self.role == Asker::Admin => {
                ("/api/companies/", self.employer())
            }
            _ => ("/api/employers/companies/", self.employer()),
        };
        employer.post(path, body).await.expect(201).id()
    }

    /// The profile of an employer whom nobody has looked at yet.
    pub(crate) async fn new_employer_profile(&self) -> Uuid {
        let employer = self.app().employer().await;
        let profile = employer.get("/api/employers/profile/").await;
        profile.expect(200).id()
    }

    pub(crate) async fn category(&self) -> Uuid {
        let body = json!({"name": self.new_name()});
        let answer = self.admin().post("/api/admin/categories/", body).await;
        answer.expect(201).id()
    }

    pub(crate) async fn catalogue_skill(&self) -> Uuid {
        let body = json!({"name": self.new_name()});
        let answer = self.admin().post("/api/admin/skills/", body).await;
        answer.expect(201).id()
    }

    pub(crate) async fn synonym(&self) -> Uuid {
        let body = json!({"term": self.new_name(), "synonyms": ["welder"]});
        let answer = self.admin().post("/api/admin/synonyms/", body).await;
        answer.expect(201).id()
    }

    /// A published job of the employer.
    pub(crate) async fn job(&self) -> Uuid {
        self.job_with("published").await
    }

    /// A job of the employer that nobody else sees.
    pub(crate) async fn draft(&self) -> Uuid {
        self.job_with("draft").await
    }

    /// An administrator posts it for the company's employer, who need not be
    /// verified then.
    async fn job_with(&self, status: &str) -> Uuid {
        let company = self.company().await;
        let body = json!({"title": "Welder", "company": company, "status": status});
        let answer = self.admin().post("/api/jobs/", body).await;
        answer.expect(201).id()
    }

    /// A pending application of the freelancer for a job of the employer.
    pub(crate) async fn application(&self) -> Uuid {
        let body = json!({"job_id": self.job().await, "cover_letter": "I weld."});
        let answer = self.freelancer().post("/api/applications/", body).await;
        answer.expect(201).id()
    }
}
