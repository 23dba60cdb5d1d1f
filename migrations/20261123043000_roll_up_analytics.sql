-- What happened to jobs, day by day in UTC, so that a year of looks is read from
-- some hundreds of rows. Days that are over are rolled up by a task; the present
-- day is counted from the events themselves.

create table job_day_counts (
    job_id uuid not null references jobs on delete cascade,
    day date not null,
    -- 1 on the day of its first publication.
    postings integer not null check (postings >= 0),
    views integer not null check (views >= 0),
    applications integer not null check (applications >= 0),
    -- From applying to being accepted, one for each who was accepted that day.
    hire_seconds bigint[] not null default '{}',
    primary key (job_id, day)
);
create index job_day_counts_day_idx on job_day_counts (day);

-- The whole board. A row says that its day is rolled up; it keeps what deleted
-- jobs had.
create table board_day_counts (
    day date primary key,
    postings integer not null check (postings >= 0),
    views bigint not null check (views >= 0),
    applications integer not null check (applications >= 0),
    hire_seconds bigint[] not null default '{}'
);

-- How the events of some days are found.
create index job_views_viewed_at_idx on job_views (viewed_at);
create index applications_applied_at_idx on applications (applied_at);
create index jobs_published_at_idx on jobs (published_at) where published_at is not null;
create index application_status_changes_accepted_idx on application_status_changes (changed_at)
    where to_status = 'accepted';

-- Everything that is counted, from one moment to before another.
create function job_events(since timestamptz, until timestamptz)
    returns table (job_id uuid, day date, postings integer, views integer, applications integer, hire_seconds bigint)
    language sql stable parallel safe
    as $$
        select id, (published_at at time zone 'UTC')::date, 1, 0, 0, null::bigint
            from jobs where published_at >= since and published_at < until
        union all
        select v.job_id, (viewed_at at time zone 'UTC')::date, 0, count(*)::integer, 0, null
            from job_views v where viewed_at >= since and viewed_at < until
            group by 1, 2
        union all
        select a.job_id, (applied_at at time zone 'UTC')::date, 0, 0, count(*)::integer, null
            from applications a where applied_at >= since and applied_at < until
            group by 1, 2
        union all
        select a.job_id, (c.changed_at at time zone 'UTC')::date, 0, 0, 0,
               greatest(extract(epoch from c.changed_at - a.applied_at), 0)::bigint
            from application_status_changes c join applications a on a.id = c.application_id
            where c.to_status = 'accepted' and c.changed_at >= since and c.changed_at < until
    $$;
