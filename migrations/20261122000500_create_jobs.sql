create type job_type as enum ('full_time', 'part_time', 'contract', 'freelance', 'internship');
create type experience_level as enum ('entry', 'intermediate', 'senior', 'lead', 'executive');
-- daily and weekly beside the product's three: real ads are paid by the day.
create type salary_period as enum ('hourly', 'daily', 'weekly', 'monthly', 'yearly');
create type job_status as enum ('draft', 'published', 'closed', 'archived');

-- 2,080 hours, 260 days, 52 weeks, 12 months a year.
create function yearly_salary(amount numeric, period salary_period) returns numeric
    language sql immutable parallel safe strict
    as $$
        select amount * case period
            when 'hourly' then 2080 when 'daily' then 260 when 'weekly' then 52
            when 'monthly' then 12 else 1 end
    $$;

create table jobs (
    id uuid primary key default uuid_v7(),
    -- Null: imported and not claimed by an employer yet.
    employer_id uuid references employer_profiles on delete set null,
    company_id uuid not null references companies on delete cascade,
    category_id uuid references categories on delete set null,
    title text not null,
    description text not null default '' check (length(description) <= 100000),
    requirements text not null default '' check (length(requirements) <= 50000),
    responsibilities text not null default '' check (length(responsibilities) <= 50000),
    benefits text not null default '' check (length(benefits) <= 50000),
    location text not null default '' check (length(location) <= 300),
    is_remote boolean not null default false,
    job_type job_type not null default 'full_time',
    experience_level experience_level,
    salary_min numeric(14, 2) check (salary_min >= 0),
    salary_max numeric(14, 2) check (salary_max >= 0),
    salary_currency text not null default 'USD' check (salary_currency ~ '^[A-Z]{3}$'),
    salary_period salary_period not null default 'yearly',
    yearly_salary_min numeric generated always as (yearly_salary(salary_min, salary_period)) stored,
    yearly_salary_max numeric generated always as (yearly_salary(salary_max, salary_period)) stored,
    status job_status not null default 'draft',
    view_count integer not null default 0 check (view_count >= 0),
    application_count integer not null default 0 check (application_count >= 0),
    save_count integer not null default 0 check (save_count >= 0),
    published_at timestamptz,
    expires_at timestamptz,
    closed_at timestamptz,
    -- Who imported it and what identifies it there; null for jobs written by hand.
    imported_by uuid references users on delete set null,
    source text check (length(source) between 1 and 100),
    external_id text check (length(external_id) between 1 and 300),
    external_url text check (length(external_url) <= 2000),
    -- SHA-256 over source and external id, or over the content where there is no id.
    import_identity bytea check (length(import_identity) = 32),
    -- SHA-256 over all imported fields: an equal one means that nothing changed.
    import_fingerprint bytea check (length(import_fingerprint) = 32),
    created_at timestamptz not null default app_now(),
    updated_at timestamptz not null default app_now(),
    constraint jobs_title_check check (length(btrim(title)) between 1 and 300),
    constraint jobs_salary_check check (salary_min <= salary_max),
    constraint jobs_published_check check (status not in ('published', 'closed') or published_at is not null),
    constraint jobs_expiry_check check (expires_at > published_at),
    constraint jobs_import_check check ((import_identity is null) = (source is null)),
    constraint jobs_import_key unique (imported_by, import_identity)
);
-- Left out of the product's list, for no query would use them: a GIN index on
-- jobs.search_vector (the vectors live in job_search_documents, which holds live
-- jobs only) and trigram indexes on title and description (did-you-mean works on
-- a lexicon of distinct words; a trigram scan of long texts takes seconds), and
-- an index on view_count (job_trending ranks by views; with it, every view would
-- write a new entry to every index of the row).
create index idx_job_location on jobs (location);
create index idx_job_category on jobs (category_id);
create index idx_job_employer on jobs (employer_id, created_at desc, id desc);
create index idx_job_company on jobs (company_id, published_at desc, id desc);
create index idx_job_status_published on jobs (status, published_at desc, id desc);
create index idx_job_type on jobs (job_type);
-- The most and the least that a job may pay, whichever of the two is given.
create index idx_job_salary on jobs (
    coalesce(yearly_salary_max, yearly_salary_min), coalesce(yearly_salary_min, yearly_salary_max)
);
create index idx_job_application_count on jobs (application_count desc);
create index jobs_expires_idx on jobs (expires_at) where status = 'published';
-- Not on every update: a counter that moves is not an edit.
create trigger jobs_touch before update of
    employer_id, company_id, category_id, title, description, requirements, responsibilities, benefits,
    location, is_remote, job_type, experience_level, salary_min, salary_max, salary_currency, salary_period,
    status, published_at, expires_at on jobs
    for each row execute function touch_updated_at();

create table job_skills (
    id uuid primary key default uuid_v7(),
    job_id uuid not null references jobs on delete cascade,
    skill_id uuid not null references skills on delete cascade,
    proficiency_level proficiency_level,
    is_required boolean not null default true,
    years_required numeric(4, 1) check (years_required between 0 and 80),
    -- Leads with the job, so it serves as idx_job_skill_job.
    constraint job_skills_job_skill_key unique (job_id, skill_id)
);
create index idx_job_skill_skill on job_skills (skill_id);

create table saved_jobs (
    id uuid primary key default uuid_v7(),
    user_id uuid not null references users on delete cascade,
    job_id uuid not null references jobs on delete cascade,
    notes text not null default '' check (length(notes) <= 5000),
    tags jsonb not null default '[]' check (jsonb_typeof(tags) = 'array'),
    created_at timestamptz not null default app_now(),
    -- Leads with the user, so it serves as idx_saved_job_user.
    constraint saved_jobs_user_job_key unique (user_id, job_id)
);
create index saved_jobs_job_idx on saved_jobs (job_id);

create table job_views (
    id uuid primary key default uuid_v7(),
    -- Null: an anonymous visitor.
    user_id uuid references users on delete cascade,
    job_id uuid not null references jobs on delete cascade,
    ip_address inet,
    user_agent text check (length(user_agent) <= 500),
    duration_seconds integer check (duration_seconds >= 0),
    referrer text check (length(referrer) <= 2000),
    viewed_at timestamptz not null default app_now()
);
create index idx_job_view_job_date on job_views (job_id, viewed_at);
create index job_views_user_idx on job_views (user_id, viewed_at desc) where user_id is not null;
