//! Mails about messages that nobody has read.

use jobboard_shared::messages::tasks::{self, MailUnread};

use crate::{Context, Lease, TaskResult};

pub(crate) async fn mail_unread(ctx: Context, task: MailUnread, _: Lease) -> TaskResult {
    let mut tx = ctx.db.begin().await?;
    tasks::mail_unread(&mut tx, task).await?;
    tx.commit().await?;
    Ok(())
}
