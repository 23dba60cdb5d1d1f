use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;

use super::MOST_COUNTED;
use crate::{
    pagination::{Paging, Slice},
    queue::{BatchId, TaskId},
};

/// Rows that one page looks through for those that fit its filter.
const LOOKED_THROUGH: i64 = 20_000;

/// Where a task stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TaskState {
    /// Waits: for a slot, its time, or the end of a pause.
    Pending,
    /// Waits after a lease that ran out: its worker probably died of it or with it.
    Suspect,
    Running,
    /// Nobody runs it again unless an operator wants it.
    Dead,
    Finished,
    /// Stopped by an operator, before or while it ran.
    Cancelled,
    /// Given up by an operator after it had died.
    Discarded,
}

impl TaskState {
    pub const ALL: [Self; 7] = [
        Self::Pending,
        Self::Suspect,
        Self::Running,
        Self::Dead,
        Self::Finished,
        Self::Cancelled,
        Self::Discarded,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Suspect => "suspect",
            Self::Running => "running",
            Self::Dead => "dead",
            Self::Finished => "finished",
            Self::Cancelled => "cancelled",
            Self::Discarded => "discarded",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }
}

/// Which tasks of a state.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TaskFilter {
    pub queue: Option<String>,
    pub kind: Option<String>,
}

/// A task in a list. What a state does not know is `None`.
#[derive(Clone, Debug, Serialize)]
pub struct TaskLine {
    pub id: TaskId,
    pub queue: String,
    pub kind: String,
    pub priority: Option<i16>,
    pub attempt: i16,
    pub max_attempts: Option<i16>,
    pub enqueued_at: DateTime<Utc>,
    pub run_at: Option<DateTime<Utc>>,
    pub started_at: Option<DateTime<Utc>>,
    pub ended_at: Option<DateTime<Utc>>,
    /// Who runs or ran it.
    pub worker: Option<String>,
    /// Why it is dead.
    pub reason: Option<String>,
    pub last_error: Option<String>,
    pub batch: Option<BatchId>,
    /// Fits the filter; otherwise only the place where the look ended.
    #[serde(skip)]
    fits: bool,
    /// The last of the rows looked through, where there may be more.
    #[serde(skip)]
    last: bool,
}

/// A place in the list of one state.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TaskCursor {
    queue: String,
    priority: i16,
    at: Option<DateTime<Utc>>,
    id: i64,
}

impl TaskCursor {
    fn of(state: TaskState, line: &TaskLine) -> Self {
        Self {
            queue: line.queue.clone(),
            priority: line.priority.unwrap_or_default(),
            at: match state {
                TaskState::Dead => line.ended_at,
                _ => line.run_at,
            },
            id: line.id.0,
        }
    }
}

/// Tasks of one state: those that wait in the order in which they will run, all
/// others the newest first.
///
/// A page looks through at most [`LOOKED_THROUGH`] rows, so that a filter that
/// fits few of a million leaves a page short rather than the database busy: then
/// the next page begins where this one ended.
pub async fn list(
    conn: &mut PgConnection,
    state: TaskState,
    filter: &TaskFilter,
    paging: &Paging<TaskCursor>,
) -> Result<Slice<TaskLine, TaskCursor>, sqlx::Error> {
    let rows = match state {
        TaskState::Pending => pending(conn, filter, paging).await?,
        TaskState::Suspect => suspects(conn, filter, paging).await?,
        TaskState::Running => running(conn, filter, paging).await?,
        TaskState::Dead => dead(conn, filter, paging).await?,
        TaskState::Finished => ended(conn, "done", filter, paging).await?,
        TaskState::Cancelled => ended(conn, "cancelled", filter, paging).await?,
        TaskState::Discarded => ended(conn, "discarded", filter, paging).await?,
    };
    let end = rows
        .last()
        .filter(|row| row.last)
        .map(|row| TaskCursor::of(state, row));
    let fitting = rows.into_iter().filter(|row| row.fits).collect();
    let mut slice = Slice::cut(fitting, paging.size, None, |row| TaskCursor::of(state, row));
    slice.next = slice.next.or(end);
    Ok(slice)
}

