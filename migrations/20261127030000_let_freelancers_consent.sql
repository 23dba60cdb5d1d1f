-- What freelancers allow. Beside is_available (they have time now): open_to_work says
-- that they want to hear of jobs, discoverable that employers may find them for a job,
-- personalised that what they do with jobs may be used for recommendations.
alter table freelancer_profiles
    add column open_to_work boolean not null default true,
    add column discoverable boolean not null default false,
    add column personalised boolean not null default true;
-- The few whose traces a fit leaves out.
create index freelancer_profiles_impersonal_idx on freelancer_profiles (user_id) where not personalised;

-- Whether what an account does may be used for recommendations: everybody's, but that
-- of freelancers who said no.
create function allows_personalisation(account uuid) returns boolean
    language sql stable parallel safe
    as $$
        select not exists (select from freelancer_profiles p where p.user_id = account and not p.personalised)
    $$;

-- The looks of whoever said no are counted as those of a visitor without an account.
create or replace function record_job_view(
    viewed_job uuid, visitor uuid, agent text, came_from text, address bytea, address_before bytea
) returns boolean
    language plpgsql
    as $$
    begin
        if visitor is not null and not allows_personalisation(visitor) then
            visitor := null;
        end if;
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
