-- Every API process keeps answers and hears on the channel jobboard_cache which of
-- them to forget: at commit, whoever changed something. A notification is words with
-- spaces between them: `jobs`, `categories`, `companies`, `search`, `trending`,
-- `all`, or `job:` and `account:` with the buckets of their ids, comma separated.
-- Postgres folds equal ones of a transaction: a large import tells once.

create function tell_caches() returns trigger
    language plpgsql
    as $$
    begin
        perform pg_notify('jobboard_cache', tg_argv[0]);
        return null;
    end
    $$;

-- Jobs and accounts are told apart by ten bits of their ids, so that a counter that
-- moves takes few answers with it.
create function cache_bucket(id uuid) returns integer
    language sql immutable parallel safe strict
    as $$ select (get_byte(uuid_send(id), 14) & 3) << 8 | get_byte(uuid_send(id), 15) $$;

create trigger jobs_tell_rows after insert or delete or truncate on jobs
    for each statement execute function tell_caches('jobs');
-- What others see of a job, but its counters.
create trigger jobs_tell_content after update of
    employer_id, company_id, category_id, title, description, requirements, responsibilities, location,
    is_remote, job_type, experience_level, salary_min, salary_max, salary_currency, salary_period, status,
    publish_at, published_at, expires_at, closed_at, updated_at on jobs
    for each statement execute function tell_caches('jobs');

create function tell_caches_of_counters() returns trigger
    language plpgsql
    as $$
    declare
        buckets text;
    begin
        select string_agg(distinct cache_bucket(n.id)::text, ',') into buckets
            from now_counted n join formerly_counted o on o.id = n.id
            where (o.view_count, o.application_count, o.save_count)
                is distinct from (n.view_count, n.application_count, n.save_count);
        if buckets is not null then
            perform pg_notify('jobboard_cache', 'job:' || buckets);
        end if;
        return null;
    end
    $$;
create trigger jobs_tell_counters after update on jobs
    referencing old table as formerly_counted new table as now_counted
    for each statement execute function tell_caches_of_counters();

create trigger categories_tell after insert or update or delete or truncate on categories
    for each statement execute function tell_caches('categories');
create trigger companies_tell after insert or update or delete or truncate on companies
    for each statement execute function tell_caches('companies');
create trigger job_search_documents_tell after insert or update or delete or truncate on job_search_documents
    for each statement execute function tell_caches('search');
create trigger job_trending_tell after insert or update or delete or truncate on job_trending
    for each statement execute function tell_caches('trending');

-- What an account is answered about itself: one row at a time, as people edit.
create function tell_caches_of_account() returns trigger
    language plpgsql
    as $$
    begin
        perform pg_notify('jobboard_cache',
            'account:' || cache_bucket((to_jsonb(new) ->> tg_argv[0])::uuid));
        return null;
    end
    $$;
create trigger users_tell after update on users
    for each row when (old.* is distinct from new.*) execute function tell_caches_of_account('id');
create trigger employer_profiles_tell after insert or update of first_name, last_name on employer_profiles
    for each row execute function tell_caches_of_account('user_id');
create trigger freelancer_profiles_tell after insert or update of first_name, last_name on freelancer_profiles
    for each row execute function tell_caches_of_account('user_id');

-- Another time makes other answers.
create trigger app_clock_tell after update on app_clock
    for each statement execute function tell_caches('all');
