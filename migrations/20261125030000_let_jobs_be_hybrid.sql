-- Where the work is done: at home (is_remote), partly (is_hybrid), else on site.
-- Two flags and no third column with the same fact, so that a release that knows
-- is_remote alone keeps on writing the truth.
alter table jobs
    add column is_hybrid boolean not null default false,
    add constraint jobs_workplace_check check (not (is_remote and is_hybrid)) not valid;

-- Whoever makes a job remote need not know that it was hybrid.
create function forget_hybrid() returns trigger
    language plpgsql
    as $$
    begin
        new.is_hybrid := false;
        return new;
    end
    $$;
create trigger jobs_forget_hybrid before update of is_remote on jobs
    for each row when (old.is_hybrid and new.is_hybrid and new.is_remote)
    execute function forget_hybrid();

-- An edit as any other: it has a time, and caches hear of it.
create trigger jobs_touch_hybrid before update of is_hybrid on jobs
    for each row when (old.is_hybrid is distinct from new.is_hybrid)
    execute function touch_updated_at();
create trigger jobs_tell_hybrid after update of is_hybrid on jobs
    for each statement execute function tell_caches('jobs');
