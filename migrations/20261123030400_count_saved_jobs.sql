-- jobs.save_count is kept by triggers, one pass for all rows of a statement. Jobs are
-- locked in the order of their keys, so that two statements never wait for each
-- other in a circle.
create function count_saved_jobs() returns trigger
    language plpgsql
    as $$
    declare
        sign integer := case tg_op when 'INSERT' then 1 else -1 end;
    begin
        perform from jobs j where j.id in (select job_id from changed_saves) order by j.id for no key update;
        update jobs j set save_count = greatest(0, j.save_count + sign * change.saves)
            from (select job_id, count(*)::integer as saves from changed_saves group by job_id) as change
            where j.id = change.job_id;
        return null;
    end
    $$;
create trigger saved_jobs_count_inserted after insert on saved_jobs
    referencing new table as changed_saves
    for each statement execute function count_saved_jobs();
create trigger saved_jobs_count_deleted after delete on saved_jobs
    referencing old table as changed_saves
    for each statement execute function count_saved_jobs();

-- The list of saved jobs, newest first.
create index saved_jobs_listing_idx on saved_jobs (user_id, created_at desc, id desc);