async fn pending(
    conn: &mut PgConnection,
    filter: &TaskFilter,
    paging: &Paging<TaskCursor>,
) -> Result<Vec<TaskLine>, sqlx::Error> {
    let after = paging.cursor();
    sqlx::query_as!(
        TaskLine,
        r#"
        with looked as (
            select *, $6::text is null or kind = $6 as fits,
                row_number() over (order by queue, priority, run_at, id) as place
            from (
                select * from tasks
                where lease_until is null and lapses = 0
                  and ($1::text is null or queue = $1)
                  and ($2::bigint is null
                       or (queue, priority, run_at, id) > ($3, $4, $5, $2))
                order by queue, priority, run_at, id
                limit $8::bigint
            ) t
        )
        select id as "id!: TaskId", queue as "queue!", kind as "kind!",
            priority as "priority?", attempt as "attempt!", max_attempts as "max_attempts?",
            enqueued_at as "enqueued_at!", run_at as "run_at?", started_at as "started_at?",
            null::timestamptz as "ended_at?", null::text as "worker?", null::text as "reason?",
            errors->-1->>'error' as "last_error?", batch_id as "batch?: BatchId",
            fits as "fits!", place = $8 as "last!"
        from looked
        where fits or place = $8
        order by queue, priority, run_at, id
        limit $7
        "#,
        filter.queue,
        after.map(|after| after.id),
        after.map(|after| after.queue.clone()),
        after.map(|after| after.priority),
        after.and_then(|after| after.at),
        filter.kind,
        paging.limit(),
        LOOKED_THROUGH,
    )
    .fetch_all(conn)
    .await
}

async fn suspects(
    conn: &mut PgConnection,
    filter: &TaskFilter,
    paging: &Paging<TaskCursor>,
) -> Result<Vec<TaskLine>, sqlx::Error> {
    let after = paging.cursor();
    sqlx::query_as!(
        TaskLine,
        r#"
        select id as "id!: TaskId", queue as "queue!", kind as "kind!",
            priority as "priority?", attempt as "attempt!", max_attempts as "max_attempts?",
            enqueued_at as "enqueued_at!", run_at as "run_at?", started_at as "started_at?",
            null::timestamptz as "ended_at?", null::text as "worker?", null::text as "reason?",
            errors->-1->>'error' as "last_error?", batch_id as "batch?: BatchId",
            true as "fits!", false as "last!"
        from tasks
        where lease_until is null and lapses > 0
          and ($1::text is null or queue = $1)
          and ($2::text is null or kind = $2)
          and ($3::bigint is null or (queue, run_at, id) > ($4, $5, $3))
        order by queue, run_at, id
        limit $6
        "#,
        filter.queue,
        filter.kind,
        after.map(|after| after.id),
        after.map(|after| after.queue.clone()),
        after.and_then(|after| after.at),
        paging.limit(),
    )
    .fetch_all(conn)
    .await
}

/// As many as there are slots in the fleet.
async fn running(
    conn: &mut PgConnection,
    filter: &TaskFilter,
    paging: &Paging<TaskCursor>,
) -> Result<Vec<TaskLine>, sqlx::Error> {
    let after = paging.cursor();
    sqlx::query_as!(
        TaskLine,
        r#"
        with leased as materialized (
            select * from tasks where lease_until is not null limit $5
        )
        select id as "id!: TaskId", queue as "queue!", kind as "kind!",
            priority as "priority?", attempt as "attempt!", max_attempts as "max_attempts?",
            enqueued_at as "enqueued_at!", run_at as "run_at?", started_at as "started_at?",
            null::timestamptz as "ended_at?", leased_by as "worker?", null::text as "reason?",
            errors->-1->>'error' as "last_error?", batch_id as "batch?: BatchId",
            true as "fits!", false as "last!"
        from leased
        where ($1::text is null or queue = $1)
          and ($2::text is null or kind = $2)
          and ($3::bigint is null or id < $3)
        order by id desc
        limit $4
        "#,
        filter.queue,
        filter.kind,
        after.map(|after| after.id),
        paging.limit(),
        LOOKED_THROUGH,
    )
    .fetch_all(conn)
    .await
}

