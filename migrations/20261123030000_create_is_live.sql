-- Whether others see a job and may apply for it: the one definition. Inlined by
-- the planner, so that indexes on status and published_at serve it. Statements
-- over many rows pass `(select app_now())`, which is computed once; the body
-- may not hold it, for a function with a subquery is not inlined.
create function is_live(job jobs, at timestamptz default app_now()) returns boolean
    language sql stable parallel safe
    as $$ select job.status = 'published' and (job.expires_at is null or job.expires_at > at) $$;

create or replace function record_job_view(
    viewed_job uuid, visitor uuid, agent text, came_from text
) returns boolean
    language plpgsql
    as $$
    begin
        if visitor is not null then
            perform pg_advisory_xact_lock(hashtextextended(visitor::text || viewed_job::text, 0));
        end if;
        insert into job_views (user_id, job_id, user_agent, referrer)
            select visitor, j.id, left(agent, 500), left(came_from, 2000)
            from jobs j
            where j.id = viewed_job
                and is_live(j)
                and not exists (
                    select from employer_profiles p where p.id = j.employer_id and p.user_id = visitor
                )
                and not exists (
                    select from job_views v
                    where v.user_id = visitor and v.job_id = j.id and v.viewed_at > app_now() - interval '30 minutes'
                );
        if not found then
            return false;
        end if;
        -- jobs.view_count follows when the signal is counted, for many views at once: a
        -- row with a dozen indexes is not rewritten for each look.
        insert into job_signals (job_id, kind) values (viewed_job, 'view');
        return true;
    end
    $$;
