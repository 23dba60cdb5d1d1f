//! Who works for a company, and what each role may do.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    applications::Board,
    support::{Client, Response, TestApp},
};

struct Team {
    board: Board,
    company: Uuid,
    recruiter: Client,
    reviewer: Client,
}

async fn add(owner: &Client, company: Uuid, member: &Client, role: &str) -> Response {
    let path = format!("/api/companies/{company}/members/");
    let body = json!({"email": member.email, "role": role});
    owner.post(&path, body).await
}

impl Team {
    async fn new(app: &TestApp) -> Self {
        let board = Board::new(app).await;
        let job = board
            .employer
            .get(&format!("/api/jobs/{}/", board.job_id))
            .await
            .expect(200);
        let company = job.json["company"]["id"].as_str().unwrap().parse().unwrap();
        let (recruiter, reviewer) = (app.employer().await, app.employer().await);
        for (member, role) in [(&recruiter, "recruiter"), (&reviewer, "reviewer")] {
            add(&board.employer, company, member, role)
                .await
                .expect(201);
        }
        Self {
            board,
            company,
            recruiter,
            reviewer,
        }
    }
}

#[track_caller]
fn role_required(answer: Response) {
    assert_eq!(answer.expect(403).json["code"], "company_role_required");
}

#[tokio::test]
async fn each_role_may_do_to_jobs_what_is_its_own() {
    let app = TestApp::start().await;
    let team = Team::new(&app).await;
    let stranger = app.employer().await;
    let ad = json!({"title": "Chef", "company": team.company});
    let draft = team
        .recruiter
        .post("/api/jobs/", ad.clone())
        .await
        .expect(201);
    // It belongs to whom the company belongs to.
    let profile = team
        .board
        .employer
        .get("/api/employers/profile/")
        .await
        .expect(200);
    assert_eq!(draft.json["employer_id"], profile.json["id"]);
    role_required(team.reviewer.post("/api/jobs/", ad.clone()).await);
    stranger.post("/api/jobs/", ad).await.expect(403);

    let path = format!("/api/jobs/{}/", draft.id());
    for reader in [&team.board.employer, &team.recruiter, &team.reviewer] {
        reader.get(&path).await.expect(200);
        reader.get(&format!("{path}history/")).await.expect(200);
        let own = reader.get("/api/employers/jobs/?page=1").await.expect(200);
        assert_eq!(own.json["count"], 2);
        let companies = reader.get("/api/employers/companies/").await.expect(200);
        assert_eq!(companies.results()[0]["id"], json!(team.company));
        let export = reader
            .get("/api/exports/jobs/?format=ndjson")
            .await
            .expect(200);
        assert_eq!(export.text.lines().count(), 2);
    }
    stranger.get(&path).await.expect(404);
    stranger.get(&format!("{path}history/")).await.expect(404);

    let change = json!({"title": "Head chef"});
    let questions = format!("{path}questions/");
    let asked = json!({"questions": [{"label": "Why?", "type": "text"}]});
    role_required(team.reviewer.patch(&path, change.clone()).await);
    role_required(team.reviewer.put(&questions, asked.clone()).await);
    role_required(
        team.reviewer
            .post(&format!("{path}publish/"), json!(null))
            .await,
    );
    role_required(team.reviewer.delete(&path).await);
    stranger.patch(&path, change.clone()).await.expect(404);
    stranger.delete(&path).await.expect(404);
    team.recruiter.patch(&path, change).await.expect(200);
    team.recruiter.put(&questions, asked).await.expect(200);
    let skills = json!({"skills": ["Knives"]});
    let job = team.recruiter.patch(&path, skills).await.expect(200);
    assert_eq!(job.json["skills"][0]["name"], "Knives");
    team.recruiter
        .post(&format!("{path}publish/"), json!(null))
        .await
        .expect(200);
    team.recruiter.delete(&path).await.expect(204);
    app.drain_tasks().await;
}

