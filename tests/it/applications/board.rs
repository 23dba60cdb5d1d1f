//! An employer with a job that people can apply for.

use serde_json::json;
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use crate::support::{Client, Response, TestApp};

pub(crate) struct Board {
    pub(crate) employer: Client,
    pub(crate) job_id: Uuid,
}

impl Board {
    pub(crate) async fn new(app: &TestApp) -> Self {
        let employer = app.employer().await;
        let mut board = Self {
            employer,
            job_id: Uuid::nil(),
        };
        board.job_id = board.another_job(app).await;
        board
    }

    pub(crate) async fn another_job(&self, app: &TestApp) -> Uuid {
        sqlx::query_scalar(
            "with profile as (select id from employer_profiles where user_id = $1),
                  company as (insert into companies (employer_id, name, slug)
                              select id, 'Brush ' || $2, 'brush-' || $2 from profile
                              returning id)
             insert into jobs (employer_id, company_id, title, status, published_at)
             select profile.id, company.id, 'Painter', 'published', app_now()
             from profile, company
             returning id",
        )
        .bind(self.employer.user_id)
        .bind(Uuid::new_v4().simple().to_string())
        .fetch_one(&app.db)
        .await
        .expect("a live job")
    }

    pub(crate) async fn change_job(&self, app: &TestApp, job_id: Uuid, change: &str) {
        sqlx::query(AssertSqlSafe(format!(
            "update jobs set {change} where id = $1"
        )))
        .bind(job_id)
        .execute(&app.db)
        .await
        .expect("change the job");
    }

    pub(crate) async fn apply(&self, freelancer: &Client) -> Response {
        let body = json!({"job_id": self.job_id, "cover_letter": "I paint."});
        freelancer.post("/api/applications/", body).await
    }

    /// As the job's employer.
    pub(crate) async fn set_status(&self, id: Uuid, status: &str) -> Response {
        let path = format!("/api/employers/applications/{id}/status/");
        self.employer.patch(&path, json!({"status": status})).await
    }
}
