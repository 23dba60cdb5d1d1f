-- The task queue. `tasks` holds what is pending or running and stays small;
-- what ends moves to `finished_tasks` or `dead_tasks`.
create table tasks (
    id bigint generated always as identity primary key,
    queue text not null,
    kind text not null,
    args jsonb not null,
    -- Lower runs first.
    priority smallint not null default 0,
    -- Leases taken that count against max_attempts.
    attempt smallint not null default 0 check (attempt >= 0),
    max_attempts smallint not null check (max_attempts >= 1),
    run_at timestamptz not null,
    -- Goes up with every lease and never down: (id, fence) names one lease.
    fence bigint not null default 0,
    lease_until timestamptz,
    leased_by text,
    -- Leases in a row that ran out: whoever held them probably died.
    lapses smallint not null default 0,
    unique_key text,
    enqueued_at timestamptz not null,
    -- The last few failures, oldest first.
    errors jsonb not null default '[]',
    constraint tasks_lease_check check ((lease_until is null) = (leased_by is null))
) with (
    -- Rows live for milliseconds; without frequent vacuums every fetch would
    -- walk over the dead ones.
    autovacuum_vacuum_scale_factor = 0,
    autovacuum_vacuum_threshold = 5000,
    autovacuum_analyze_scale_factor = 0,
    autovacuum_analyze_threshold = 20000,
    autovacuum_vacuum_cost_delay = 0
);

create index tasks_pending_idx on tasks (queue, priority, run_at, id)
    where lease_until is null and lapses = 0;
-- Suspects are fetched apart, one at a time.
create index tasks_suspect_idx on tasks (queue, run_at, id)
    where lease_until is null and lapses > 0;
create index tasks_leased_idx on tasks (lease_until)
    where lease_until is not null;
-- A leased task has read its rows already: it does not count as pending.
create unique index tasks_unique_key on tasks (kind, unique_key)
    where lease_until is null and unique_key is not null;

create table finished_tasks (
    id bigint not null,
    queue text not null,
    kind text not null,
    args jsonb not null,
    attempt smallint not null,
    enqueued_at timestamptz not null,
    finished_at timestamptz not null,
    finished_by text not null
) partition by range (finished_at);
create index finished_tasks_id_idx on finished_tasks (id);
-- Catches what no day covers, so that a late upkeep never loses an ack.
create table finished_tasks_default partition of finished_tasks default;

create table dead_tasks (
    id bigint primary key,
    queue text not null,
    kind text not null,
    args jsonb not null,
    priority smallint not null,
    attempt smallint not null,
    max_attempts smallint not null,
    unique_key text,
    reason text not null
        constraint dead_tasks_reason_check
        check (reason in ('attempts', 'gave_up', 'undecodable')),
    errors jsonb not null,
    enqueued_at timestamptz not null,
    died_at timestamptz not null
);
create index dead_tasks_died_at_idx on dead_tasks (died_at, id);
create index dead_tasks_kind_idx on dead_tasks (kind, died_at);

-- The last tick of every line of the schedule that has become a task.
create table schedules (
    name text primary key,
    last_tick timestamptz not null
);

-- Makes the partitions from today (UTC) to `days` days ahead; gives how many
-- were new. Rows that fell into the default partition move to their day. Gives
-- up rather than let every ack wait behind it for a lock.
create function create_finished_task_partitions(days int) returns int
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
            execute format('create table %I (like finished_tasks including defaults)', partition);
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

-- Drops the partitions that ended more than `age` ago; gives how many.
create function drop_finished_task_partitions(age interval) returns int
    language plpgsql
    set lock_timeout = '2s'
    as $$
    declare
        oldest text := to_char(app_now() at time zone 'utc' - age, 'YYYYMMDD');
        partition text;
        dropped int := 0;
    begin
        perform pg_advisory_xact_lock(hashtext('finished_tasks partitions'));
        delete from finished_tasks_default where finished_at < app_now() - age;
        for partition in
            select c.relname
            from pg_inherits i
            join pg_class c on c.oid = i.inhrelid
            where i.inhparent = 'finished_tasks'::regclass
              and c.relname ~ '^finished_tasks_[0-9]{8}$'
              and right(c.relname, 8) < oldest
        loop
            execute format('drop table %I', partition);
            dropped := dropped + 1;
        end loop;
        return dropped;
    end
    $$;

select create_finished_task_partitions(3);
