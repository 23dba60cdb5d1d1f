-- Which addresses looked at which job in the last half hour, so that a visitor
-- without an account counts as often as one with an account. An address stands
-- here as a hash under a key that changes every day, nothing leads from here to a
-- row of job_views, and a task empties the table behind the half hour. Unlogged:
-- losing it lets a look count twice.
create unlogged table job_view_addresses (
    job_id uuid not null references jobs on delete cascade,
    address_hash bytea not null,
    counted_at timestamptz not null default app_now(),
    primary key (job_id, address_hash),
    constraint job_view_addresses_hash_check check (octet_length(address_hash) = 16)
);
create index job_view_addresses_counted_idx on job_view_addresses (counted_at);

-- Counts one look at a live job; true when it counted. Signed-in visitors are told
-- apart by their account, others by the hash of their address: under the key of
-- today, and, because a half hour may begin the day before, of yesterday.
create function record_job_view(
    viewed_job uuid, visitor uuid, agent text, came_from text, address bytea, address_before bytea
) returns boolean
    language plpgsql
    as $$
    begin
        if visitor is null and address is not null then
            if exists (
                select from job_view_addresses a
                where a.job_id = viewed_job and a.address_hash = address_before
                    and a.counted_at > app_now() - interval '30 minutes'
            ) then
                return false;
            end if;
            -- Of two looks at once the second waits here for the first.
            insert into job_view_addresses as a (job_id, address_hash)
                select j.id, address
                from jobs j
                where j.id = viewed_job
                    and j.status = 'published'
                    and (j.expires_at is null or j.expires_at > app_now())
                on conflict (job_id, address_hash) do update set counted_at = app_now()
                    where a.counted_at <= app_now() - interval '30 minutes';
            if not found then
                return false;
            end if;
        end if;
        return record_job_view(viewed_job, visitor, agent, came_from);
    end
    $$;
