//! Asking for verification, and deciding about it.

mod dto;

use jobboard_shared::{
    employers::Scope,
    verification::{self, Subject, db},
};
use poem::web::Data;
use poem_openapi::{
    OpenApi,
    param::{Path, Query},
    payload::Json,
};
use uuid::Uuid;

use self::dto::{
    CompanyVerification, EmployerVerification, Rejection, VerificationChange, VerificationHistory,
};
use crate::{
    App,
    auth::{Admin, Employer},
    body::Strict,
    companies::dto::Company,
    employers::dto::{EmployerProfile, VerificationStatus},
    paging::{CursorParams, Paged},
    problem::Result,
    tags::Tag,
};

pub(crate) struct AskApi;
pub(crate) struct EmployersApi;
pub(crate) struct CompaniesApi;

#[OpenApi(prefix_path = "/api")]
impl AskApi {
    /// Ask for verification
    ///
    /// The profile is `pending` until an administrator decides; a mail says how.
    #[oai(
        path = "/employers/profile/verification",
        method = "post",
        operation_id = "ask_for_verification",
        tag = "Tag::Employers"
    )]
    async fn employer(&self, app: Data<&App>, employer: Employer) -> Result<Json<EmployerProfile>> {
        let id = employer.profile_id;
        let mut tx = app.begin().await?;
        let subject = Subject::Employer(id);
        verification::ask(&mut tx, subject, Scope::Own(id), employer.user_id).await?;
        let profile = jobboard_shared::employers::db::get(&mut tx, id).await?;
        tx.commit().await?;
        Ok(Json(profile.into()))
    }

    /// Ask for the verification of a company
    #[oai(
        path = "/companies/:id/verification",
        method = "post",
        operation_id = "ask_for_company_verification",
        tag = "Tag::Companies"
    )]
    async fn company(
        &self,
        app: Data<&App>,
        employer: Employer,
        id: Path<Uuid>,
    ) -> Result<Json<Company>> {
        let scope = Scope::Own(employer.profile_id);
        let mut tx = app.begin().await?;
        verification::ask(&mut tx, Subject::Company(id.0), scope, employer.user_id).await?;
        let company = jobboard_shared::companies::db::get(&mut tx, id.0).await?;
        tx.commit().await?;
        Ok(Json(company.into()))
    }
}

#[OpenApi(prefix_path = "/api/admin/employers", tag = "Tag::Administration")]
impl EmployersApi {
    /// List employers by verification
    ///
    /// The newest account first.
    #[oai(
        path = "/",
        method = "get",
        operation_id = "list_employer_verifications"
    )]
    async fn list(
        &self,
        app: Data<&App>,
        _admin: Admin,
        paging: CursorParams,
        #[oai(default = "pending")] status: Query<VerificationStatus>,
    ) -> Result<Paged<EmployerVerification>> {
        let list = format!("employers {:?}", status.0);
        let page = paging.0.paging(&app, &list)?;
        let mut conn = app.db.acquire().await?;
        let slice = db::employers(&mut conn, status.0.into(), &page).await?;
        Ok(paging
            .0
            .answer(&app, &list, slice, EmployerVerification::from))
    }

    /// Verify an employer
    ///
    /// One who is verified already is refused with 409.
    #[oai(
        path = "/:id/verify",
        method = "post",
        operation_id = "verify_employer"
    )]
    async fn verify(
        &self,
        app: Data<&App>,
        admin: Admin,
        id: Path<Uuid>,
    ) -> Result<Json<EmployerVerification>> {
        let mut tx = app.begin().await?;
        verification::verify(&mut tx, Subject::Employer(id.0), admin.user_id).await?;
        let employer = db::employer(&mut tx, id.0).await?;
        tx.commit().await?;
        Ok(Json(employer.into()))
    }

    /// Refuse an employer, or take the verification back
    ///
    /// One who neither is verified nor asks for it is refused with 409.
    #[oai(
        path = "/:id/reject",
        method = "post",
        operation_id = "reject_employer"
    )]
    async fn reject(
        &self,
        app: Data<&App>,
        admin: Admin,
        id: Path<Uuid>,
        body: Strict<Rejection>,
    ) -> Result<Json<EmployerVerification>> {
        let (subject, reason) = (Subject::Employer(id.0), body.0.reason);
        let mut tx = app.begin().await?;
        verification::reject(&mut tx, subject, admin.user_id, &reason).await?;
        let employer = db::employer(&mut tx, id.0).await?;
        tx.commit().await?;
        Ok(Json(employer.into()))
    }

    /// List an employer's verifications and rejections
    #[oai(
        path = "/:id/history",
        method = "get",
        operation_id = "list_employer_verification_history"
    )]
    async fn history(
        &self,
        app: Data<&App>,
        _admin: Admin,
        id: Path<Uuid>,
    ) -> Result<Json<VerificationHistory>> {
        let mut conn = app.db.acquire().await?;
        db::employer(&mut conn, id.0).await?;
        history(&mut conn, Subject::Employer(id.0)).await
    }
}

