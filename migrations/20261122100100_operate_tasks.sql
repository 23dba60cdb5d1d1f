-- What operators decide about a queue. A queue without a row runs without limits.
create table queue_controls (
    queue text primary key check (length(queue) between 1 and 100),
    -- Nothing new starts; what runs goes on.
    paused_at timestamptz,
    -- Tasks of the queue that run at once, over all workers.
    max_running integer constraint queue_controls_max_running_check check (max_running >= 1),
    -- A token bucket that every start takes one from: `rate_limit` tokens at most,
    -- refilled with as many per `rate_period`.
    rate_limit integer constraint queue_controls_rate_limit_check check (rate_limit >= 1),
    rate_period interval constraint queue_controls_rate_period_check
        check (rate_period between '1 millisecond' and '1 day'),
    rate_tokens double precision not null default 0,
    rate_filled_at timestamptz not null default app_now(),
    updated_at timestamptz not null default app_now(),
    constraint queue_controls_rate_check check ((rate_limit is null) = (rate_period is null))
);

-- Worker processes that have lately given a sign of life.
create table workers (
    -- As in tasks.leased_by.
    id text primary key,
    host text not null,
    pid integer not null,
    version text not null,
    -- {"queue": slots}
    queues jsonb not null check (jsonb_typeof(queues) = 'object'),
    lease interval not null,
    running integer not null default 0,
    started_at timestamptz not null,
    seen_at timestamptz not null,
    -- It finishes what it runs and takes nothing new.
    stopping boolean not null default false
);
create index workers_seen_at_idx on workers (seen_at);

-- Groups of tasks with one task that is enqueued when all of them have ended.
create table task_batches (
    id bigint generated always as identity primary key,
    name text not null check (length(name) between 1 and 200),
    -- Tasks that were ever enqueued in it.
    total integer not null default 0 check (total >= 0),
    -- The task enqueued at the end: {queue, kind, args, priority, max_attempts, unique_key}.
    on_end jsonb check (jsonb_typeof(on_end) = 'object'),
    created_at timestamptz not null,
    ended_at timestamptz
);
create index task_batches_open_idx on task_batches (id) where ended_at is null;
create index task_batches_ended_at_idx on task_batches (ended_at) where ended_at is not null;

alter table tasks
    -- When its present lease was taken.
    add column started_at timestamptz,
    -- Not to be started after this.
    add column deadline timestamptz,
    add column batch_id bigint,
    -- An operator wants the present run stopped.
    add column cancel_requested_at timestamptz;
create index tasks_batch_idx on tasks (batch_id) where batch_id is not null;

alter table finished_tasks
    add column started_at timestamptz,
    add column batch_id bigint,
    -- done, cancelled (while it ran or before), discarded (after it had died).
    add column outcome text not null default 'done'
        constraint finished_tasks_outcome_check
        check (outcome in ('done', 'cancelled', 'discarded'));

-- As before, and with the checks: a partition must have those of its parent.
create or replace function create_finished_task_partitions(days int) returns int
    language plpgsql
    set lock_timeout = '2s'
    as $$
    declare
        first_day date := (app_now() at time zone 'utc')::date;
        start timestamptz;
        partition text;
        made int := 0;
    begin
        perform pg_advisory_xact_lock(hashtext('finished_tasks partitions'));
        for i in 0..days loop
            partition := 'finished_tasks_' || to_char(first_day + i, 'YYYYMMDD');
            continue when to_regclass(partition) is not null;
            start := (first_day + i)::timestamp at time zone 'utc';
            execute format('create table %I (like finished_tasks including defaults including constraints)', partition);
            execute format(
                'with moved as (
                     delete from finished_tasks_default
                     where finished_at >= %L and finished_at < %L returning *)
                 insert into %I select * from moved',
                start, start + interval '1 day', partition);
            execute format(
                'alter table finished_tasks attach partition %I for values from (%L) to (%L)',
                partition, start, start + interval '1 day');
            made := made + 1;
        end loop;
        return made;
    end
    $$;

alter table dead_tasks
    add column started_at timestamptz,
    add column batch_id bigint,
    drop constraint dead_tasks_reason_check,
    add constraint dead_tasks_reason_check
        check (reason in ('attempts', 'gave_up', 'undecodable', 'deadline'));
create index dead_tasks_queue_idx on dead_tasks (queue, died_at);
create index dead_tasks_batch_idx on dead_tasks (batch_id) where batch_id is not null;

-- What each worker did in each minute, by queue and kind: plots and percentiles
-- without reading finished tasks.
create table task_minutes (
    minute timestamptz not null,
    queue text not null,
    kind text not null,
    worker text not null,
    done bigint not null default 0,
    failed bigint not null default 0,
    dead bigint not null default 0,
    -- Snoozed, released, cancelled, lost.
    other bigint not null default 0,
    -- Counts by the buckets of `jobboard_shared::queue::histogram`: time from due
    -- to started, and from started to ended.
    waits bigint[] not null,
    runs bigint[] not null,
    run_seconds double precision not null default 0,
    primary key (minute, queue, kind, worker)
);
