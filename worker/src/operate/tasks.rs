use clap::{Args, Subcommand, builder::PossibleValuesParser};
use jobboard_shared::{
    Clock,
    pagination::{Paging, Start},
    queue::{
        TaskId,
        db::operate::{self as db, DeadFilter, TaskDetail, TaskFilter, TaskLine, TaskState},
        operate::{self, Bulk, Operator, words},
    },
    startup::StartError,
};
use serde_json::{Value, json};
use sqlx::PgPool;

use super::{
    failed,
    output::{dash, say, say_json, say_results, say_table, short, time, time_or_dash},
};

const BY: Operator = Operator::CommandLine;

#[derive(Debug, Args)]
pub struct Tasks {
    #[command(subcommand)]
    act: Act,
    /// For programs.
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum Act {
    /// Show tasks of a state: those that wait in their order, others the newest first.
    List(List),
    /// Show all that is known of a task.
    Show { id: i64 },
    /// Run dead tasks again, with all attempts before them.
    Retry(Dead),
    /// Give dead tasks up.
    Discard(Dead),
    /// Cancel tasks: at once where they wait; where they run, at the next chance.
    Cancel {
        #[arg(required = true)]
        ids: Vec<i64>,
    },
    /// Run waiting tasks now, out of their delay or backoff.
    RunNow {
        #[arg(required = true)]
        ids: Vec<i64>,
    },
}

#[derive(Debug, Args)]
struct List {
    #[arg(long, default_value = "dead", value_parser = PossibleValuesParser::new(
        TaskState::ALL.map(TaskState::as_str)))]
    state: String,
    #[arg(long)]
    queue: Option<String>,
    #[arg(long)]
    kind: Option<String>,
    /// How many.
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    limit: u32,
}

/// Either by id or all that fit.
#[derive(Debug, Args)]
struct Dead {
    #[arg(required_unless_present = "all", conflicts_with = "all")]
    ids: Vec<i64>,
    /// All dead tasks of the queue, kind and reason.
    #[arg(long)]
    all: bool,
    #[arg(long, requires = "all")]
    queue: Option<String>,
    #[arg(long, requires = "all")]
    kind: Option<String>,
    /// Why they are dead.
    #[arg(long, requires = "all",
          value_parser = ["attempts", "gave_up", "undecodable", "deadline"])]
    reason: Option<String>,
}

impl Tasks {
    pub(super) async fn run(self, db: &PgPool) -> Result<(), StartError> {
        let json = self.json;
        match self.act {
            Act::List(options) => list(db, &options, json).await,
            Act::Show { id } => show(db, TaskId(id), json).await,
            Act::Retry(dead) => retry(db, dead, json).await,
            Act::Discard(dead) => discard(db, dead, json).await,
            Act::Cancel { ids } => cancel(db, ids, json).await,
            Act::RunNow { ids } => run_now(db, ids, json).await,
        }
    }
}

async fn list(db: &PgPool, options: &List, json: bool) -> Result<(), StartError> {
    // The parser lets no other word through.
    let state = TaskState::parse(&options.state).unwrap_or(TaskState::Dead);
    let filter = TaskFilter {
        queue: options.queue.clone(),
        kind: options.kind.clone(),
    };
    let mut tasks: Vec<TaskLine> = Vec::new();
    let mut start = Start::After(None);
    let most = options.limit as usize;
    while tasks.len() < most {
        let paging = Paging { start, size: 100 };
        let mut tx = db.begin().await?;
        db::look_only(&mut tx).await?;
        let slice = db::list(&mut tx, state, &filter, &paging).await?;
        tx.commit().await?;
        tasks.extend(slice.rows);
        match slice.next {
            Some(next) => start = Start::After(Some(next)),
            None => break,
        }
    }
    tasks.truncate(most);
    if json {
        return say_results(&tasks);
    }
    let rows: Vec<_> = tasks.iter().map(row).collect();
    say_table(
        [
            "TASK",
            "QUEUE",
            "KIND",
            "ATTEMPT",
            "WHEN",
            "WORKER",
            "REASON",
            "LAST ERROR",
        ],
        &rows,
    );
    Ok(())
}

fn row(task: &TaskLine) -> [String; 8] {
    [
        task.id.to_string(),
        task.queue.clone(),
        task.kind.clone(),
        attempts(task.attempt, task.max_attempts),
        time_or_dash(task.ended_at.or(task.started_at).or(task.run_at)),
        task.worker.clone().unwrap_or_else(dash),
        task.reason.clone().unwrap_or_else(dash),
        task.last_error
            .as_deref()
            .map_or_else(dash, |error| short(error, 60)),
    ]
}

fn attempts(attempt: i16, max_attempts: Option<i16>) -> String {
    max_attempts.map_or_else(|| attempt.to_string(), |most| format!("{attempt}/{most}"))
}

async fn show(db: &PgPool, id: TaskId, json: bool) -> Result<(), StartError> {
    let mut conn = db.acquire().await?;
    let task = db::find(&mut conn, id).await?;
    let task = task.ok_or_else(|| failed(jobboard_shared::Error::NotFound("task")))?;
    if json {
        return say_json(&task);
    }
    say_task(&task);
    Ok(())
}

