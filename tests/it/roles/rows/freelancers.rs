//! Job seekers and what they can do.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    roles::{Ask, Asker, Case, Row, Whose, ask::hold, plain, row},
    support::Client,
};

pub(super) fn rows() -> Vec<Row> {
    let lists = [
        list(
            [
                "list_own_portfolio",
                "add_to_own_portfolio",
                "get_own_portfolio_entry",
                "replace_own_portfolio_entry",
                "remove_from_own_portfolio",
            ],
            "portfolio",
            json!({"title": "A bridge"}),
        ),
        list(
            [
                "list_own_experience",
                "add_own_experience",
                "get_own_experience",
                "replace_own_experience",
                "remove_own_experience",
            ],
            "experience",
            json!({"company_name": "C", "job_title": "T", "start_date": "2020-01-01", "is_current": true}),
        ),
        list(
            [
                "list_own_education",
                "add_own_education",
                "get_own_education",
                "replace_own_education",
                "remove_own_education",
            ],
            "education",
            json!({"institution": "I", "degree": "D", "start_date": "2020-01-01"}),
        ),
        list(
            [
                "list_own_certifications",
                "add_own_certification",
                "get_own_certification",
                "replace_own_certification",
                "remove_own_certification",
            ],
            "certifications",
            json!({"name": "N", "issuing_organization": "O", "issue_date": "2020-01-01"}),
        ),
    ];
    let lists = lists.into_iter().flatten();
    lists
        .chain(profile())
        .chain(skills())
        .chain(reviews())
        .collect()
}

/// The five operations on one list of the own profile.
fn list(operations: [&'static str; 5], path: &'static str, body: Value) -> Vec<Row> {
    let [list, add, get, replace, remove] = operations;
    let (added, read, replaced, removed) = (body.clone(), body.clone(), body.clone(), body);
    vec![
        plain(list, "401 200 403 403 403"),
        row(add, "401 201 403 403 403", move |_| {
            let ask = Ask::default().json(added.clone());
            async { ask }
        }),
        row(get, "401 200/404 403 403 403", move |case| {
            let body = read.clone();
            async move { Ask::of(entry(&case, path, body).await) }
        }),
        row(replace, "401 200/404 403 403 403", move |case| {
            let body = replaced.clone();
            async move { Ask::of(entry(&case, path, body.clone()).await).json(body) }
        }),
        row(remove, "401 204/404 403 403 403", move |case| {
            let body = removed.clone();
            async move { Ask::of(entry(&case, path, body).await) }
        }),
    ]
}

async fn entry(case: &Case, path: &str, body: Value) -> Uuid {
    let path = format!("/api/freelancers/{path}/");
    case.freelancer().post(&path, body).await.expect(201).id()
}

fn profile() -> Vec<Row> {
    vec![
        row(
            "change_freelancer_profile",
            "401 200 403 403 403",
            |_| async { Ask::default().json(json!({"title": "Welder"})) },
        ),
        plain("get_consent", "401 200 403 403 403"),
        row("replace_consent", "401 200 403 403 403", |_| async {
            Ask::default()
                .json(json!({"open_to_work": true, "discoverable": true, "personalised": true}))
        }),
        row(
            "get_freelancer",
            "401 200/404 200/404 200/404 200",
            |case| async move { Ask::of(Acquaintance::make(&case).await.profile_id) },
        )
        .about("an employer's own: who applied to them"),
        plain("get_freelancer_profile", "401 200 403 403 403"),
        row(
            "replace_freelancer_profile",
            "401 200 403 403 403",
            |_| async { Ask::default().json(json!({"first_name": "Robin"})) },
        ),
    ]
}

fn skills() -> Vec<Row> {
    vec![
        plain("list_skills", "200 200 200 200 200"),
        plain("list_own_skills", "401 200 403 403 403"),
        row(
            "get_own_skill",
            "401 200/404 403 403 403",
            |case| async move { Ask::of(skill(&case).await) },
        ),
        row(
            "replace_own_skill",
            "401 200/404 403 403 403",
            |case| async move {
                Ask::of(skill(&case).await).json(json!({"proficiency_level": "expert"}))
            },
        ),
        row("add_own_skill", "401 201 403 403 403", |case| async move {
            Ask::default().json(json!({"skill": case.new_name()}))
        }),
        row(
            "remove_own_skill",
            "401 204/404 403 403 403",
            |case| async move { Ask::of(skill(&case).await) },
        ),
    ]
}

async fn skill(case: &Case) -> String {
    let body = json!({"skill": case.new_name()});
    let answer = case
        .freelancer()
        .post("/api/freelancers/skills/", body)
        .await
        .expect(201);
    answer.json["skill_id"].as_str().unwrap().to_owned()
}

fn reviews() -> Vec<Row> {
    vec![
        plain("list_own_reviews", "401 200 403 403 403"),
        row(
            "list_freelancer_reviews",
            "401 200/404 200/404 200/404 200",
            |case| async move { Ask::of(Acquaintance::make(&case).await.profile_id) },
        )
        .about("an employer's own: who applied to them"),
        row(
            "review_freelancer",
            "401 403 201/404 201/404 403",
            |case| async move {
                let past = Acquaintance::make(&case).await;
                Ask::of(&past.profile_id).json(json!({"job_id": past.job_id, "rating": 5}))
            },
        )
        .about("an employer's own: whom they hired"),
        row(
            "replace_review",
            "401 403 200/404 200/404 403",
            |case| async move {
                let past = Acquaintance::make(&case).await;
                let review = past.review(&case).await;
                Ask::of(past.profile_id)
                    .and(review)
                    .json(json!({"rating": 1}))
            },
        ),
        row(
            "delete_review",
            "401 403 204/404 204/404 204",
            |case| async move {
                let past = Acquaintance::make(&case).await;
                let review = past.review(&case).await;
                Ask::of(past.profile_id).and(review)
            },
        ),
    ]
}

/// A freelancer whom the employer hired.
struct Acquaintance {
    profile_id: String,
    job_id: Uuid,
}

impl Acquaintance {
    /// The freelancer is the asker, if they are one and it is to be their own.
    async fn make(case: &Case) -> Self {
        let freelancer: Client = match (case.role, case.whose) {
            (Asker::Freelancer, Whose::Own) => case.freelancer().clone(),
            _ => case.app().freelancer().await,
        };
        let job_id = case.job().await;
        sqlx::query(
            "insert into applications (job_id, applicant_id, status) values ($1, $2, 'accepted')",
        )
        .bind(job_id)
        .bind(freelancer.user_id)
        .execute(&case.app().db)
        .await
        .unwrap();
        let profile = freelancer
            .get("/api/freelancers/profile/")
            .await
            .expect(200);
        Self {
            profile_id: profile.id().to_string(),
            job_id,
        }
    }

    async fn review(&self, case: &Case) -> Uuid {
        let path = format!("/api/freelancers/{}/reviews/", self.profile_id);
        let body = json!({"job_id": self.job_id, "rating": 5});
        case.employer().post(&path, body).await.expect(201).id()
    }
}

#[tokio::test]
async fn freelancers() {
    hold(rows()).await;
}
