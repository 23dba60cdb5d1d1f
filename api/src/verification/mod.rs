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

/// What administrators do about employers and about companies. A macro, for handlers
/// cannot be generic.
macro_rules! decisions {
    (
        $api:ident, $subject:path, $view:ty, $prefix:tt, $named:literal,
        one: $one:path, some: $some:path,
        list: $list:tt $list_doc:tt $order:tt,
        verify: $verify:tt $verify_doc:tt $verified:tt,
        reject: $reject:tt $reject_doc:tt $rejected:tt,
        history: $history:tt $history_doc:tt
    ) => {
        pub(crate) struct $api;

        #[OpenApi(prefix_path = $prefix, tag = "Tag::Administration")]
        impl $api {
            #[doc = $list_doc]
            ///
            #[doc = $order]
            #[oai(path = "/", method = "get", operation_id = $list)]
            async fn list(
                &self,
                app: Data<&App>,
                _admin: Admin,
                paging: CursorParams,
                #[oai(default = "pending")] status: Query<VerificationStatus>,
            ) -> Result<Paged<$view>> {
                let list = format!("{} {:?}", $named, status.0);
                let page = paging.0.paging(&app, &list)?;
                let mut conn = app.db.acquire().await?;
                let slice = $some(&mut conn, status.0.into(), &page).await?;
                Ok(paging.0.answer(&app, &list, slice, <$view>::from))
            }

            #[doc = $verify_doc]
            ///
            #[doc = $verified]
            #[oai(path = "/:id/verify", method = "post", operation_id = $verify)]
            async fn verify(
                &self,
                app: Data<&App>,
                admin: Admin,
                id: Path<Uuid>,
            ) -> Result<Json<$view>> {
                let mut tx = app.begin().await?;
                verification::verify(&mut tx, $subject(id.0), admin.user_id).await?;
                let decided = $one(&mut tx, id.0).await?;
                tx.commit().await?;
                Ok(Json(decided.into()))
            }

            #[doc = $reject_doc]
            ///
            #[doc = $rejected]
            #[oai(path = "/:id/reject", method = "post", operation_id = $reject)]
            async fn reject(
                &self,
                app: Data<&App>,
                admin: Admin,
                id: Path<Uuid>,
                body: Strict<Rejection>,
            ) -> Result<Json<$view>> {
                let reason = body.0.reason;
                let mut tx = app.begin().await?;
                verification::reject(&mut tx, $subject(id.0), admin.user_id, &reason).await?;
                let decided = $one(&mut tx, id.0).await?;
                tx.commit().await?;
                Ok(Json(decided.into()))
            }

            #[doc = $history_doc]
            #[oai(path = "/:id/history", method = "get", operation_id = $history)]
            async fn history(
                &self,
                app: Data<&App>,
                _admin: Admin,
                id: Path<Uuid>,
            ) -> Result<Json<VerificationHistory>> {
                let mut conn = app.db.acquire().await?;
                $one(&mut conn, id.0).await?;
                history(&mut conn, $subject(id.0)).await
            }
        }
    };
}

decisions! {
    EmployersApi, Subject::Employer, EmployerVerification, "/api/admin/employers", "employers",
    one: db::employer, some: db::employers,
    list: "list_employer_verifications" "List employers by verification"
        "The newest account first.",
    verify: "verify_employer" "Verify an employer"
        "One who is verified already is refused with 409.",
    reject: "reject_employer" "Refuse an employer, or take the verification back"
        "One who neither is verified nor asks for it is refused with 409.",
    history: "list_employer_verification_history"
        "List an employer's verifications and rejections"
}

decisions! {
    CompaniesApi, Subject::Company, CompanyVerification, "/api/admin/companies", "companies",
    one: db::company, some: db::companies,
    list: "list_company_verifications" "List companies by verification" "The newest first.",
    verify: "verify_company" "Verify a company"
        "One that is verified already is refused with 409.",
    reject: "reject_company" "Refuse a company, or take the verification back"
        "One that neither is verified nor pending is refused with 409.",
    history: "list_company_verification_history" "List a company's verifications and rejections"
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
