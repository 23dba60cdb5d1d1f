create type question_type as enum ('text', 'single_choice', 'multiple_choice', 'yes_no', 'number');

-- What a job asks those who apply.
create table job_questions (
    id uuid primary key default uuid_v7(),
    job_id uuid not null references jobs on delete cascade,
    position smallint not null check (position between 0 and 99),
    label text not null check (length(btrim(label)) between 1 and 500),
    type question_type not null,
    required boolean not null default false,
    options jsonb not null default '[]',
    created_at timestamptz not null default app_now(),
    -- Deferred: two questions change places in one statement. Leads with the job.
    constraint job_questions_position_key unique (job_id, position) deferrable initially deferred,
    constraint job_questions_options_check check (
        case when jsonb_typeof(options) <> 'array' then false
            when type in ('single_choice', 'multiple_choice') then jsonb_array_length(options) between 2 and 50
            else options = '[]' end
    )
);

-- The questions as they were when they were answered, with the answers: a later
-- edit of a question does not falsify what somebody said.
alter table applications
    add column screening jsonb not null default '[]',
    add constraint applications_screening_check check (jsonb_typeof(screening) = 'array') not valid;

-- An account that is deleted takes its applications along. (Whoever inserts one
-- counts it.)
create function uncount_applications() returns trigger
    language plpgsql
    as $$
    begin
        perform from jobs j where j.id in (select job_id from removed) order by j.id for no key update;
        update jobs j set application_count = greatest(0, j.application_count - change.applications)
            from (select job_id, count(*)::integer as applications from removed group by job_id) as change
            where j.id = change.job_id;
        return null;
    end
    $$;
create trigger applications_uncount after delete on applications
    referencing old table as removed
    for each statement execute function uncount_applications();