#[tokio::test]
async fn each_role_may_do_to_applications_what_is_its_own() {
    let app = TestApp::start().await;
    let team = Team::new(&app).await;
    let stranger = app.employer().await;
    let id = team
        .board
        .apply(&app.freelancer().await)
        .await
        .expect(201)
        .id();
    let path = format!("/api/applications/{id}/");
    let status = format!("/api/employers/applications/{id}/status/");
    for reader in [&team.recruiter, &team.reviewer] {
        reader.get(&path).await.expect(200);
        reader.get(&format!("{path}history/")).await.expect(200);
        let list = reader
            .get("/api/employers/applications/?page=1")
            .await
            .expect(200);
        assert_eq!(list.json["count"], 1);
        let noted = reader
            .patch(&path, json!({"rating": 4, "internal_notes": "Good"}))
            .await
            .expect(200);
        assert_eq!(noted.json["rating"], 4);
    }
    let seen = team.reviewer.get(&path).await.expect(200);
    assert_eq!(seen.json["next_statuses"], json!([]));
    let step = json!({"status": "reviewing"});
    role_required(team.reviewer.patch(&status, step.clone()).await);
    role_required(team.reviewer.patch(&path, step.clone()).await);
    stranger.patch(&status, step.clone()).await.expect(404);
    stranger.get(&path).await.expect(404);
    let moved = team.recruiter.patch(&status, step).await.expect(200);
    assert_eq!(moved.json["status"], "reviewing");
    assert_ne!(moved.json["next_statuses"], json!([]));
    app.drain_tasks().await;
}

/// The id of the freelancer's profile and an application of theirs.
async fn applicant(app: &TestApp, team: &Team) -> (Uuid, Uuid) {
    let freelancer = app.freelancer().await;
    let id = team.board.apply(&freelancer).await.expect(201).id();
    let profile = freelancer.get("/api/freelancers/profile/").await;
    (profile.expect(200).id(), id)
}

#[tokio::test]
async fn the_team_reads_the_profiles_of_those_who_applied() {
    let app = TestApp::start().await;
    let team = Team::new(&app).await;
    let (profile, application) = applicant(&app, &team).await;
    let stranger = app.employer().await;
    let path = format!("/api/freelancers/{profile}/");
    let reviews = format!("{path}reviews/");
    for reader in [&team.board.employer, &team.recruiter, &team.reviewer] {
        reader.get(&path).await.expect(200);
        reader.get(&reviews).await.expect(200);
    }
    stranger.get(&path).await.expect(404);
    stranger.get(&reviews).await.expect(404);
    // The one to whom the job belongs reviews the work.
    sqlx::query("update applications set status = 'accepted' where id = $1")
        .bind(application)
        .execute(&app.db)
        .await
        .unwrap();
    let review = json!({"job_id": team.board.job_id, "rating": 5});
    for member in [&team.recruiter, &team.reviewer] {
        let refused = member.post(&reviews, review.clone()).await.expect(403);
        assert_eq!(refused.json["code"], "not_hired");
    }
    let owner = &team.board.employer;
    owner.post(&reviews, review).await.expect(201);
    // Whoever left reads no more.
    let members = format!("/api/companies/{}/members/", team.company);
    let leave = format!("{members}{}/", team.reviewer.user_id);
    owner.delete(&leave).await.expect(204);
    team.reviewer.get(&path).await.expect(404);
    app.drain_tasks().await;
}

#[tokio::test]
async fn owners_and_recruiters_see_the_analytics() {
    let app = TestApp::start().await;
    let team = Team::new(&app).await;
    applicant(&app, &team).await;
    let own = "/api/employers/analytics/";
    let of_job = format!("{own}?job_id={}", team.board.job_id);
    let applications = async |reader: &Client, path: &str| {
        let report = reader.get(path).await.expect(200);
        report.json["total"]["applications"].clone()
    };
    for path in [own, &of_job] {
        assert_eq!(applications(&team.board.employer, path).await, 1);
        assert_eq!(applications(&team.recruiter, path).await, 1);
    }
    assert_eq!(applications(&team.reviewer, own).await, 0);
    role_required(team.reviewer.get(&of_job).await);
    app.employer().await.get(&of_job).await.expect(404);
    app.drain_tasks().await;
    // Once more, from days that are rolled up.
    app.advance_time(std::time::Duration::from_secs(86_400))
        .await;
    app.enqueue(&jobboard_shared::analytics::tasks::RollUp {})
        .await;
    app.drain_tasks().await;
    let recruiter = app.login(&team.recruiter.email).await;
    assert_eq!(applications(&recruiter, own).await, 1);
    let reviewer = app.login(&team.reviewer.email).await;
    assert_eq!(applications(&reviewer, own).await, 0);
    app.drain_tasks().await;
}

