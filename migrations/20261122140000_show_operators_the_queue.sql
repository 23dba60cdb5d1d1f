-- What the scheduler says of its lines, so that it can be read where the
-- schedule is not compiled in. Empty until a scheduler has seen the line.
alter table schedules
    -- 'every 60 s' or 'cron 10 3 * * *'.
    add column rhythm text,
    -- What happens to ticks that nobody was there for: 'skip' or 'catch up'.
    add column missed text,
    add column next_tick timestamptz;

-- The last lease of a dead task: retried, it must not get a fence that a worker
-- out there still holds. Empty where a worker of before wrote the row.
alter table dead_tasks add column fence bigint;

-- The failures of a task that ended as anything but done.
alter table finished_tasks add column errors jsonb;
-- Few are not done: found without reading through those that are. Costs an ack
-- one comparison.
create index finished_tasks_not_done_idx on finished_tasks (id) where outcome <> 'done';

-- How long the queues were, every ten seconds, for plots.
create table queue_depths (
    at timestamptz not null,
    queue text not null,
    due bigint not null,
    scheduled bigint not null,
    running bigint not null,
    oldest_due_seconds double precision not null,
    primary key (at, queue)
);
