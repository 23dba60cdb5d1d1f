with recursive clock as materialized (select app_now() as now),
priorities as (
    (select priority from tasks
     where queue = $1 and lease_until is null and lapses = 0
     order by priority limit 1)
    union all
    select (select t.priority from tasks t
            where t.queue = $1 and t.lease_until is null and t.lapses = 0
              and t.priority > p.priority
            order by t.priority limit 1)
    from priorities p where p.priority is not null
),
picked as materialized (
    select due.id
    from priorities p
    cross join lateral (
        select t.id from tasks t
        where t.queue = $1 and t.priority = p.priority
          and t.lease_until is null and t.lapses = 0
          and t.run_at <= (select now from clock)
        order by t.run_at, t.id
        limit $2
        for update skip locked
    ) due
    limit $2
)
update tasks t set
    attempt = t.attempt + 1,
    fence = t.fence + 1,
    lease_until = (select now from clock) + make_interval(secs => $3),
    leased_by = $4
from picked
where t.id = picked.id
returning t.id, t.fence, t.queue, t.kind, t.args, t.priority, t.run_at, t.attempt,
    t.max_attempts, t.unique_key is not null as is_unique
