//! The notification centre over HTTP.

mod dto;
mod preferences;

use jobboard_shared::notifications;
use poem::web::Data;
use poem_openapi::{
    OpenApi,
    param::{Path, Query},
    payload::Json,
};
use uuid::Uuid;

use self::dto::{ReadAllInput, ReadCount, TypeName, UnreadCount, filter};
pub(crate) use self::{dto::NotificationView, preferences::PreferencesApi};
use crate::{
    App,
    answers::Deleted,
    auth::SignedIn,
    body::Strict,
    paging::{PageParams, Paged},
    problem::Result,
    tags::Tag,
};

pub(crate) struct NotificationsApi;

#[OpenApi(prefix_path = "/api/notifications", tag = "Tag::Notifications")]
impl NotificationsApi {
    /// List the own notifications
    ///
    /// Newest first. They are kept for 90 days.
    #[oai(path = "/", method = "get", operation_id = "list_notifications")]
    async fn list(
        &self,
        app: Data<&App>,
        user: SignedIn,
        /// Read ones only, or unread ones
        is_read: Query<Option<bool>>,
        /// Of this type only
        notification_type: Query<Option<TypeName>>,
        page: PageParams,
    ) -> Result<Paged<NotificationView>> {
        let (filter, list) = filter(is_read.0, notification_type.0);
        let paging = page.paging(&app, &list)?;
        let mut conn = app.db.acquire().await?;
        let slice = notifications::list(&mut conn, user.user_id, filter, &paging).await?;
        Ok(page.answer(&app, &list, slice, NotificationView::from))
    }

    /// Count the unread notifications
    #[oai(
        path = "/unread-count",
        method = "get",
        operation_id = "count_unread_notifications"
    )]
    async fn count_unread(&self, app: Data<&App>, user: SignedIn) -> Result<Json<UnreadCount>> {
        let mut conn = app.db.acquire().await?;
        let count = notifications::count_unread(&mut conn, user.user_id).await?;
        Ok(Json(UnreadCount { count }))
    }

    /// Mark all notifications as read
    ///
    /// With `up_to` those up to this number: what came after the reader last looked
    /// stays unread.
    #[oai(
        path = "/read",
        method = "post",
        operation_id = "read_all_notifications"
    )]
    async fn read_all(
        &self,
        app: Data<&App>,
        user: SignedIn,
        body: Strict<ReadAllInput>,
    ) -> Result<Json<ReadCount>> {
        let mut tx = app.begin().await?;
        let count = notifications::read_all(&mut tx, user.user_id, body.0.up_to).await?;
        tx.commit().await?;
        Ok(Json(ReadCount { count }))
    }

    /// Read a notification
    #[oai(path = "/:id", method = "get", operation_id = "get_notification")]
    async fn get(
        &self,
        app: Data<&App>,
        user: SignedIn,
        id: Path<Uuid>,
    ) -> Result<Json<NotificationView>> {
        let mut conn = app.db.acquire().await?;
        let found = notifications::get(&mut conn, user.user_id, id.0).await?;
        Ok(Json(found.into()))
    }

    /// Mark a notification as read
    ///
    /// The second time changes nothing.
    #[oai(
        path = "/:id/read",
        method = "post",
        operation_id = "read_notification"
    )]
    async fn read(
        &self,
        app: Data<&App>,
        user: SignedIn,
        id: Path<Uuid>,
    ) -> Result<Json<NotificationView>> {
        let mut tx = app.begin().await?;
        let read = notifications::read(&mut tx, user.user_id, id.0).await?;
        tx.commit().await?;
        Ok(Json(read.into()))
    }

    /// Delete a notification
    #[oai(path = "/:id", method = "delete", operation_id = "delete_notification")]
    async fn remove(&self, app: Data<&App>, user: SignedIn, id: Path<Uuid>) -> Result<Deleted> {
        let mut tx = app.begin().await?;
        notifications::remove(&mut tx, user.user_id, id.0).await?;
        tx.commit().await?;
        Ok(Deleted::Deleted)
    }
}
