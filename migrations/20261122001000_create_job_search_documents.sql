-- The read model of search: live jobs only (published, not expired), written by
-- the worker alone. title_vec and tokens stay in the row and vec goes out of it,
-- so that ranking never fetches from TOAST.
create table job_search_documents (
    job_id uuid primary key references jobs on delete cascade,
    published_at timestamptz not null,
    expires_at timestamptz,
    job_type smallint not null,
    experience_level smallint,
    is_remote boolean not null,
    category_ordinal integer,
    company_ordinal integer not null,
    yearly_salary_min real,
    yearly_salary_max real,
    salary_currency text not null,
    -- One of each for every place of the job.
    lats real[] not null,
    lons real[] not null,
    -- 0 to 1: how complete the ad is.
    quality real not null check (quality between 0 and 1),
    language regconfig not null,
    -- title A, skills B, company C
    title_vec tsvector not null,
    -- (kind << 25) | value, one number per filterable fact
    tokens integer[] not null,
    -- the whole ad, A to D
    vec tsvector not null,
    constraint job_search_documents_place_check check (cardinality(lats) = cardinality(lons))
) with (toast_tuple_target = 128);
alter table job_search_documents
    alter column title_vec set storage plain,
    alter column tokens set storage plain,
    alter column lats set storage plain,
    alter column lons set storage plain,
    alter column vec set storage external;
create index job_search_title_idx on job_search_documents using gin (title_vec, tokens) with (fastupdate = off);
create index job_search_text_idx on job_search_documents using gin (vec, tokens) with (fastupdate = off);
create index job_search_published_idx on job_search_documents (published_at desc, job_id desc);
-- For the sweep that takes expired jobs out.
create index job_search_expires_idx on job_search_documents (expires_at) where expires_at is not null;

-- Whether one of the places is within a distance of one of the others, on a
-- sphere of the earth's mean radius.
create function any_within_km(lats real[], lons real[], near_lats real[], near_lons real[], km real)
    returns boolean
    language sql immutable parallel safe strict
    as $$
        select exists (
            select from unnest(lats, lons) a (lat, lon), unnest(near_lats, near_lons) b (lat, lon)
            where 12742 * asin(sqrt(least(1,
                sin(radians(b.lat - a.lat) / 2) ^ 2
                + cos(radians(a.lat)) * cos(radians(b.lat)) * sin(radians(b.lon - a.lon) / 2) ^ 2
            ))) <= km)
    $$;

-- What is suggested while typing: the beginnings of titles, skills and companies.
create index jobs_title_prefix_idx on jobs (lower(title) text_pattern_ops) where status = 'published';
create index skills_name_prefix_idx on skills (lower(name) text_pattern_ops);
create index companies_name_prefix_idx on companies (lower(name) text_pattern_ops);
