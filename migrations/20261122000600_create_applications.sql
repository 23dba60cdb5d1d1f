create type application_status as enum (
    'pending', 'reviewing', 'shortlisted', 'interviewing', 'offered', 'accepted', 'rejected', 'withdrawn'
);

create table applications (
    id uuid primary key default uuid_v7(),
    job_id uuid not null references jobs on delete cascade,
    applicant_id uuid not null references users on delete cascade,
    cover_letter text not null default '' check (length(cover_letter) <= 20000),
    resume_url text check (length(resume_url) <= 2000),
    answers jsonb not null default '{}' check (jsonb_typeof(answers) = 'object'),
    status application_status not null default 'pending',
    rejection_reason text check (length(rejection_reason) <= 5000),
    rating smallint check (rating between 1 and 5),
    internal_notes text not null default '' check (length(internal_notes) <= 20000),
    applied_at timestamptz not null default app_now(),
    reviewed_at timestamptz,
    status_changed_at timestamptz not null default app_now(),
    updated_at timestamptz not null default app_now(),
    constraint applications_job_applicant_key unique (job_id, applicant_id),
    constraint applications_rejection_check check (rejection_reason is null or status = 'rejected')
);
create index idx_application_job_status on applications (job_id, status);
create index idx_application_applicant on applications (applicant_id, applied_at desc, id desc);
create index idx_application_status_date on applications (status, applied_at);
create trigger applications_touch before update on applications for each row execute function touch_updated_at();

-- Every move, the first included. The emails about a move carry its id as their event.
create table application_status_changes (
    id uuid primary key default uuid_v7(),
    application_id uuid not null references applications on delete cascade,
    -- Null when the account that moved it is gone.
    changed_by uuid references users on delete set null,
    from_status application_status,
    to_status application_status not null,
    note text not null default '' check (length(note) <= 5000),
    changed_at timestamptz not null default app_now(),
    constraint application_status_changes_move_check check (from_status is distinct from to_status)
);
create index application_status_changes_application_idx on application_status_changes (application_id, changed_at);

create table freelancer_reviews (
    id uuid primary key default uuid_v7(),
    freelancer_profile_id uuid not null references freelancer_profiles on delete cascade,
    reviewer_id uuid not null references users on delete cascade,
    job_id uuid references jobs on delete set null,
    rating smallint not null check (rating between 1 and 5),
    review_text text not null default '' check (length(review_text) <= 10000),
    rating_breakdown jsonb not null default '{}' check (jsonb_typeof(rating_breakdown) = 'object'),
    created_at timestamptz not null default app_now(),
    constraint freelancer_reviews_once_key unique (freelancer_profile_id, reviewer_id, job_id)
);
create index freelancer_reviews_job_idx on freelancer_reviews (job_id);
create index freelancer_reviews_reviewer_idx on freelancer_reviews (reviewer_id);
