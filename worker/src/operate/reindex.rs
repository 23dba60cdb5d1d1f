//! Writing the search index anew.

use std::time::Duration;

use clap::Args;
use jobboard_shared::{
    search::{
        db,
        tasks::{Scope, enqueue_scope},
    },
    startup::StartError,
};
use sqlx::PgPool;

use super::output::say;

const LOOK: Duration = Duration::from_secs(1);

/// Write every search document anew, in the background: searches go on, and
/// edits are not delayed. Shows how far it is until it is done.
#[derive(Debug, Args)]
pub struct Reindex {
    /// Only start it.
    #[arg(long)]
    detach: bool,
}

impl Reindex {
    pub(super) async fn run(self, pool: &PgPool) -> Result<(), StartError> {
        let mut conn = pool.acquire().await?;
        enqueue_scope(&mut conn, Scope::All).await?;
        if self.detach {
            say("workers write every search document anew now");
            return Ok(());
        }
        let all = db::count_published(&mut conn).await?;
        let before = db::rebuild_progress(&mut conn).await?;
        let mut now = before;
        while let Some(done) = now.done {
            say(format_args!("{done} of about {all}"));
            while now.done == Some(done) {
                tokio::time::sleep(LOOK).await;
                now = db::rebuild_progress(&mut conn).await?;
            }
        }
        if now.dead > before.dead {
            return Err(StartError::Other(
                "a step of it is dead: see `tasks list`".to_owned(),
            ));
        }
        say("done");
        Ok(())
    }
}
