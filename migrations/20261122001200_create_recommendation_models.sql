-- What one fit learned: vocabularies with document frequencies, and the vectors of
-- the jobs that were live. Written whole by one task, read whole by each worker.
create table recommendation_models (
    version uuid primary key default uuid_v7(),
    fitted_at timestamptz not null default app_now(),
    job_count integer not null check (job_count >= 0),
    term_count integer not null check (term_count >= 0),
    -- Compressed already; its layout names its own format version.
    content bytea not null
);
alter table recommendation_models alter column content set storage external;
create index recommendation_models_fitted_idx on recommendation_models (fitted_at desc);

-- The most alike jobs of each job, best first. A job that is gone from the board
-- leaves its id behind: who reads checks.
create table job_neighbours (
    job_id uuid primary key references jobs on delete cascade,
    neighbour_ids uuid[] not null,
    -- 0 to 1, as long as neighbour_ids, and so are the reasons.
    scores real[] not null,
    reasons text[] not null,
    computed_at timestamptz not null default app_now(),
    constraint job_neighbours_length_check check (
        cardinality(scores) = cardinality(neighbour_ids) and cardinality(reasons) = cardinality(neighbour_ids)
    )
);

-- The freelancers whom a nightly run is worth the while: they were here lately.
create function active_freelancers(since timestamptz) returns table (user_id uuid)
    language sql stable
    as $$
        select u.id
        from users u join freelancer_profiles p on p.user_id = u.id
        where u.role = 'freelancer' and u.is_active
          and (u.last_login > since or u.created_at > since or p.updated_at > since
               or exists (select from job_views v where v.user_id = u.id and v.viewed_at > since))
    $$;

-- Whether a job must not be recommended to a user because they applied for it or
-- put it on the board themselves. False without a user. Takes the columns and not
-- the row, which would be read with its long texts.
create function is_applied_or_own(job_id uuid, employer_id uuid, imported_by uuid, viewer uuid) returns boolean
    language sql stable parallel safe
    as $$
        select coalesce(imported_by = viewer, false)
            or exists (select from applications a
                       where a.job_id = is_applied_or_own.job_id and a.applicant_id = viewer)
            or exists (select from employer_profiles e
                       where e.id = is_applied_or_own.employer_id and e.user_id = viewer)
    $$;

-- The least key that uuid_v7() could have made at a time.
create function uuid_v7_floor(at timestamptz) returns uuid
    language sql stable parallel safe strict
    as $$
        select encode(
            overlay('\x00000000000070008000000000000000'::bytea
                placing substring(int8send((extract(epoch from at) * 1000)::bigint) from 3) from 1 for 6),
            'hex')::uuid
    $$;
