//! Accounts whose address turned out to be none.

use chrono::{DateTime, Utc};
use jobboard_shared::{
    notifications::db::{self, Suppression},
    queue::operate::{self, Operator},
};
use poem::web::Data;
use poem_openapi::{Object, OpenApi, param::Path, payload::Json};
use uuid::Uuid;

use crate::{App, auth::Admin, problem::Result, tags::Tag};

/// More than anybody goes through by hand.
const MOST_LISTED: u16 = 1_000;

pub(crate) struct SuppressionsApi;

#[derive(Object)]
struct SuppressionList {
    results: Vec<SuppressionView>,
}

/// An account that gets no mail at its address
#[derive(Object)]
#[oai(rename = "Suppression")]
struct SuppressionView {
    user_id: Uuid,
    /// The mail that was refused
    email_id: Option<Uuid>,
    /// What the mail server said, without the address
    reply: String,
    suppressed_at: DateTime<Utc>,
    /// Whether the account still has that address; with another it gets its mail
    in_force: bool,
}

impl From<Suppression> for SuppressionView {
    fn from(suppression: Suppression) -> Self {
        Self {
            user_id: suppression.user_id,
            email_id: suppression.email_id,
            reply: suppression.reply,
            suppressed_at: suppression.suppressed_at,
            in_force: suppression.in_force,
        }
    }
}

#[OpenApi(prefix_path = "/api/admin/tasks/suppressions", tag = "Tag::Tasks")]
impl SuppressionsApi {
    /// List suppressed addresses
    ///
    /// By their accounts, the latest 1,000: their mail servers have said that there
    /// is no such mailbox.
    #[oai(path = "/", method = "get", operation_id = "list_suppressions")]
    async fn list(&self, app: Data<&App>, _admin: Admin) -> Result<Json<SuppressionList>> {
        let mut conn = app.db.acquire().await?;
        let found = db::list_suppressions(&mut conn, MOST_LISTED).await?;
        let results = found.into_iter().map(SuppressionView::from).collect();
        Ok(Json(SuppressionList { results }))
    }

    /// Send mail to an account again
    ///
    /// Mails that died meanwhile stay dead until they are sent again.
    #[oai(path = "/:id/lift", method = "post", operation_id = "lift_suppression")]
    async fn lift(
        &self,
        app: Data<&App>,
        admin: Admin,
        id: Path<Uuid>,
    ) -> Result<Json<SuppressionList>> {
        let mut conn = app.db.acquire().await?;
        operate::lift_suppression(&mut conn, Operator::from(admin), id.0).await?;
        drop(conn);
        self.list(app, admin).await
    }
}
