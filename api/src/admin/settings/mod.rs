//! What administrators decide while the system runs.

mod dto;

use jobboard_shared::settings;
use poem::web::Data;
use poem_openapi::{OpenApi, payload::Json};

use self::dto::{SettingChange, SystemSettings, SystemSettingsPatch};
use crate::{
    App,
    auth::Admin,
    body::Strict,
    paging::{CursorParams, Paged},
    problem::Result,
    tags::Tag,
};

pub(crate) struct SettingsApi;

const CHANGES: &str = "setting changes";

#[OpenApi(prefix_path = "/api/admin/settings", tag = "Tag::Administration")]
impl SettingsApi {
    /// Read the settings
    ///
    /// Those that nobody has changed have their defaults.
    #[oai(path = "/", method = "get", operation_id = "get_settings")]
    async fn get(&self, app: Data<&App>, _admin: Admin) -> Result<Json<SystemSettings>> {
        let mut conn = app.db.acquire().await?;
        let settings = settings::load(&mut conn).await?;
        Ok(Json(settings.into()))
    }

    /// Change settings
    ///
    /// What is left out stays; null goes back to the default. A change holds for
    /// every request that begins after it.
    #[oai(path = "/", method = "patch", operation_id = "update_settings")]
    async fn change(
        &self,
        app: Data<&App>,
        admin: Admin,
        body: Strict<SystemSettingsPatch>,
    ) -> Result<Json<SystemSettings>> {
        let wishes = body.0.into_wishes();
        let mut tx = app.begin().await?;
        let changes = settings::change(&mut tx, admin.user_id, &wishes).await?;
        let settings = settings::load(&mut tx).await?;
        tx.commit().await?;
        settings::log(&changes);
        Ok(Json(settings.into()))
    }

    /// List the changes of settings
    ///
    /// Who changed what and when, the newest first.
    #[oai(
        path = "/changes",
        method = "get",
        operation_id = "list_setting_changes"
    )]
    async fn changes(
        &self,
        app: Data<&App>,
        _admin: Admin,
        paging: CursorParams,
    ) -> Result<Paged<SettingChange>> {
        let paging = paging.0;
        let page = paging.paging(&app, CHANGES)?;
        let mut conn = app.db.acquire().await?;
        let slice = settings::db::changes(&mut conn, &page).await?;
        Ok(paging.answer(&app, CHANGES, slice, SettingChange::from))
    }
}
