select id, fence, kind, attempt, max_attempts, leased_by as leased_by,
    unique_key is not null as is_unique
from tasks
where lease_until < (select app_now()) and queue = any($1)
order by lease_until
limit 200
