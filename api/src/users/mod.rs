//! The signed-in account.

mod dto;

use jobboard_shared::{Error, users};
use poem::web::Data;
use poem_openapi::{OpenApi, payload::Json};

pub(crate) use self::dto::UserProfile;
use self::dto::UserProfileUpdate;
use crate::{App, auth::SignedIn, body::Strict, problem::Result, tags::Tag};

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

    /// Change the own account
    #[oai(
        path = "/profile",
        method = "put",
        operation_id = "update_user_profile"
    )]
    async fn update_profile(
        &self,
        app: Data<&App>,
        user: SignedIn,
        body: Strict<UserProfileUpdate>,
    ) -> Result<Json<UserProfile>> {
        let (first_name, last_name) = body.0.parse();
        let mut tx = app.db.begin().await?;
        if !users::db::rename(&mut tx, user.user_id, &first_name, &last_name).await? {
            return Err(Error::conflict("no_profile", "this account has no profile").into());
        }
        let account = users::db::get(&mut tx, user.user_id).await?;
        tx.commit().await?;
        Ok(Json(account.into()))
    }
}
