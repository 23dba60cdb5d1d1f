use clap::{Args, Subcommand};
use jobboard_shared::{
    notifications::db,
    queue::operate::{self, Operator},
    startup::StartError,
};
use sqlx::PgPool;
use uuid::Uuid;

use super::{
    failed,
    output::{dash, say, say_results, say_table, short, time},
};

#[derive(Debug, Args)]
pub struct Suppressions {
    #[command(subcommand)]
    act: Act,
}

#[derive(Debug, Subcommand)]
enum Act {
    /// Show accounts whose address was refused, the latest first.
    List {
        /// How many.
        #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u16).range(1..=10_000))]
        limit: u16,
        /// For programs.
        #[arg(long)]
        json: bool,
    },
    /// Let mail flow to accounts again.
    Lift {
        #[arg(required = true)]
        accounts: Vec<Uuid>,
    },
}

impl Suppressions {
    pub(super) async fn run(self, db: &PgPool) -> Result<(), StartError> {
        match self.act {
            Act::List { limit, json } => list(db, limit, json).await,
            Act::Lift { accounts } => lift(db, &accounts).await,
        }
    }
}

async fn list(db: &PgPool, limit: u16, json: bool) -> Result<(), StartError> {
    let mut conn = db.acquire().await?;
    let found = db::list_suppressions(&mut conn, limit).await?;
    if json {
        return say_results(&found);
    }
    let rows: Vec<_> = found
        .into_iter()
        .map(|suppression| {
            let yes_no = if suppression.in_force { "yes" } else { "no" };
            [
                suppression.user_id.to_string(),
                time(suppression.suppressed_at),
                yes_no.to_owned(),
                suppression.email_id.map_or_else(dash, |id| id.to_string()),
                short(&suppression.reply, 60),
            ]
        })
        .collect();
    say_table(["ACCOUNT", "SINCE", "IN FORCE", "MAIL", "REPLY"], &rows);
    Ok(())
}

async fn lift(db: &PgPool, accounts: &[Uuid]) -> Result<(), StartError> {
    let mut conn = db.acquire().await?;
    for account in accounts {
        let lifted = operate::lift_suppression(&mut conn, Operator::CommandLine, *account).await;
        lifted.map_err(failed)?;
        say(format_args!("account {account} gets mail again"));
    }
    Ok(())
}
