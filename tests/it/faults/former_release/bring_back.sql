with clock as materialized (select app_now() as now),
gone as (
    delete from tasks t
    using unnest($1::bigint[], $2::bigint[], $3::float8[], $4::bool[], $5::text[],
                 $6::text[])
        as l(id, fence, delay, counted, error, lapse)
    where t.id = l.id and t.fence = l.fence and t.lease_until is not null
      and (not $7 or t.lease_until < (select now from clock))
    returning t.*, l.delay, l.counted, l.error, l.lapse
),
returned as (
    insert into tasks (id, queue, kind, args, priority, attempt, max_attempts, run_at,
                       fence, lapses, unique_key, enqueued_at, errors)
    overriding system value
    select id, queue, kind, args, priority,
        case when counted then attempt else greatest(attempt - 1, 0) end, max_attempts,
        clock.now + make_interval(secs => delay), fence,
        case lapse when 'one more' then least(lapses + 1, 1000)
                   when 'as before' then lapses else 0 end,
        unique_key, enqueued_at,
        case when error is null then errors
            else jsonb_path_query_array(errors || jsonb_build_object(
                    'at', clock.now, 'attempt', attempt, 'worker', leased_by,
                    'error', error), '$[last - 9 to last]')
        end
    from gone, clock
    on conflict (kind, unique_key) where lease_until is null and unique_key is not null
    do update set
        attempt = greatest(tasks.attempt, excluded.attempt),
        lapses = greatest(tasks.lapses, excluded.lapses),
        errors = jsonb_path_query_array(excluded.errors || tasks.errors,
                                        '$[last - 9 to last]'),
        priority = least(tasks.priority, excluded.priority),
        run_at = case
            when excluded.errors = '[]' and tasks.errors = '[]'
                then least(tasks.run_at, excluded.run_at)
            when excluded.errors = '[]' then tasks.run_at
            when excluded.lapses > 0 then greatest(tasks.run_at, excluded.run_at)
            else least(excluded.run_at, greatest(tasks.run_at,
                (select now from clock) + make_interval(secs => $8)))
            end
)
select id as id from gone
