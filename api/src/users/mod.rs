//! The signed-in account.

mod administration;
mod dto;

use jobboard_shared::{Error, users};
use poem::web::Data;
use poem_openapi::{OpenApi, payload::Json};

use self::dto::{UserProfileChange, UserProfileReplacement};
pub(crate) use self::{
    administration::AccountsApi,
    dto::{LanguageName, UserProfile},
};
use crate::{
    App,
    auth::{SignedIn, prove_password},
    body::Strict,
    problem::Result,
    tags::Tag,
};

pub(crate) struct UsersApi;

#[OpenApi(prefix_path = "/api/users", tag = "Tag::Users")]
impl UsersApi {
    /// The own account
    #[oai(path = "/profile", method = "get", operation_id = "get_user_profile")]
    async fn profile(&self, app: Data<&App>, user: SignedIn) -> Result<Json<UserProfile>> {
        let mut conn = app.db.acquire().await?;
        let account = users::db::get(&mut conn, user.user_id).await?;
        Ok(Json(account.into()))
    }

    /// Replace the own account
    ///
    /// Another email address wants the password, tells the former address, and
    /// has to be confirmed anew.
    #[oai(
        path = "/profile",
        method = "put",
        operation_id = "update_user_profile"
    )]
    async fn replace_profile(
        &self,
        app: Data<&App>,
        user: SignedIn,
        body: Strict<UserProfileReplacement>,
    ) -> Result<Json<UserProfile>> {
        change(&app, user, body.0.into()).await
    }

    /// Change the own account
    ///
    /// Another email address wants the password, tells the former address, and
    /// has to be confirmed anew.
    #[oai(
        path = "/profile",
        method = "patch",
        operation_id = "change_user_profile"
    )]
    async fn change_profile(
        &self,
        app: Data<&App>,
        user: SignedIn,
        body: Strict<UserProfileChange>,
    ) -> Result<Json<UserProfile>> {
        change(&app, user, body.0).await
    }
}

async fn change(app: &App, user: SignedIn, body: UserProfileChange) -> Result<Json<UserProfile>> {
    let (change, password) = body.parse()?;
    if let Some(email) = &change.email {
        let mut conn = app.db.acquire().await?;
        let account = users::db::get(&mut conn, user.user_id).await?;
        drop(conn);
        if account.email != email.as_str() {
            let password = password.ok_or_else(|| {
                Error::invalid(
                    "current_password",
                    "required",
                    "is required for another email address",
                )
            })?;
            prove_password(app, user.user_id, &password).await?;
        }
    }
    let mut tx = app.begin().await?;
    let account = users::change_profile(&mut tx, &app.mailed_tokens, user.user_id, &change).await?;
    tx.commit().await?;
    Ok(Json(account.into()))
}
