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
