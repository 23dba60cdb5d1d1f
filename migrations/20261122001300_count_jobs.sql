-- Counters kept by triggers, so that an import, a cascade and a request all count
-- alike, in the transaction of the change:
--   employer_profiles.jobs_posted_count  jobs that were published at least once
--   employer_profiles.active_jobs_count  published jobs
--   categories.job_count                 published jobs of the category itself
-- Employers are locked before categories, each in the order of their keys, so
-- that two single statements never wait for each other in a circle.

create function add_to_job_counters(
    employers uuid[], posted integer[], active integer[], categories uuid[], published integer[]
) returns void
    language plpgsql
    as $$
    begin
        perform from employer_profiles p where p.id = any (employers) order by p.id for no key update;
        update employer_profiles p
            set jobs_posted_count = p.jobs_posted_count + change.posted,
                active_jobs_count = p.active_jobs_count + change.active
            from (
                select c.id, sum(c.posted) as posted, sum(c.active) as active
                from unnest(employers, posted, active) as c (id, posted, active) group by c.id
            ) as change
            where p.id = change.id and (change.posted <> 0 or change.active <> 0);
        perform from categories k where k.id = any (add_to_job_counters.categories) order by k.id for no key update;
        update categories k
            set job_count = k.job_count + change.published
            from (
                select c.id, sum(c.published) as published
                from unnest(add_to_job_counters.categories, published) as c (id, published) group by c.id
            ) as change
            where k.id = change.id and change.published <> 0;
    end
    $$;

-- Insert and delete: one pass for all rows of the statement.
create function count_jobs_of_statement() returns trigger
    language plpgsql
    as $$
    declare
        sign integer := case tg_op when 'INSERT' then 1 else -1 end;
    begin
        perform add_to_job_counters(
            array_agg(employer_id), array_agg(sign * (published_at is not null)::integer),
            array_agg(sign * (status = 'published')::integer),
            array_agg(category_id), array_agg(sign * (status = 'published')::integer))
            from changed_jobs
            where published_at is not null;
        return null;
    end
    $$;
create trigger jobs_count_inserted after insert on jobs referencing new table as changed_jobs
    for each statement execute function count_jobs_of_statement();
create trigger jobs_count_deleted after delete on jobs referencing old table as changed_jobs
    for each statement execute function count_jobs_of_statement();

-- Update: row by row, so that the many updates that move no counter cost nothing.
create function count_updated_job() returns trigger
    language plpgsql
    as $$
    declare
        was_live integer := (old.status = 'published')::integer;
        is_live integer := (new.status = 'published')::integer;
    begin
        perform add_to_job_counters(
            array[old.employer_id, new.employer_id],
            array[-(old.published_at is not null)::integer, (new.published_at is not null)::integer],
            array[-was_live, is_live],
            array[old.category_id, new.category_id],
            array[-was_live, is_live]);
        return null;
    end
    $$;
create trigger jobs_count_updated after update of status, published_at, employer_id, category_id on jobs
    for each row when (
        old.status is distinct from new.status
        or (old.published_at is null) <> (new.published_at is null)
        or old.employer_id is distinct from new.employer_id
        or old.category_id is distinct from new.category_id
    )
    execute function count_updated_job();
