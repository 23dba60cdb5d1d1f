-- Job alerts: saved searches, looked up by what a new job is rather than run one
-- by one, the jobs that matched them, and what was told of these.
create type alert_frequency as enum ('instant', 'daily', 'weekly');

create table job_alerts (
    id uuid primary key default uuid_v7(),
    user_id uuid not null references users on delete cascade,
    name text not null check (length(name) between 1 and 200),
    -- As the code writes its searches; what is left out does not narrow.
    search jsonb not null check (jsonb_typeof(search) = 'object'),
    frequency alert_frequency not null,
    -- Of daily and weekly ones: when, in the zone's own time; Monday is 1.
    time_zone text not null check (length(time_zone) between 1 and 100),
    local_hour smallint not null check (local_hour between 0 and 23),
    weekday smallint not null check (weekday between 1 and 7),
    is_paused boolean not null default false,
    -- Jobs that were there before are not told of.
    watches_since timestamptz not null default app_now(),
    -- Null while no match waits to be told.
    next_delivery_at timestamptz,
    -- Accounts are told in parallel by this.
    shard smallint not null generated always as (get_byte(uuid_send(user_id), 15)) stored,
    created_at timestamptz not null default app_now(),
    updated_at timestamptz not null default app_now(),
    constraint job_alerts_paused_check check (not is_paused or next_delivery_at is null)
);
create index job_alerts_listing_idx on job_alerts (user_id, created_at desc, id desc);
create index job_alerts_due_idx on job_alerts (shard, next_delivery_at, user_id) where next_delivery_at is not null;
create trigger job_alerts_touch
    before update of name, search, frequency, time_zone, local_hour, weekday, is_paused on job_alerts
    for each row execute function touch_updated_at();

-- What a job's document must hold to match: of the alerts that are not paused.
create table alert_searches (
    alert_id uuid primary key references job_alerts on delete cascade,
    -- The version of the code that read the search: others read it anew.
    reading integer not null,
    -- Over the words of the ad and its tokens, which are lexemes that begin with '#'; null
    -- where only what is near tells.
    asked tsquery,
    pays_at_least float8,
    starts_at_most float8,
    -- The two amounts do not count for a job that tells no pay.
    or_unknown boolean not null,
    -- Where tokens do not tell it exactly: a place within `near_km` of one of the
    -- points, or in one of the areas.
    near_lats real[] not null,
    near_lons real[] not null,
    near_km real,
    near_areas integer[] not null,
    constraint alert_searches_near_check
        check (cardinality(near_lats) = cardinality(near_lons) and (near_km is null) = (near_lats = '{}'))
);
create index alert_searches_reading_idx on alert_searches (reading, alert_id);

-- A job that matches has one of the alert's keys at least: its rarest requirement.
create table alert_keys (
    key text not null,
    alert_id uuid not null references alert_searches on delete cascade,
    primary key (key, alert_id)
);
create index alert_keys_alert_idx on alert_keys (alert_id);

-- One thing told to an account: the matches that are in it.
create table alert_deliveries (
    id uuid primary key default uuid_v7(),
    user_id uuid not null references users on delete cascade,
    created_at timestamptz not null default app_now()
);
create index alert_deliveries_user_idx on alert_deliveries (user_id);
create index alert_deliveries_created_idx on alert_deliveries (created_at);

-- A job is told once per alert: what is here is not told again.
create table alert_matches (
    alert_id uuid not null references job_alerts on delete cascade,
    job_id uuid not null references jobs on delete cascade,
    matched_at timestamptz not null default app_now(),
    -- Null while it waits to be told.
    delivery_id uuid references alert_deliveries on delete cascade,
    primary key (alert_id, job_id)
);
create index alert_matches_job_idx on alert_matches (job_id);
create index alert_matches_waiting_idx on alert_matches (alert_id) where delivery_id is null;
create index alert_matches_delivery_idx on alert_matches (delivery_id) where delivery_id is not null;

create function is_time_zone(zone text) returns boolean
    language plpgsql stable
    as $$
    begin
        perform now() at time zone zone;
        -- Not what PostgreSQL takes beside names: offsets, abbreviations, rules of POSIX.
        return zone = 'UTC' or zone ~ '^[A-Za-z_]+(/[A-Za-z_-]+){1,2}$' or zone ~ '^Etc/GMT[+-][0-9]{1,2}$';
    exception when invalid_parameter_value then
        return false;
    end
    $$;

-- When an alert is told that has something to tell from `now` on: instant ones when
-- others that come at the same time may be in it too. An hour that the zone leaves out
-- is the next one; of an hour that it has twice one counts.
create function next_alert_delivery(
    frequency alert_frequency, zone text, hour smallint, weekday smallint, now timestamptz
) returns timestamptz
    language plpgsql stable
    as $$
    declare
        today timestamp;
    begin
        if frequency = 'instant' then
            return now + interval '2 minutes';
        end if;
        if not is_time_zone(zone) then
            zone := 'UTC';
        end if;
        today := date_trunc('day', now at time zone zone);
        return (
            select min(at)
            from (
                select day, (day + make_interval(hours => hour)) at time zone zone as at
                from generate_series(today, today + interval '8 days', interval '1 day') day
            ) days
            where at > now and (frequency = 'daily' or extract(isodow from day) = weekday)
        );
    end
    $$;
