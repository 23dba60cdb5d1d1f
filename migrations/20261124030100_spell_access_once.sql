-- Who may act for a job, for statements over many rows; role_in_company says the same
-- of one row, and a test compares the two.

-- The companies that an employer works for, without owning them, in this role or one
-- that may do more. Statements compute it once: `(select companies_worked_for($1))`.
create function companies_worked_for(employer uuid, at_least company_role default 'reviewer') returns uuid[]
    language sql stable parallel safe
    as $$
        select coalesce(array_agg(m.company_id), '{}')
        from company_members m where m.employer_id = employer and m.role <= at_least
    $$;

-- Whether a job is an employer's own or one of these companies. Inlined by the
-- planner, so that the indexes on both serve it.
create function is_job_of(job jobs, employer uuid, companies uuid[]) returns boolean
    language sql stable parallel safe
    as $$ select job.employer_id = employer or job.company_id = any (companies) $$;

-- Asks is_live instead of spelling the condition out.
create or replace function record_job_view(
    viewed_job uuid, visitor uuid, agent text, came_from text, address bytea, address_before bytea
) returns boolean
    language plpgsql
    as $$
    begin
        if visitor is null and address is not null then
            if exists (
                select from job_view_addresses a
                where a.job_id = viewed_job and a.address_hash = address_before
                    and a.counted_at > app_now() - interval '30 minutes'
            ) then
                return false;
            end if;
            -- Of two looks at once the second waits here for the first.
            insert into job_view_addresses as a (job_id, address_hash)
                select j.id, address
                from jobs j
                where j.id = viewed_job and is_live(j)
                on conflict (job_id, address_hash) do update set counted_at = app_now()
                    where a.counted_at <= app_now() - interval '30 minutes';
            if not found then
                return false;
            end if;
        end if;
        return record_job_view(viewed_job, visitor, agent, came_from);
    end
    $$;
