create type verification_status as enum ('unverified', 'pending', 'verified');

create table employer_profiles (
    id uuid primary key default uuid_v7(),
    user_id uuid not null,
    account_type account_type not null default 'employer' check (account_type = 'employer'),
    first_name text not null default '' check (length(first_name) <= 100),
    last_name text not null default '' check (length(last_name) <= 100),
    phone text check (length(phone) <= 40),
    position_title text check (length(position_title) <= 200),
    bio text check (length(bio) <= 10000),
    profile_picture_url text check (length(profile_picture_url) <= 2000),
    linkedin_url text check (length(linkedin_url) <= 2000),
    primary_company_id uuid,
    can_post_jobs boolean not null default true,
    jobs_posted_count integer not null default 0 check (jobs_posted_count >= 0),
    active_jobs_count integer not null default 0 check (active_jobs_count >= 0),
    verification_status verification_status not null default 'unverified',
    verified_at timestamptz,
    created_at timestamptz not null default app_now(),
    updated_at timestamptz not null default app_now(),
    -- One profile per user; the unique index serves as idx_employer_profile_user.
    constraint employer_profiles_user_id_key unique (user_id),
    constraint employer_profiles_user_fkey foreign key (user_id, account_type) references users (id, account_type) on delete cascade,
    constraint employer_profiles_verified_check check ((verification_status = 'verified') = (verified_at is not null))
);
-- Not on every update: a counter that moves is not an edit.
create trigger employer_profiles_touch before update of
    first_name, last_name, phone, position_title, bio, profile_picture_url, linkedin_url, primary_company_id,
    can_post_jobs, verification_status, verified_at on employer_profiles
    for each row execute function touch_updated_at();

create table companies (
    id uuid primary key default uuid_v7(),
    -- A small number for the search index's integer tokens.
    ordinal integer generated always as identity,
    -- Null: created by an import and not claimed yet.
    employer_id uuid references employer_profiles on delete set null,
    name text not null,
    normalized_name text not null generated always as (normalize_company_name(name)) stored,
    slug text not null,
    description text not null default '' check (length(description) <= 50000),
    logo_url text check (length(logo_url) <= 2000),
    cover_image_url text check (length(cover_image_url) <= 2000),
    website text check (length(website) <= 2000),
    email text check (length(email) <= 254),
    phone text check (length(phone) <= 40),
    industry text check (length(industry) <= 200),
    size text check (length(size) <= 50),
    headquarters_location text check (length(headquarters_location) <= 300),
    office_locations jsonb not null default '[]' check (jsonb_typeof(office_locations) = 'array'),
    founded_date date,
    employee_count integer check (employee_count >= 0),
    culture_description text check (length(culture_description) <= 50000),
    benefits jsonb not null default '[]' check (jsonb_typeof(benefits) = 'array'),
    social_media_links jsonb not null default '{}' check (jsonb_typeof(social_media_links) = 'object'),
    is_verified boolean not null default false,
    verified_at timestamptz,
    created_at timestamptz not null default app_now(),
    updated_at timestamptz not null default app_now(),
    constraint companies_ordinal_key unique (ordinal),
    -- Unique by normalised name, which makes the name itself unique.
    constraint companies_name_key unique (normalized_name),
    constraint companies_slug_key unique (slug),
    constraint companies_name_check check (length(btrim(name)) between 1 and 200),
    constraint companies_verified_check check (is_verified = (verified_at is not null))
);
create index idx_company_employer on companies (employer_id);
create index idx_company_verified on companies (is_verified);
create trigger companies_touch before update on companies for each row execute function touch_updated_at();

alter table employer_profiles
    add constraint employer_profiles_primary_company_fkey
    foreign key (primary_company_id) references companies on delete set null;
create index employer_profiles_primary_company_idx on employer_profiles (primary_company_id);

