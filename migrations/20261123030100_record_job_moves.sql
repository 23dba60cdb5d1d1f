create type job_move_cause as enum ('request', 'schedule', 'expiry', 'import');

-- Every move of a job, the first included. The mail about an expiry carries its
-- id as its event.
create table job_status_changes (
    id uuid primary key default uuid_v7(),
    job_id uuid not null references jobs on delete cascade,
    -- Null: no person moved it, or the account that did is gone.
    changed_by uuid references users on delete set null,
    cause job_move_cause not null default 'request',
    from_status job_status,
    to_status job_status not null,
    note text not null default '' check (length(note) <= 2000),
    changed_at timestamptz not null default app_now(),
    constraint job_status_changes_move_check check (from_status is distinct from to_status)
);
create index job_status_changes_job_idx on job_status_changes (job_id, changed_at desc, id desc);
create index job_status_changes_changed_by_idx on job_status_changes (changed_by) where changed_by is not null;

-- The moves of applications are listed and their movers deleted alike.
create index application_status_changes_listing_idx
    on application_status_changes (application_id, changed_at desc, id desc);
create index application_status_changes_changed_by_idx
    on application_status_changes (changed_by) where changed_by is not null;