fn say_task(task: &TaskDetail) {
    let line = |name: &str, value: String| say(format_args!("{name:<12}{value}"));
    let maybe = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            line(name, value);
        }
    };
    line("task", task.id.to_string());
    line("state", task.state.as_str().to_owned());
    line("queue", task.queue.clone());
    line("kind", task.kind.clone());
    line("args", task.args.to_string());
    line("attempt", attempts(task.attempt, task.max_attempts));
    maybe(
        "priority",
        task.priority.map(|priority| priority.to_string()),
    );
    maybe("unique key", task.unique_key.clone());
    maybe("batch", task.batch.map(|batch| batch.0.to_string()));
    line("enqueued", time(task.enqueued_at));
    maybe("due", task.run_at.map(time));
    maybe("deadline", task.deadline.map(time));
    maybe("started", task.started_at.map(time));
    maybe("lease until", task.lease_until.map(time));
    maybe("cancel asked", task.cancel_requested_at.map(time));
    maybe("ended", task.ended_at.map(time));
    maybe("worker", task.worker.clone());
    maybe("reason", task.reason.clone());
    let text = |value: &Value| {
        value
            .as_str()
            .map_or_else(|| value.to_string(), str::to_owned)
    };
    for error in task.errors.as_array().into_iter().flatten() {
        let [at, attempt, worker] = ["at", "attempt", "worker"].map(|name| text(&error[name]));
        say(format_args!(
            "error       {at}, attempt {attempt}, on {worker}"
        ));
        say(format_args!("            {}", text(&error["error"])));
    }
}

async fn retry(db: &PgPool, dead: Dead, json: bool) -> Result<(), StartError> {
    let mut conn = db.acquire().await?;
    if dead.all {
        let filter = dead.filter(db).await?;
        let some = async || operate::retry_many(&mut conn, BY, &filter).await;
        return all("retried", some, json).await;
    }
    let one = async |id| Ok(operate::retry(&mut conn, BY, id).await?.id);
    each("retried", dead.ids, one, json).await
}

async fn discard(db: &PgPool, dead: Dead, json: bool) -> Result<(), StartError> {
    let mut conn = db.acquire().await?;
    if dead.all {
        let filter = dead.filter(db).await?;
        let some = async || operate::discard_many(&mut conn, BY, &filter).await;
        return all("discarded", some, json).await;
    }
    let one = async |id| operate::discard(&mut conn, BY, id).await.map(|()| id);
    each("discarded", dead.ids, one, json).await
}

/// Repeats an act that changes so many at most until none is left, and says how far
/// it has come.
async fn all(
    changed: &str,
    mut some: impl AsyncFnMut() -> Result<Bulk, jobboard_shared::Error>,
    json: bool,
) -> Result<(), StartError> {
    let mut all = Vec::new();
    loop {
        let Bulk { ids, left } = some().await.map_err(failed)?;
        let more = left > 0 && !ids.is_empty();
        all.extend(ids);
        if !more {
            return say_changed(changed, &all, json);
        }
        if !json {
            let (done, left) = (all.len(), words::capped(left));
            say(format_args!("{done} {changed}, {left} left"));
        }
    }
}

impl Dead {
    async fn filter(self, db: &PgPool) -> Result<DeadFilter, StartError> {
        Ok(DeadFilter {
            queue: self.queue,
            kind: self.kind,
            reason: self.reason,
            died_before: Some(Clock::synchronized(db).await?.now()),
        })
    }
}

async fn cancel(db: &PgPool, ids: Vec<i64>, json: bool) -> Result<(), StartError> {
    let mut conn = db.acquire().await?;
    let one = async |id| operate::cancel(&mut conn, BY, id).await.map(|_| id);
    each("cancelled, or told to stop", ids, one, json).await
}

async fn run_now(db: &PgPool, ids: Vec<i64>, json: bool) -> Result<(), StartError> {
    let mut conn = db.acquire().await?;
    let one = async |id| operate::run_now(&mut conn, BY, id).await.map(|()| id);
    each("due now", ids, one, json).await
}

/// Acts on each task. One that is refused keeps no other from it: all of those are
/// named in the end.
async fn each(
    changed: &str,
    ids: Vec<i64>,
    mut one: impl AsyncFnMut(TaskId) -> Result<TaskId, jobboard_shared::Error>,
    json: bool,
) -> Result<(), StartError> {
    let (mut done, mut refused) = (Vec::new(), Vec::new());
    for id in ids.into_iter().map(TaskId) {
        match one(id).await {
            Ok(id) => done.push(id),
            Err(error @ jobboard_shared::Error::Database(_)) => return Err(failed(error)),
            Err(error) => refused.push(format!("task {id}: {error}")),
        }
    }
    say_changed(changed, &done, json)?;
    if refused.is_empty() {
        Ok(())
    } else {
        Err(StartError::Other(refused.join("; ")))
    }
}

fn say_changed(what: &str, ids: &[TaskId], json: bool) -> Result<(), StartError> {
    if json {
        return say_json(&json!({ "ids": ids }));
    }
    let tasks = if ids.len() == 1 { "task" } else { "tasks" };
    say(format_args!("{} {tasks} {what}", ids.len()));
    Ok(())
}
