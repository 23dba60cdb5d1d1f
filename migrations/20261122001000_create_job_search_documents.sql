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
    lat real check (lat between -90 and 90),
    lon real check (lon between -180 and 180),
    -- 0 to 1: how complete the ad is.
    quality real not null check (quality between 0 and 1),
    language regconfig not null,
    -- title A, skills B, company C
    title_vec tsvector not null,
    -- (kind << 25) | value, one number per filterable fact
    tokens integer[] not null,
    -- the whole ad, A to D
    vec tsvector not null,
    constraint job_search_documents_place_check check ((lat is null) = (lon is null))
) with (toast_tuple_target = 128);
alter table job_search_documents
    alter column title_vec set storage plain,
    alter column tokens set storage plain,
    alter column vec set storage external;
create index job_search_title_idx on job_search_documents using gin (title_vec, tokens) with (fastupdate = off);
create index job_search_text_idx on job_search_documents using gin (vec, tokens) with (fastupdate = off);
create index job_search_published_idx on job_search_documents (published_at desc, job_id desc);
