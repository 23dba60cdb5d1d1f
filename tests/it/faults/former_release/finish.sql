with clock as materialized (select app_now() as now),
gone as (
    delete from tasks t
    using unnest($1::bigint[], $2::bigint[]) as l(id, fence)
    where t.id = l.id and t.fence = l.fence and t.lease_until is not null
    returning t.id, t.queue, t.kind, t.args, t.attempt, t.enqueued_at, t.leased_by
)
insert into finished_tasks (id, queue, kind, args, attempt, enqueued_at, finished_at,
                            finished_by)
select gone.id, queue, kind, args, attempt, enqueued_at, clock.now, leased_by
from gone, clock
returning id