async fn dead(
    conn: &mut PgConnection,
    filter: &TaskFilter,
    paging: &Paging<TaskCursor>,
) -> Result<Vec<TaskLine>, sqlx::Error> {
    let after = paging.cursor();
    sqlx::query_as!(
        TaskLine,
        r#"
        with looked as (
            select *, $2::text is null or queue = $2 as fits,
                row_number() over (order by died_at desc, id desc) as place
            from (
                select * from dead_tasks
                where ($1::text is null or kind = $1)
                  and ($1::text is not null or $2::text is null or queue = $2)
                  and ($3::bigint is null or (died_at, id) < ($4, $3))
                order by died_at desc, id desc
                limit $6::bigint
            ) t
        )
        select id as "id!: TaskId", queue as "queue!", kind as "kind!",
            priority as "priority?", attempt as "attempt!", max_attempts as "max_attempts?",
            enqueued_at as "enqueued_at!", null::timestamptz as "run_at?",
            started_at as "started_at?", died_at as "ended_at?",
            errors->-1->>'worker' as "worker?", reason as "reason?",
            errors->-1->>'error' as "last_error?", batch_id as "batch?: BatchId",
            fits as "fits!", place = $6 as "last!"
        from looked
        where fits or place = $6
        order by died_at desc, id desc
        limit $5
        "#,
        filter.kind,
        filter.queue,
        after.map(|after| after.id),
        after.and_then(|after| after.at),
        paging.limit(),
        LOOKED_THROUGH,
    )
    .fetch_all(conn)
    .await
}

async fn ended(
    conn: &mut PgConnection,
    outcome: &str,
    filter: &TaskFilter,
    paging: &Paging<TaskCursor>,
) -> Result<Vec<TaskLine>, sqlx::Error> {
    let after = paging.cursor();
    sqlx::query_as!(
        TaskLine,
        r#"
        with looked as (
            select *, outcome = $1 and ($3::text is null or queue = $3)
                    and ($4::text is null or kind = $4) as fits,
                row_number() over (order by id desc) as place
            from (
                select * from finished_tasks
                where ($1 = 'done' or outcome <> 'done')
                  and ($2::bigint is null or id < $2)
                order by id desc
                limit $6::bigint
            ) t
        )
        select id as "id!: TaskId", queue as "queue!", kind as "kind!",
            null::smallint as "priority?", attempt as "attempt!",
            null::smallint as "max_attempts?", enqueued_at as "enqueued_at!",
            null::timestamptz as "run_at?", started_at as "started_at?",
            finished_at as "ended_at?", finished_by as "worker?", null::text as "reason?",
            errors->-1->>'error' as "last_error?", batch_id as "batch?: BatchId",
            fits as "fits!", place = $6 as "last!"
        from looked
        where fits or place = $6
        order by id desc
        limit $5
        "#,
        outcome,
        after.map(|after| after.id),
        filter.queue,
        filter.kind,
        paging.limit(),
        LOOKED_THROUGH,
    )
    .fetch_all(conn)
    .await
}

/// The dead of one kind.
#[derive(Clone, Debug, Serialize)]
pub struct DeadKind {
    pub kind: String,
    /// At most [`MOST_COUNTED`].
    pub count: i64,
    pub last_died_at: DateTime<Utc>,
}

/// What kinds of tasks are dead.
pub async fn dead_kinds(conn: &mut PgConnection) -> Result<Vec<DeadKind>, sqlx::Error> {
    sqlx::query_as!(
        DeadKind,
        r#"
        with recursive kinds as (
            (select kind from dead_tasks order by kind limit 1)
            union all
            select (select d.kind from dead_tasks d where d.kind > k.kind order by d.kind limit 1)
            from kinds k where k.kind is not null
        )
        select k.kind as "kind!", c.n as "count!", c.last as "last_died_at!"
        from (select kind from kinds where kind is not null limit 1000) k
        cross join lateral (
            select count(*) as n, max(x.died_at) as last from (
                select d.died_at from dead_tasks d
                where d.kind = k.kind order by d.died_at desc limit $1
            ) x
        ) c
        order by k.kind
        "#,
        MOST_COUNTED,
    )
    .fetch_all(conn)
    .await
}
