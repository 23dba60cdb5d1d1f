-- From the most that somebody may do to the least: owners manage the company and its
-- members, recruiters post jobs and move applications, reviewers read, rate and note.
create type company_role as enum ('owner', 'recruiter', 'reviewer');

-- Who works for a company beside its owner, companies.employer_id, who has no row.
create table company_members (
    company_id uuid not null references companies on delete cascade,
    employer_id uuid not null references employer_profiles on delete cascade,
    role company_role not null,
    -- Null: the account is gone.
    added_by uuid references users on delete set null,
    created_at timestamptz not null default app_now(),
    constraint company_members_key primary key (company_id, employer_id)
);
create index company_members_employer_idx on company_members (employer_id);
create index company_members_added_by_idx on company_members (added_by) where added_by is not null;

-- What an employer may do for a company and its jobs; null: nothing. `owner` is the
-- employer_id of the company or job. Statements over many rows name the companies of
-- an employer instead, for this is computed for each row.
create function role_in_company(company uuid, owner uuid, employer uuid) returns company_role
    language sql stable parallel safe
    as $$
        select case when owner = employer then 'owner'::company_role
            else (select m.role from company_members m where m.company_id = company and m.employer_id = employer)
            end
    $$;

-- The looks of those who work for the company do not count.
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
                    select from employer_profiles p
                    where p.user_id = visitor and role_in_company(j.company_id, j.employer_id, p.id) is not null
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
