-- Jobs that somebody does not want to be shown again.
create type hiding_reason as enum ('hidden', 'not_interested');
create table hidden_jobs (
    user_id uuid not null references users on delete cascade,
    job_id uuid not null references jobs on delete cascade,
    reason hiding_reason not null,
    created_at timestamptz not null default app_now(),
    primary key (user_id, job_id)
);
create index hidden_jobs_job_idx on hidden_jobs (job_id);

-- What became of the jobs that somebody was shown in a list: of each job, kind and arm
-- one row, however often it is told. Which list it was is the server's own knowledge.
create type recommendation_arm as enum ('content', 'collaborative', 'hybrid', 'spec_weights', 'trending');
create type recommendation_feedback_kind as enum ('impression', 'click', 'hide', 'not_interested');
create table recommendation_feedback (
    user_id uuid not null references users on delete cascade,
    job_id uuid not null references jobs on delete cascade,
    kind recommendation_feedback_kind not null,
    arm recommendation_arm not null,
    -- Place in the list when it was told first, from 1.
    position smallint,
    times integer not null default 1 check (times >= 1),
    first_at timestamptz not null default app_now(),
    last_at timestamptz not null default app_now(),
    primary key (user_id, job_id, kind, arm),
    constraint recommendation_feedback_position_check check (position >= 1),
    constraint recommendation_feedback_order_check check (last_at >= first_at)
);
create index recommendation_feedback_job_idx on recommendation_feedback (job_id);
-- For the report, and for forgetting what is old.
create index recommendation_feedback_first_idx on recommendation_feedback (first_at);

-- The model in use is the one activated last: the newest, or an older one that an
-- operator went back to.
alter table recommendation_models add column activated_at timestamptz not null default app_now();
create index recommendation_models_activated_idx on recommendation_models (activated_at desc);

-- Whether a job must not be recommended to a user: applied for, their own, or hidden.
-- False without a user.
create function is_kept_from(job_id uuid, employer_id uuid, imported_by uuid, viewer uuid) returns boolean
    language sql stable parallel safe
    as $$
        select is_applied_or_own(job_id, employer_id, imported_by, viewer)
            or exists (select from hidden_jobs h
                       where h.job_id = is_kept_from.job_id and h.user_id = viewer)
    $$;
