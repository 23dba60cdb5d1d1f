//! All accounts, for administrators.

use jobboard_shared::users::{self, AccountFilter, administration};
use poem::web::Data;
use poem_openapi::{
    OpenApi,
    param::{Path, Query},
    payload::Json,
};
use uuid::Uuid;

use super::dto::{AccountCreate, AccountUpdate, RoleName, UserProfile};
use crate::{
    App,
    answers::{Created, Deleted},
    auth::{Admin, hash},
    body::Strict,
    paging::{PageParams, Paged},
    problem::Result,
    tags::Tag,
};

pub(crate) struct AccountsApi;

#[OpenApi(prefix_path = "/api/users", tag = "Tag::Users")]
impl AccountsApi {
    /// List accounts
    ///
    /// Newest first.
    #[oai(path = "/", method = "get", operation_id = "list_users")]
    async fn list(
        &self,
        app: Data<&App>,
        _admin: Admin,
        paging: PageParams,
        role: Query<Option<RoleName>>,
        #[oai(name = "is_active")] is_active: Query<Option<bool>>,
        /// A part of the email address
        #[oai(validator(max_length = 254))]
        q: Query<Option<String>>,
    ) -> Result<Paged<UserProfile>> {
        let filter = AccountFilter {
            role: role.0.map(Into::into),
            is_active: is_active.0,
            email_part: q.0,
        };
        let list = format!("users {filter:?}");
        let page = paging.paging(&app, &list)?;
        let mut conn = app.db.acquire().await?;
        let slice = users::db::list(&mut conn, &filter, &page).await?;
        Ok(paging.answer(&app, &list, slice, UserProfile::from))
    }

    /// Create an account
    ///
    /// Without a password, a mail lets its owner choose one.
    #[oai(path = "/", method = "post", operation_id = "create_user")]
    async fn create(
        &self,
        app: Data<&App>,
        _admin: Admin,
        body: Strict<AccountCreate>,
    ) -> Result<Created<UserProfile>> {
        let (mut made, password) = body.0.parse()?;
        made.password_hash = hash(&app, &password).await?;
        let mut tx = app.begin().await?;
        let account = administration::create(&mut tx, &app.mailed_tokens, made).await?;
        tx.commit().await?;
        let address = format!("/api/users/{}/", account.id);
        Ok(Created::Created(Json(account.into()), address))
    }

    /// Read an account
    #[oai(path = "/:id", method = "get", operation_id = "get_user")]
    async fn get(
        &self,
        app: Data<&App>,
        _admin: Admin,
        id: Path<Uuid>,
    ) -> Result<Json<UserProfile>> {
        let mut conn = app.db.acquire().await?;
        let account = users::db::get(&mut conn, id.0).await?;
        Ok(Json(account.into()))
    }

    /// Change an account
    ///
    /// The last active administrator stays one: `last_admin`. A role that the
    /// account has no profile for is refused with `role_not_possible`.
    #[oai(path = "/:id", method = "patch", operation_id = "change_user")]
    async fn change(
        &self,
        app: Data<&App>,
        admin: Admin,
        id: Path<Uuid>,
        body: Strict<AccountUpdate>,
    ) -> Result<Json<UserProfile>> {
        let mut tx = app.begin().await?;
        let account = administration::change(&mut tx, id.0, &body.0.into()).await?;
        tx.commit().await?;
        tracing::info!(admin = %admin.user_id, user = %id.0, "account changed by an administrator");
        Ok(Json(account.into()))
    }

    /// Delete an account
    ///
    /// Its profile, applications and reviews go with it; companies and jobs stay
    /// and belong to nobody. The last active administrator stays: `last_admin`.
    #[oai(path = "/:id", method = "delete", operation_id = "delete_user")]
    async fn delete(&self, app: Data<&App>, admin: Admin, id: Path<Uuid>) -> Result<Deleted> {
        let mut tx = app.begin().await?;
        administration::delete(&mut tx, id.0).await?;
        tx.commit().await?;
        tracing::info!(admin = %admin.user_id, user = %id.0, "account deleted by an administrator");
        Ok(Deleted::Deleted)
    }
}
