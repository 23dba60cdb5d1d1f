with clock as materialized (select app_now() as now),
picked as materialized (
    select t.id from tasks t
    where t.queue = $1 and t.lease_until is null and t.lapses > 0
      and t.run_at <= (select now from clock)
    order by t.run_at, t.id
    limit 1
    for update skip locked
)
update tasks t set
    attempt = t.attempt + 1,
    fence = t.fence + 1,
    lease_until = (select now from clock) + make_interval(secs => $2),
    leased_by = $3
from picked
where t.id = picked.id
returning t.id, t.fence, t.queue, t.kind, t.args, t.priority, t.attempt,
    t.max_attempts, t.unique_key is not null as is_unique