create table freelancer_profiles (
    id uuid primary key default uuid_v7(),
    user_id uuid not null,
    account_type account_type not null default 'freelancer' check (account_type = 'freelancer'),
    first_name text not null default '' check (length(first_name) <= 100),
    last_name text not null default '' check (length(last_name) <= 100),
    phone text check (length(phone) <= 40),
    bio text check (length(bio) <= 10000),
    -- What the job seeker calls themself, for example "Backend developer".
    title text check (length(title) <= 200),
    location text check (length(location) <= 300),
    profile_picture_url text check (length(profile_picture_url) <= 2000),
    resume_url text check (length(resume_url) <= 2000),
    portfolio_url text check (length(portfolio_url) <= 2000),
    linkedin_url text check (length(linkedin_url) <= 2000),
    github_url text check (length(github_url) <= 2000),
    service_categories jsonb not null default '[]' check (jsonb_typeof(service_categories) = 'array'),
    preferred_project_types jsonb not null default '[]' check (jsonb_typeof(preferred_project_types) = 'array'),
    preferred_locations jsonb not null default '[]' check (jsonb_typeof(preferred_locations) = 'array'),
    hourly_rate_min numeric(12, 2) check (hourly_rate_min >= 0),
    hourly_rate_max numeric(12, 2),
    rate_currency text not null default 'USD' check (rate_currency ~ '^[A-Z]{3}$'),
    is_available boolean not null default true,
    is_open_to_remote boolean not null default true,
    projects_completed integer not null default 0 check (projects_completed >= 0),
    average_rating numeric(3, 2) check (average_rating between 1 and 5),
    total_reviews integer not null default 0 check (total_reviews >= 0),
    total_experience_years numeric(4, 1) not null default 0 check (total_experience_years >= 0),
    availability_hours jsonb not null default '{}' check (jsonb_typeof(availability_hours) = 'object'),
    time_zones jsonb not null default '[]' check (jsonb_typeof(time_zones) = 'array'),
    payment_methods text check (length(payment_methods) <= 1000),
    created_at timestamptz not null default app_now(),
    updated_at timestamptz not null default app_now(),
    -- One profile per user; the unique index serves as idx_freelancer_profile_user.
    constraint freelancer_profiles_user_id_key unique (user_id),
    constraint freelancer_profiles_user_fkey foreign key (user_id, account_type) references users (id, account_type) on delete cascade,
    constraint freelancer_profiles_rate_check check (hourly_rate_min <= hourly_rate_max),
    constraint freelancer_profiles_rating_check check ((total_reviews = 0) = (average_rating is null))
);
create trigger freelancer_profiles_touch before update on freelancer_profiles for each row execute function touch_updated_at();

create table portfolios (
    id uuid primary key default uuid_v7(),
    freelancer_profile_id uuid not null references freelancer_profiles on delete cascade,
    title text not null check (length(btrim(title)) between 1 and 200),
    description text not null default '' check (length(description) <= 20000),
    project_url text check (length(project_url) <= 2000),
    thumbnail_url text check (length(thumbnail_url) <= 2000),
    images jsonb not null default '[]' check (jsonb_typeof(images) = 'array'),
    technologies_used jsonb not null default '[]' check (jsonb_typeof(technologies_used) = 'array'),
    project_date date,
    client_name text check (length(client_name) <= 200),
    project_type text check (length(project_type) <= 100),
    is_featured boolean not null default false,
    created_at timestamptz not null default app_now()
);
create index idx_portfolio_freelancer on portfolios (freelancer_profile_id);

create table work_experiences (
    id uuid primary key default uuid_v7(),
    freelancer_profile_id uuid not null references freelancer_profiles on delete cascade,
    company_name text not null check (length(btrim(company_name)) between 1 and 200),
    job_title text not null check (length(btrim(job_title)) between 1 and 200),
    description text not null default '' check (length(description) <= 20000),
    responsibilities text not null default '' check (length(responsibilities) <= 20000),
    location text check (length(location) <= 300),
    start_date date not null,
    end_date date,
    is_current boolean not null default false,
    created_at timestamptz not null default app_now(),
    constraint work_experiences_dates_check check (start_date <= end_date),
    constraint work_experiences_current_check check (is_current = (end_date is null))
);
create index idx_work_experience_freelancer on work_experiences (freelancer_profile_id);

create table educations (
    id uuid primary key default uuid_v7(),
    freelancer_profile_id uuid not null references freelancer_profiles on delete cascade,
    institution text not null check (length(btrim(institution)) between 1 and 200),
    degree text not null check (length(btrim(degree)) between 1 and 200),
    field_of_study text check (length(field_of_study) <= 200),
    description text not null default '' check (length(description) <= 20000),
    start_date date not null,
    end_date date,
    is_current boolean not null default false,
    gpa numeric(4, 2) check (gpa >= 0),
    created_at timestamptz not null default app_now(),
    constraint educations_dates_check check (start_date <= end_date),
    constraint educations_current_check check (not (is_current and end_date is not null))
);
create index idx_education_freelancer on educations (freelancer_profile_id);

create table certifications (
    id uuid primary key default uuid_v7(),
    freelancer_profile_id uuid not null references freelancer_profiles on delete cascade,
    name text not null check (length(btrim(name)) between 1 and 200),
    issuing_organization text not null check (length(btrim(issuing_organization)) between 1 and 200),
    credential_id text check (length(credential_id) <= 200),
    credential_url text check (length(credential_url) <= 2000),
    issue_date date not null,
    expiry_date date,
    does_not_expire boolean not null default false,
    created_at timestamptz not null default app_now(),
    constraint certifications_dates_check check (issue_date <= expiry_date),
    constraint certifications_expiry_check check (not (does_not_expire and expiry_date is not null))
);
create index certifications_freelancer_idx on certifications (freelancer_profile_id);
