with held as materialized (
    select t.id, t.fence
    from unnest($1::bigint[], $2::bigint[]) as l(id, fence)
    join tasks t on t.id = l.id and t.fence = l.fence
    where t.lease_until is not null
),
free as materialized (
    select t.id, t.fence from tasks t
    where t.id = any($1) and t.lease_until is not null
    for update skip locked
),
renewed as (
    update tasks t
    set lease_until = (select app_now()) + make_interval(secs => $3)
    from held join free using (id, fence)
    where t.id = held.id
)
select id as id, fence as fence from held
