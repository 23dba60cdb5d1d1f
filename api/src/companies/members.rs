//! Who works for a company.

use chrono::{DateTime, Utc};
use jobboard_shared::{
    companies::members::{self, Member},
    employers::CompanyRole as Role,
};
use poem::web::Data;
use poem_openapi::{ApiResponse, Enum, Object, OpenApi, param::Path, payload::Json};
use uuid::Uuid;

use crate::{
    App,
    answers::Deleted,
    auth::Manager,
    body::Strict,
    paging::{PageParams, Paged},
    problem::Result,
    tags::Tag,
};

pub(crate) struct MembersApi;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[oai(rename_all = "snake_case", remote = "Role")]
enum CompanyRole {
    /// Manages the company and its members
    Owner,
    /// Posts jobs and moves applications
    Recruiter,
    /// Reads applications, rates them and notes things down
    Reviewer,
}

/// Somebody who works for a company
#[derive(Debug, Object)]
struct CompanyMember {
    user_id: Uuid,
    /// The profile of the employer
    employer_id: Uuid,
    first_name: String,
    last_name: String,
    email: String,
    role: CompanyRole,
    /// Whether the company belongs to this account, whose role is fixed then
    is_main_owner: bool,
    added_at: DateTime<Utc>,
    /// When the role was changed
    updated_at: DateTime<Utc>,
}

impl From<Member> for CompanyMember {
    fn from(member: Member) -> Self {
        Self {
            user_id: member.user_id,
            employer_id: member.employer_id,
            first_name: member.first_name,
            last_name: member.last_name,
            email: member.email,
            role: member.role.into(),
            is_main_owner: member.is_main_owner,
            added_at: member.added_at,
            updated_at: member.updated_at,
        }
    }
}

/// Somebody to work for a company
#[derive(Debug, Object)]
struct CompanyMemberInput {
    /// Of an employer's account
    #[oai(validator(min_length = 3, max_length = 254))]
    email: String,
    role: CompanyRole,
}

/// Another role
#[derive(Debug, Object)]
struct CompanyMemberPatch {
    role: CompanyRole,
}

#[derive(ApiResponse)]
enum AddResponse {
    /// The account works for the company now
    #[oai(status = 201)]
    Added(Json<CompanyMember>),
}

#[OpenApi(prefix_path = "/api/companies", tag = "Tag::Companies")]
impl MembersApi {
    /// List the members of a company
    ///
    /// Newest first; for those who work there and administrators.
    #[oai(
        path = "/:id/members",
        method = "get",
        operation_id = "list_company_members"
    )]
    async fn list(
        &self,
        app: Data<&App>,
        manager: Manager,
        id: Path<Uuid>,
        paging: PageParams,
    ) -> Result<Paged<CompanyMember>> {
        let list = format!("members of company {}", id.0);
        let page = paging.paging(&app, &list)?;
        let mut conn = app.db.acquire().await?;
        let slice = members::list(&mut conn, manager.scope, id.0, &page).await?;
        Ok(paging.answer(&app, &list, slice, CompanyMember::from))
    }

    /// Let somebody work for a company
    ///
    /// Any employer's account; by owners of the company and administrators.
    #[oai(
        path = "/:id/members",
        method = "post",
        operation_id = "add_company_member"
    )]
    async fn add(
        &self,
        app: Data<&App>,
        manager: Manager,
        id: Path<Uuid>,
        body: Strict<CompanyMemberInput>,
    ) -> Result<AddResponse> {
        let input = body.0;
        let mut tx = app.begin().await?;
        let actor = manager.actor();
        let member = members::add(&mut tx, actor, id.0, &input.email, input.role.into()).await?;
        tx.commit().await?;
        Ok(AddResponse::Added(Json(member.into())))
    }

    /// Read a member of a company
    ///
    /// For those who work there and administrators.
    #[oai(
        path = "/:id/members/:user_id",
        method = "get",
        operation_id = "get_company_member"
    )]
    async fn get(
        &self,
        app: Data<&App>,
        manager: Manager,
        id: Path<Uuid>,
        user_id: Path<Uuid>,
    ) -> Result<Json<CompanyMember>> {
        let mut conn = app.db.acquire().await?;
        let member = members::one(&mut conn, manager.scope, id.0, user_id.0).await?;
        Ok(Json(member.into()))
    }

    /// Change the role of a member
    #[oai(
        path = "/:id/members/:user_id",
        method = "patch",
        operation_id = "update_company_member"
    )]
    async fn update(
        &self,
        app: Data<&App>,
        manager: Manager,
        id: Path<Uuid>,
        user_id: Path<Uuid>,
        body: Strict<CompanyMemberPatch>,
    ) -> Result<Json<CompanyMember>> {
        let role = body.0.role.into();
        let mut tx = app.begin().await?;
        let member = members::change_role(&mut tx, manager.scope, id.0, user_id.0, role).await?;
        tx.commit().await?;
        Ok(Json(member.into()))
    }

    /// Remove a member from a company
    ///
    /// By owners and administrators; members may remove themselves.
    #[oai(
        path = "/:id/members/:user_id",
        method = "delete",
        operation_id = "remove_company_member"
    )]
    async fn remove(
        &self,
        app: Data<&App>,
        manager: Manager,
        id: Path<Uuid>,
        user_id: Path<Uuid>,
    ) -> Result<Deleted> {
        let mut tx = app.begin().await?;
        members::remove(&mut tx, manager.actor(), id.0, user_id.0).await?;
        tx.commit().await?;
        Ok(Deleted::Deleted)
    }
}
