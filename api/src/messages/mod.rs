//! Messages between the sides of an application, over HTTP.

mod dto;
mod reports;

use jobboard_shared::{applications::Asker, messages};
use poem::web::Data;
use poem_openapi::{ApiResponse, OpenApi, param::Path, payload::Json};
use uuid::Uuid;

use self::dto::{MessageInput, MessageReportInput, MessageThread, MessageView, MessagesReadInput};
pub(crate) use self::reports::MessageReportsApi;
use crate::{
    App,
    answers::Created,
    applications::asker,
    auth::SignedIn,
    body::Strict,
    paging::{PageParams, Paged},
    problem::{Problem, Result},
    tags::Tag,
};

pub(crate) struct MessagesApi;

#[derive(ApiResponse)]
enum ReportResponse {
    /// It will be looked at
    #[oai(status = 204)]
    Reported,
}

#[OpenApi(prefix_path = "/api/messages", tag = "Tag::Messages")]
impl MessagesApi {
    /// List the own threads
    ///
    /// Those with messages, the one with the newest first. An employer's are those about
    /// all applications that they may see.
    #[oai(path = "/", method = "get", operation_id = "list_message_threads")]
    async fn threads(
        &self,
        app: Data<&App>,
        user: SignedIn,
        page: PageParams,
    ) -> Result<Paged<MessageThread>> {
        let asker = correspondent(user)?;
        let paging = page.paging(&app, "message threads")?;
        let mut conn = app.db.acquire().await?;
        let slice = messages::threads(&mut conn, asker, &paging).await?;
        Ok(page.answer(&app, "message threads", slice, MessageThread::from))
    }

    /// Read the state of a thread
    ///
    /// Of the application with this id, whether anything was written yet or not.
    #[oai(path = "/:id", method = "get", operation_id = "get_message_thread")]
    async fn thread(
        &self,
        app: Data<&App>,
        user: SignedIn,
        id: Path<Uuid>,
    ) -> Result<Json<MessageThread>> {
        let asker = correspondent(user)?;
        let mut conn = app.db.acquire().await?;
        let thread = messages::thread(&mut conn, asker, id.0).await?;
        Ok(Json(thread.into()))
    }

    /// List the messages of a thread
    ///
    /// Newest first. Listing reads nothing: see `read`.
    #[oai(path = "/:id/messages", method = "get", operation_id = "list_messages")]
    async fn list(
        &self,
        app: Data<&App>,
        user: SignedIn,
        id: Path<Uuid>,
        page: PageParams,
    ) -> Result<Paged<MessageView>> {
        let asker = correspondent(user)?;
        let list = format!("messages of {}", id.0);
        let paging = page.paging(&app, &list)?;
        let mut conn = app.db.acquire().await?;
        let slice = messages::list(&mut conn, asker, id.0, &paging).await?;
        Ok(page.answer(&app, &list, slice, |message| {
            MessageView::of(message, user.user_id)
        }))
    }

    /// Write a message
    ///
    /// Connected clients of the other side get it at once, the others a mail when they
    /// have not read it some minutes later. `messages_blocked`: the other side takes no
    /// more; `unblock_first`: the own side has blocked the other; `nobody_there`: the
    /// other side's accounts are gone. More in 24 hours than the settings allow are
    /// refused with 429 and `max_messages_per_day`.
    #[oai(
        path = "/:id/messages",
        method = "post",
        operation_id = "create_message"
    )]
    async fn post(
        &self,
        app: Data<&App>,
        user: SignedIn,
        id: Path<Uuid>,
        body: Strict<MessageInput>,
    ) -> Result<Created<MessageView>> {
        let asker = correspondent(user)?;
        let mut tx = app.begin().await?;
        let message = messages::post(&mut tx, asker, id.0, &body.0.body).await?;
        tx.commit().await?;
        let address = format!("/api/messages/{}/messages/", id.0);
        let view = MessageView::of(message, user.user_id);
        Ok(Created::Created(Json(view), address))
    }

    /// Mark messages as read
    ///
    /// Up to this number. The other side sees it. Never goes back.
    #[oai(path = "/:id/read", method = "post", operation_id = "read_messages")]
    async fn read(
        &self,
        app: Data<&App>,
        user: SignedIn,
        id: Path<Uuid>,
        body: Strict<MessagesReadInput>,
    ) -> Result<Json<MessageThread>> {
        let asker = correspondent(user)?;
        let mut tx = app.begin().await?;
        let thread = messages::read(&mut tx, asker, id.0, body.0.up_to).await?;
        tx.commit().await?;
        Ok(Json(thread.into()))
    }

    /// Take no more messages of the other side
    ///
    /// For the whole side; the second time changes nothing.
    #[oai(path = "/:id/block", method = "post", operation_id = "block_messages")]
    async fn block(
        &self,
        app: Data<&App>,
        user: SignedIn,
        id: Path<Uuid>,
    ) -> Result<Json<MessageThread>> {
        set_blocked(&app, user, id.0, true).await
    }

    /// Take messages of the other side again
    #[oai(
        path = "/:id/block",
        method = "delete",
        operation_id = "unblock_messages"
    )]
    async fn unblock(
        &self,
        app: Data<&App>,
        user: SignedIn,
        id: Path<Uuid>,
    ) -> Result<Json<MessageThread>> {
        set_blocked(&app, user, id.0, false).await
    }

    /// Report a message of the other side
    ///
    /// To the administrators; the second time changes nothing.
    #[oai(
        path = "/:id/messages/:number/report",
        method = "post",
        operation_id = "report_message"
    )]
    async fn report(
        &self,
        app: Data<&App>,
        user: SignedIn,
        id: Path<Uuid>,
        #[oai(validator(minimum(value = "1")))] number: Path<i64>,
        body: Strict<MessageReportInput>,
    ) -> Result<ReportResponse> {
        let asker = correspondent(user)?;
        let (id, number, reason) = (id.0, number.0, &body.0.reason);
        let mut tx = app.begin().await?;
        messages::reports::report(&mut tx, asker, id, number, reason).await?;
        tx.commit().await?;
        Ok(ReportResponse::Reported)
    }
}

async fn set_blocked(
    app: &App,
    user: SignedIn,
    id: Uuid,
    is_blocked: bool,
) -> Result<Json<MessageThread>> {
    let asker = correspondent(user)?;
    let mut tx = app.begin().await?;
    let thread = messages::block(&mut tx, asker, id, is_blocked).await?;
    tx.commit().await?;
    Ok(Json(thread.into()))
}

/// One of the sides. Administrators are on none.
fn correspondent(user: SignedIn) -> Result<Asker> {
    match asker(user)? {
        Asker::Admin { .. } => Err(Problem::forbidden(
            "role_required",
            "only the sides of an application write and read its messages",
        )),
        asker => Ok(asker),
    }
}
