//! What the mail provider reports of mails, over HTTP.

mod dto;
mod provider;

use jobboard_shared::notifications::{Taken, take_report};
use poem::web::Data;
use poem_openapi::{OpenApi, payload::Json};

pub(crate) use self::provider::has_secret;
use self::{
    dto::{MailReportsInput, MailReportsTaken},
    provider::Provider,
};
use crate::{App, body::Strict, problem::Result, tags::Tag};

pub(crate) struct MailReportsApi;

#[OpenApi(prefix_path = "/api/mail/reports", tag = "Tag::Notifications")]
impl MailReportsApi {
    /// Report bounces and complaints
    ///
    /// For the mail provider, or what translates its words to these. A mail that bounced
    /// for good ends all mail to the address; a complaint ends mails of its type, or all
    /// where it has none. The same report again changes nothing, and neither does one of
    /// a mail that is none of ours. All of a request or none.
    #[oai(path = "/", method = "post", operation_id = "report_mails")]
    async fn report(
        &self,
        app: Data<&App>,
        _provider: Provider,
        body: Strict<MailReportsInput>,
    ) -> Result<Json<MailReportsTaken>> {
        let mut taken = MailReportsTaken::default();
        let mut tx = app.begin().await?;
        for report in body.0.reports {
            let (email_id, outcome) = match report.read() {
                Some(report) => (Some(report.email_id), take_report(&mut tx, &report).await?),
                None => (None, Taken::Ignored),
            };
            tracing::info!(?email_id, ?outcome, "report of a mail");
            taken.count(outcome);
        }
        tx.commit().await?;
        Ok(Json(taken))
    }
}