#[OpenApi(prefix_path = "/api/admin/companies", tag = "Tag::Administration")]
impl CompaniesApi {
    /// List companies by verification
    ///
    /// The newest first.
    #[oai(
        path = "/",
        method = "get",
        operation_id = "list_company_verifications"
    )]
    async fn list(
        &self,
        app: Data<&App>,
        _admin: Admin,
        paging: CursorParams,
        #[oai(default = "pending")] status: Query<VerificationStatus>,
    ) -> Result<Paged<CompanyVerification>> {
        let list = format!("companies {:?}", status.0);
        let page = paging.0.paging(&app, &list)?;
        let mut conn = app.db.acquire().await?;
        let slice = db::companies(&mut conn, status.0.into(), &page).await?;
        Ok(paging
            .0
            .answer(&app, &list, slice, CompanyVerification::from))
    }

    /// Verify a company
    ///
    /// One that is verified already is refused with 409.
    #[oai(path = "/:id/verify", method = "post", operation_id = "verify_company")]
    async fn verify(
        &self,
        app: Data<&App>,
        admin: Admin,
        id: Path<Uuid>,
    ) -> Result<Json<CompanyVerification>> {
        let mut tx = app.begin().await?;
        verification::verify(&mut tx, Subject::Company(id.0), admin.user_id).await?;
        let company = db::company(&mut tx, id.0).await?;
        tx.commit().await?;
        Ok(Json(company.into()))
    }

    /// Refuse a company, or take the verification back
    ///
    /// One that neither is verified nor pending is refused with 409.
    #[oai(path = "/:id/reject", method = "post", operation_id = "reject_company")]
    async fn reject(
        &self,
        app: Data<&App>,
        admin: Admin,
        id: Path<Uuid>,
        body: Strict<Rejection>,
    ) -> Result<Json<CompanyVerification>> {
        let (subject, reason) = (Subject::Company(id.0), body.0.reason);
        let mut tx = app.begin().await?;
        verification::reject(&mut tx, subject, admin.user_id, &reason).await?;
        let company = db::company(&mut tx, id.0).await?;
        tx.commit().await?;
        Ok(Json(company.into()))
    }

    /// List a company's verifications and rejections
    #[oai(
        path = "/:id/history",
        method = "get",
        operation_id = "list_company_verification_history"
    )]
    async fn history(
        &self,
        app: Data<&App>,
        _admin: Admin,
        id: Path<Uuid>,
    ) -> Result<Json<VerificationHistory>> {
        let mut conn = app.db.acquire().await?;
        db::company(&mut conn, id.0).await?;
        history(&mut conn, Subject::Company(id.0)).await
    }
}

async fn history(
    conn: &mut sqlx::PgConnection,
    subject: Subject,
) -> Result<Json<VerificationHistory>> {
    let changes = db::changes(conn, subject).await?;
    let results = changes.into_iter().map(VerificationChange::from).collect();
    Ok(Json(VerificationHistory { results }))
}

fn pending() -> VerificationStatus {
    VerificationStatus::Pending
}
