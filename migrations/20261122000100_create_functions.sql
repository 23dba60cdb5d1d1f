create extension if not exists pg_trgm;

-- The one source of time. Tests shift `app_clock`; production leaves it at zero.
create table app_clock (
    only_row boolean primary key default true check (only_row),
    shift interval not null default '0'
);
insert into app_clock default values;

-- Transaction time plus the shift, so that everything one transaction writes
-- carries one instant.
create function app_now() returns timestamptz
    language sql stable parallel safe
    as $$ select now() + (select shift from app_clock) $$;

-- RFC 9562 version 7: 48 bits of Unix milliseconds, 12 bits of the fraction
-- below, 62 random bits. Wall clock, not app_now(): keys must keep growing
-- inside one transaction.
create function uuid_v7() returns uuid
    language sql volatile parallel safe
    as $$
        select encode(
            set_byte(set_byte(
                overlay(uuid_send(gen_random_uuid())
                    placing substring(int8send((us / 1000)::bigint) from 3) from 1 for 6),
                6, (112 | (((us % 1000) * 4096 / 1000)::int >> 8))),
                7, ((us % 1000) * 4096 / 1000)::int & 255),
            'hex')::uuid
        from (select (extract(epoch from clock_timestamp()) * 1000000)::bigint as us) t
    $$;

create function touch_updated_at() returns trigger
    language plpgsql
    as $$
    begin
        new.updated_at := app_now();
        return new;
    end
    $$;

-- Two spellings of one company name give one key: case, punctuation, spacing
-- and a trailing legal form do not count ("Acme, Inc." = "ACME inc").
create function normalize_company_name(name text) returns text
    language sql immutable parallel safe strict
    as $$
        select coalesce(
            nullif(regexp_replace(
                words,
                '( (inc|incorporated|llc|llp|ltd|limited|corp|corporation|co|company|plc|gmbh|ag|kg|se|sa|sas|sarl|srl|spa|bv|nv|ab|oy|as|aps|pty|pte))+$', ''), ''),
            nullif(words, ''),
            lower(btrim(name)))
        from (select btrim(regexp_replace(lower(name), '[^[:alnum:]+#]+', ' ', 'g')) as words) t
    $$;