/// What is said of one row and what is said of many are the same.
#[tokio::test]
async fn access_is_spelled_alike_for_one_job_and_for_many() {
    let app = TestApp::start().await;
    let team = Team::new(&app).await;
    let stranger = app.employer().await;
    for person in [
        &team.board.employer,
        &team.recruiter,
        &team.reviewer,
        &stranger,
    ] {
        for role in ["owner", "recruiter", "reviewer"] {
            let (one, many): (bool, bool) = sqlx::query_as(
                "select coalesce(role_in_company(j.company_id, j.employer_id, e.id) <= $2::company_role, false),
                        coalesce(is_job_of(j, e.id, (select companies_worked_for(e.id, $2::company_role))), false)
                 from jobs j, employer_profiles e where e.user_id = $1",
            )
            .bind(person.user_id)
            .bind(role)
            .fetch_one(&app.db)
            .await
            .unwrap();
            assert_eq!(one, many, "{role}");
        }
    }
    app.drain_tasks().await;
}

#[tokio::test]
async fn owners_manage_the_company_and_its_members() {
    let app = TestApp::start().await;
    let team = Team::new(&app).await;
    let owner = &team.board.employer;
    let members = format!("/api/companies/{}/members/", team.company);
    let of = |member: &Client| format!("{members}{}/", member.user_id);
    let shown = team.reviewer.get(&members).await.expect(200);
    let roles: Vec<(&Value, &Value)> = shown
        .results()
        .iter()
        .map(|member| (&member["role"], &member["is_main_owner"]))
        .collect();
    assert_eq!(
        roles,
        [
            (&json!("reviewer"), &json!(false)),
            (&json!("recruiter"), &json!(false)),
            (&json!("owner"), &json!(true)),
        ]
    );
    let counted = owner
        .get(&format!("{members}?page=1&page_size=1"))
        .await
        .expect(200);
    assert_eq!(counted.json["count"], 3);

    // The company itself.
    let company = format!("/api/companies/{}/", team.company);
    let body = json!({"name": "Brush and sons"});
    role_required(team.recruiter.put(&company, body.clone()).await);
    let newcomer = app.employer().await;
    role_required(add(&team.recruiter, team.company, &newcomer, "reviewer").await);
    role_required(
        team.recruiter
            .patch(&of(&team.reviewer), json!({"role": "owner"}))
            .await,
    );
    role_required(team.recruiter.delete(&of(&team.reviewer)).await);

    let promoted = owner
        .patch(&of(&team.recruiter), json!({"role": "owner"}))
        .await
        .expect(200);
    assert_eq!(promoted.json["role"], "owner");
    team.recruiter.put(&company, body).await.expect(200);
    add(&team.recruiter, team.company, &newcomer, "reviewer")
        .await
        .expect(201);
    team.recruiter.delete(&of(&newcomer)).await.expect(204);
    newcomer.get(&members).await.expect(404);

    // Nobody takes the company from whom it belongs to.
    for answer in [
        team.recruiter
            .patch(&of(owner), json!({"role": "reviewer"}))
            .await,
        team.recruiter.delete(&of(owner)).await,
        owner.delete(&of(owner)).await,
    ] {
        assert_eq!(answer.expect(409).json["code"], "company_owner");
    }
    // Members may leave.
    team.reviewer.delete(&of(&team.reviewer)).await.expect(204);
    team.reviewer.get(&members).await.expect(404);
    let path = format!("/api/jobs/{}/history/", team.board.job_id);
    team.reviewer.get(&path).await.expect(404);
    app.drain_tasks().await;
}

