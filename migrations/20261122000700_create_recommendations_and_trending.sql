create type recommendation_algorithm as enum ('content_based', 'collaborative', 'hybrid', 'trending');

create table job_recommendations (
    id uuid primary key default uuid_v7(),
    user_id uuid not null references users on delete cascade,
    job_id uuid not null references jobs on delete cascade,
    score double precision not null check (score between 0 and 1),
    reason text not null check (length(reason) <= 500),
    metadata jsonb not null default '{}' check (jsonb_typeof(metadata) = 'object'),
    algorithm_type recommendation_algorithm not null,
    -- Place in the user's list. Not the order of the scores: alike jobs and jobs of
    -- one company are kept apart.
    position smallint not null check (position >= 1),
    is_viewed boolean not null default false,
    is_clicked boolean not null default false,
    is_applied boolean not null default false,
    created_at timestamptz not null default app_now(),
    expires_at timestamptz not null,
    constraint job_recommendations_user_job_algorithm_key unique (user_id, job_id, algorithm_type),
    constraint job_recommendations_expiry_check check (expires_at > created_at)
);
create index idx_recommendation_user_score on job_recommendations (user_id, score desc);
create index job_recommendations_job_idx on job_recommendations (job_id);
create index job_recommendations_expires_idx on job_recommendations (expires_at);

-- Events that no task has counted yet. Written by the transaction of the event,
-- deleted by the transaction that counts it, so that each counts exactly once.
create type signal_kind as enum ('view', 'save', 'application');
create table job_signals (
    id bigint generated always as identity primary key,
    job_id uuid not null references jobs on delete cascade,
    kind signal_kind not null,
    occurred_at timestamptz not null default app_now()
);
create index job_signals_job_idx on job_signals (job_id);

-- score is worth `score` at scored_at and halves every half-life after it.
create table job_trending (
    job_id uuid primary key references jobs on delete cascade,
    score double precision not null check (score > 0),
    scored_at timestamptz not null,
    rank double precision not null
) with (fillfactor = 85);
create index job_trending_rank_idx on job_trending (rank desc, job_id);

-- What a score is worth now. The bound keeps power() from an underflow error.
create function trending_worth(score double precision, scored_at timestamptz, half_life_seconds double precision)
    returns double precision
    language sql stable parallel safe
    as $$
        select score * power(0.5::float8,
            least(900, greatest(0, extract(epoch from app_now() - scored_at)::float8 / half_life_seconds)))
    $$;

-- Orders jobs at any time alike, so that a list needs no rewrite as time passes:
-- log2(worth at t) * half-life = log2(score) * half-life - (t - scored_at), and of
-- the right side only t changes, for all rows by the same amount.
create function trending_rank(score double precision, scored_at timestamptz, half_life_seconds double precision)
    returns double precision
    language sql stable parallel safe
    as $$
        select ln(score) / ln(2::float8) * half_life_seconds + extract(epoch from scored_at)::float8
    $$;
