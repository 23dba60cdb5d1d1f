with clock as materialized (select app_now() as now),
gone as (
    delete from tasks t
    using unnest($1::bigint[], $2::bigint[], $3::text[], $4::text[])
        as l(id, fence, reason, error)
    where t.id = l.id and t.fence = l.fence and t.lease_until is not null
      and (not $5 or t.lease_until < (select now from clock))
    returning t.*, l.reason, l.error
)
insert into dead_tasks (id, queue, kind, args, priority, attempt, max_attempts, unique_key,
                        reason, errors, enqueued_at, died_at)
select id, queue, kind, args, priority, attempt, max_attempts, unique_key, reason,
    jsonb_path_query_array(errors || jsonb_build_object(
        'at', clock.now, 'attempt', attempt, 'worker', leased_by,
        'error', error), '$[last - 9 to last]'),
    enqueued_at, clock.now
from gone, clock
returning id
