with clock as materialized (select app_now() as now),
entry as (
    insert into tasks (queue, kind, args, priority, max_attempts, unique_key,
                       run_at, enqueued_at)
    select n.queue, n.kind, n.args, n.priority, n.max_attempts, n.unique_key,
           clock.now + make_interval(secs => n.delay), clock.now
    from clock, unnest($1::text[], $2::text[], $3::jsonb[], $4::smallint[],
                       $5::smallint[], $6::text[], $7::float8[])
        with ordinality
        as n(queue, kind, args, priority, max_attempts, unique_key, delay, place)
    order by n.kind, n.unique_key, n.place
    on conflict (kind, unique_key) where lease_until is null and unique_key is not null
    do update set
        priority = least(tasks.priority, excluded.priority),
        run_at = case
            when tasks.errors = '[]' then least(tasks.run_at, excluded.run_at)
            when tasks.lapses > 0 then tasks.run_at
            else least(tasks.run_at, greatest(excluded.run_at,
                (select now from clock) + make_interval(secs => $9)))
            end
    returning id, queue, run_at, xmax = 0 as fresh
)
select id as id, fresh as fresh,
    (select count(*) from (
        select pg_notify($8, due.queue) from (
            select distinct entry.queue from entry, clock where entry.run_at <= clock.now
        ) due
    ) notified) as notified
from entry