#[tokio::test]
async fn who_cannot_be_a_member_is_refused() {
    let app = TestApp::start().await;
    let team = Team::new(&app).await;
    let owner = &team.board.employer;
    for person in [app.freelancer().await, app.admin().await] {
        let refused = add(owner, team.company, &person, "reviewer")
            .await
            .expect(422);
        assert_eq!(
            refused.field_errors(),
            [("email".to_owned(), "unknown_employer".to_owned())]
        );
    }
    for member in [&team.reviewer, owner] {
        let refused = add(owner, team.company, member, "recruiter")
            .await
            .expect(409);
        assert_eq!(refused.json["code"], "already_member");
    }
    let newcomer = app.employer().await;
    add(owner, team.company, &newcomer, "boss")
        .await
        .expect(422);
    add(&newcomer, team.company, &newcomer, "owner")
        .await
        .expect(404);
    let members = format!("/api/companies/{}/members/", team.company);
    app.anonymous().get(&members).await.expect(401);
    app.freelancer().await.get(&members).await.expect(403);
    app.admin().await.get(&members).await.expect(200);
    let nowhere = format!("/api/companies/{}/members/", Uuid::now_v7());
    owner.get(&nowhere).await.expect(404);
    app.admin().await.get(&nowhere).await.expect(404);
}

#[tokio::test]
async fn a_barred_owner_does_not_post_by_another_hand() {
    let app = TestApp::start().await;
    let team = Team::new(&app).await;
    for barred in [&team.board.employer, &team.recruiter] {
        let bar = async |allowed: bool| {
            sqlx::query("update employer_profiles set can_post_jobs = $2 where user_id = $1")
                .bind(barred.user_id)
                .bind(allowed)
                .execute(&app.db)
                .await
                .unwrap();
        };
        bar(false).await;
        let ad = json!({"title": "Chef", "company": team.company});
        let refused = team.recruiter.post("/api/jobs/", ad).await.expect(403);
        assert_eq!(refused.json["code"], "posting_not_allowed");
        bar(true).await;
    }
}

#[tokio::test]
async fn a_company_that_is_given_away_leaves_its_members_behind() {
    let app = TestApp::start().await;
    let team = Team::new(&app).await;
    let heir = app.employer().await;
    let profile = heir.get("/api/employers/profile/").await.expect(200).id();
    let company = format!("/api/companies/{}/", team.company);
    let body = json!({"name": "Brush and heirs", "employer_id": profile});
    app.admin().await.put(&company, body).await.expect(200);
    let path = format!("/api/jobs/{}/history/", team.board.job_id);
    heir.get(&path).await.expect(200);
    for former in [&team.board.employer, &team.recruiter, &team.reviewer] {
        former.get(&path).await.expect(404);
    }
    app.drain_tasks().await;
}

#[tokio::test]
async fn recruiters_import_for_the_company_and_reviewers_do_not() {
    let app = TestApp::start().await;
    let team = Team::new(&app).await;
    let job = team
        .reviewer
        .get(&format!("/api/jobs/{}/", team.board.job_id))
        .await
        .expect(200);
    let company = job.json["company"]["name"].as_str().unwrap();
    for (member, created, failed) in [(&team.recruiter, 1, 0), (&team.reviewer, 0, 1)] {
        let request = member
            .request(reqwest::Method::POST, "/api/jobs/import/")
            .header("content-type", "text/csv")
            .body(format!("title,company\nWelder,{company}\n"));
        let import = Response::read(request, "import".to_owned())
            .await
            .expect(202)
            .id();
        app.drain_tasks().await;
        let report = member
            .get(&format!("/api/imports/{import}/"))
            .await
            .expect(200);
        assert_eq!(report.json["created"], created, "{}", report.text);
        assert_eq!(report.json["failed"], failed, "{}", report.text);
    }
    let jobs = team
        .board
        .employer
        .get("/api/employers/jobs/")
        .await
        .expect(200);
    assert_eq!(jobs.results()[0]["title"], "Welder");
    let id = jobs.results()[0]["id"].as_str().unwrap();
    let moves = team
        .reviewer
        .get(&format!("/api/jobs/{id}/history/"))
        .await
        .expect(200);
    let first = &moves.results()[0];
    assert_eq!(first["cause"], "import");
    assert_eq!(first["to_status"], "published");
    assert_eq!(first["changed_by"], json!(team.recruiter.user_id));
}
