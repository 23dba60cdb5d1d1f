use sqlx::PgConnection;
use uuid::Uuid;

use super::Operator;
use crate::{
    Error, Result,
    notifications::{self, Resend},
    queue::TaskId,
};

/// Has a mail of the outbox sent again, which is `unknown` or `dead`, with the
/// same Message-ID. Gives the task that does it.
pub async fn resend_mail(conn: &mut PgConnection, by: Operator, id: Uuid) -> Result<TaskId> {
    match notifications::resend_email(conn, id).await? {
        Resend::Queued(task) => {
            tracing::info!(%by, mail = %id, tasks = %task, "mail is to be sent again");
            Ok(task)
        }
        Resend::NotFound => Err(Error::NotFound("mail")),
        Resend::Not(status) => Err(Error::conflict(
            "mail_status",
            format!(
                "only an unknown or dead mail can be sent again; this one is {}",
                status.name()
            ),
        )),
        Resend::Suppressed => Err(Error::conflict(
            "address_suppressed",
            "the address of this account is suppressed: lift that first",
        )),
    }
}
