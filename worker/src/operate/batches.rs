use clap::Args;
use jobboard_shared::{
    pagination::{Paging, Start},
    queue::{db::operate as db, operate::words},
    startup::StartError,
};
use sqlx::PgPool;

use super::output::{say_results, say_table, time, time_or_dash};

#[derive(Debug, Args)]
pub struct Batches {
    /// How many, the newest first.
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=1000))]
    limit: u32,
    /// For programs.
    #[arg(long)]
    json: bool,
}

impl Batches {
    pub(super) async fn show(&self, db: &PgPool) -> Result<(), StartError> {
        let mut conn = db.acquire().await?;
        let paging = Paging {
            start: Start::After(None),
            size: self.limit,
        };
        let batches = db::batches(&mut conn, &paging).await?.rows;
        if self.json {
            return say_results(&batches);
        }
        let rows: Vec<_> = batches
            .into_iter()
            .map(|batch| {
                [
                    batch.id.0.to_string(),
                    batch.name,
                    words::number(batch.total.into()),
                    words::capped(batch.remaining),
                    words::capped(batch.dead),
                    time(batch.created_at),
                    time_or_dash(batch.ended_at),
                ]
            })
            .collect();
        say_table(
            ["BATCH", "NAME", "TOTAL", "LEFT", "DEAD", "CREATED", "ENDED"],
            &rows,
        );
        Ok(())
    }
}
