-- Who of a company is told of a job's applications and messages, and whom a message may
-- be mailed to: spelled once, for what is promised and what is sent must not differ.

-- In the order of the accounts: whose job it is, with those of `beside` who may see it;
-- where these are gone whoever hires for the company, and at last whoever reads for it.
create function employers_told(job jobs, beside uuid[] default '{}') returns table (user_id uuid)
    language sql stable parallel safe
    as $$
        with candidates as (
            select e.user_id, 1 as choice
            from employer_profiles e where e.id = job.employer_id
            union all
            select e.user_id, 1
            from employer_profiles e
            where e.user_id = any (beside)
                and role_in_company(job.company_id, job.employer_id, e.id) is not null
            union all
            select e.user_id, case when m.role <= 'recruiter' then 2 else 3 end
            from company_members m
            join employer_profiles e on e.id = m.employer_id
            where m.company_id = job.company_id),
        active as (
            select c.user_id, min(c.choice) as choice
            from candidates c
            join users u on u.id = c.user_id and u.is_active and u.role = 'employer'
            group by c.user_id)
        select a.user_id from active a
        where a.choice = (select min(choice) from active)
        order by a.user_id
        limit 20
    $$;

-- Whether the account still sees the thread, has not blocked who wrote the message, and
-- has not reported it.
create function may_be_mailed(message messages, account uuid) returns boolean
    language sql stable parallel safe
    as $$
        select message.removed_at is null
            and not exists (
                select from message_reports r
                where r.message_id = message.id and r.reporter_id = account)
            and exists (
                select from applications a
                join message_threads t on t.application_id = a.id
                join jobs j on j.id = a.job_id
                join users u on u.id = account and u.is_active
                left join employer_profiles e on e.user_id = u.id
                where a.id = message.application_id
                    and case message.side
                        when 'employer' then a.applicant_id = account and u.role = 'freelancer'
                            and t.applicant_blocked_at is null
                        else u.role = 'employer' and t.employer_blocked_at is null
                            and role_in_company(j.company_id, j.employer_id, e.id) is not null
                        end)
    $$;
