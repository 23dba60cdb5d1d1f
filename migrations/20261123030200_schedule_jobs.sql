-- When a draft is to be published.
alter table jobs
    add column publish_at timestamptz,
    add constraint jobs_schedule_check check (publish_at is null or status = 'draft') not valid;
create index jobs_publish_idx on jobs (publish_at, id) where status = 'draft' and publish_at is not null;

-- Whoever moves a draft need not know of its schedule.
create function forget_job_schedule() returns trigger
    language plpgsql
    as $$
    begin
        new.publish_at := null;
        return new;
    end
    $$;
create trigger jobs_forget_schedule before insert or update of status on jobs
    for each row when (new.publish_at is not null and new.status <> 'draft')
    execute function forget_job_schedule();

-- A schedule that moves is an edit, too.
create trigger jobs_touch_schedule before update of publish_at on jobs
    for each row when (old.publish_at is distinct from new.publish_at)
    execute function touch_updated_at();
