use clap::{Args, Subcommand, builder::PossibleValuesParser};
use jobboard_shared::{
    pagination::{Paging, Start},
    queue::operate::{self, Operator, Unsent},
    startup::StartError,
};
use serde_json::json;
use sqlx::PgPool;
use uuid::Uuid;

use super::{
    failed,
    output::{dash, say, say_json, say_results, say_table, short, time},
};

#[derive(Debug, Args)]
pub struct Mails {
    #[command(subcommand)]
    act: Act,
    /// For programs.
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum Act {
    /// Show mails that perhaps arrived (unknown) or did not (dead), the newest first.
    List {
        #[arg(long, default_value = "unknown", value_parser = PossibleValuesParser::new(
            Unsent::ALL.map(Unsent::as_str)))]
        status: String,
        /// How many.
        #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=10_000))]
        limit: u32,
    },
    /// Send mails again, with the same Message-ID.
    Resend {
        #[arg(required = true)]
        ids: Vec<Uuid>,
    },
}

impl Mails {
    pub(super) async fn run(self, db: &PgPool) -> Result<(), StartError> {
        match self.act {
            Act::List { status, limit } => {
                // The parser lets no other word through.
                let status = Unsent::parse(&status).unwrap_or(Unsent::Unknown);
                list(db, status, limit, self.json).await
            }
            Act::Resend { ids } => resend(db, &ids, self.json).await,
        }
    }
}

async fn list(db: &PgPool, status: Unsent, limit: u32, json: bool) -> Result<(), StartError> {
    let mut conn = db.acquire().await?;
    let paging = Paging {
        start: Start::After(None),
        size: limit,
    };
    let mails = operate::unsent_mails(&mut conn, status, &paging)
        .await?
        .rows;
    if json {
        return say_results(&mails);
    }
    let rows: Vec<_> = mails
        .iter()
        .map(|mail| {
            [
                mail.id.to_string(),
                mail.template.clone(),
                mail.user_id.to_string(),
                mail.attempts.to_string(),
                time(mail.created_at),
                mail.reason.map_or_else(dash, str::to_owned),
                mail.last_error
                    .as_deref()
                    .map_or_else(dash, |error| short(error, 60)),
            ]
        })
        .collect();
    say_table(
        [
            "MAIL",
            "TEMPLATE",
            "ACCOUNT",
            "ATTEMPTS",
            "CREATED",
            "REASON",
            "LAST ERROR",
        ],
        &rows,
    );
    Ok(())
}

async fn resend(db: &PgPool, ids: &[Uuid], json: bool) -> Result<(), StartError> {
    let mut conn = db.acquire().await?;
    let mut tasks = Vec::new();
    for id in ids {
        let sent = operate::resend_mail(&mut conn, Operator::CommandLine, *id).await;
        tasks.push(sent.map_err(failed)?);
    }
    if json {
        return say_json(&json!({ "task_ids": tasks }));
    }
    let mails = if tasks.len() == 1 {
        "mail is"
    } else {
        "mails are"
    };
    say(format_args!("{} {mails} sent again", tasks.len()));
    Ok(())
}
