-- Counts many looks at jobs with one statement, by the rules of record_job_view: a look
-- by those who work for the company does not count, nor a further one of an account or
-- an address within 30 minutes. `seconds` says how long an account looked: it is written
-- to the look that counted, or makes one that counts. How many counted.
create function record_job_looks(
    viewed_jobs uuid[], visitors uuid[], agents text[], origins text[],
    addresses bytea[], addresses_before bytea[], seconds integer[], times timestamptz[]
) returns integer
    language plpgsql
    as $$
    declare
        look record;
        counted integer := 0;
    begin
        for look in
            select t.job_id, t.agent, t.origin, t.address, t.address_before, t.duration, t.at, u.id as visitor
            from unnest(viewed_jobs, visitors, agents, origins, addresses, addresses_before, seconds, times)
                with ordinality as t(job_id, visitor, agent, origin, address, address_before, duration, at, number)
            -- Who does not allow it, or is gone, looked without an account.
            left join users u on u.id = t.visitor and allows_personalisation(u.id)
            -- One order of locks everywhere, against deadlocks.
            order by u.id nulls last, t.job_id, t.address, t.number
        loop
            if look.visitor is not null then
                perform pg_advisory_xact_lock(hashtextextended(look.visitor::text || look.job_id::text, 0));
                if look.duration is not null then
                    update job_views set duration_seconds = greatest(duration_seconds, look.duration)
                        where id = (
                            select v.id from job_views v
                            where v.user_id = look.visitor and v.job_id = look.job_id
                                and v.viewed_at > look.at - make_interval(secs => 1800 + look.duration)
                            order by v.viewed_at desc limit 1
                        );
                    continue when found;
                end if;
            elsif look.address is not null then
                continue when exists (
                    select from job_view_addresses a
                    where a.job_id = look.job_id and a.address_hash = look.address_before
                        and a.counted_at > look.at - interval '30 minutes'
                );
                insert into job_view_addresses as a (job_id, address_hash, counted_at)
                    select j.id, look.address, look.at
                    from jobs j
                    where j.id = look.job_id and is_live(j, look.at)
                    on conflict (job_id, address_hash) do update set counted_at = excluded.counted_at
                        where a.counted_at <= excluded.counted_at - interval '30 minutes';
                continue when not found;
            end if;
            insert into job_views (user_id, job_id, user_agent, referrer, duration_seconds, viewed_at)
                select look.visitor, j.id, left(look.agent, 500), left(look.origin, 2000), look.duration, look.at
                from jobs j
                where j.id = look.job_id
                    and is_live(j, look.at)
                    and not exists (
                        select from employer_profiles p
                        where p.user_id = look.visitor
                            and role_in_company(j.company_id, j.employer_id, p.id) is not null
                    )
                    and not exists (
                        select from job_views v
                        where v.user_id = look.visitor and v.job_id = j.id
                            and v.viewed_at > look.at - interval '30 minutes'
                    );
            continue when not found;
            insert into job_signals (job_id, kind, occurred_at) values (look.job_id, 'view', look.at);
            counted := counted + 1;
        end loop;
        return counted;
    end
    $$;
