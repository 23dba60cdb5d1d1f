create table categories (
    id uuid primary key default uuid_v7(),
    -- A small number for the search index's integer tokens.
    ordinal integer generated always as identity,
    name text not null,
    slug text not null,
    description text not null default '' check (length(description) <= 5000),
    parent_id uuid references categories on delete restrict,
    job_count integer not null default 0 check (job_count >= 0),
    icon_url text check (length(icon_url) <= 2000),
    created_at timestamptz not null default app_now(),
    updated_at timestamptz not null default app_now(),
    constraint categories_ordinal_key unique (ordinal),
    constraint categories_name_key unique (name),
    constraint categories_slug_key unique (slug),
    constraint categories_name_check check (length(btrim(name)) between 1 and 100),
    constraint categories_slug_check check (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$' and length(slug) <= 100),
    constraint categories_parent_check check (parent_id <> id)
);
create index categories_parent_idx on categories (parent_id);
-- Not on every update: a counter that moves is not an edit.
create trigger categories_touch before update of name, slug, description, parent_id, icon_url on categories
    for each row execute function touch_updated_at();

-- A category may not become its own ancestor.
create function refuse_category_cycle() returns trigger
    language plpgsql
    as $$
    begin
        if exists (
            with recursive up(id, parent_id, path) as (
                select id, parent_id, array[id] from categories where id = new.parent_id
                union all
                select c.id, c.parent_id, up.path || c.id
                from up join categories c on c.id = up.parent_id
                where not c.id = any (up.path)
            )
            select from up where id = new.id
        ) then
            raise exception 'category % would be its own ancestor', new.id
                using errcode = 'check_violation', constraint = 'categories_parent_check', table = 'categories';
        end if;
        return new;
    end
    $$;
create trigger categories_cycle before insert or update of parent_id on categories
    for each row when (new.parent_id is not null) execute function refuse_category_cycle();

create type skill_category as enum ('programming', 'framework', 'tool', 'soft_skill', 'language');
create type proficiency_level as enum ('beginner', 'intermediate', 'advanced', 'expert');

create table skills (
    id uuid primary key default uuid_v7(),
    name text not null,
    slug text not null,
    description text not null default '' check (length(description) <= 5000),
    -- Null: taken from an imported ad and not classified yet.
    category skill_category,
    popularity_score double precision not null default 0 check (popularity_score >= 0),
    created_at timestamptz not null default app_now(),
    constraint skills_name_key unique (name),
    constraint skills_slug_key unique (slug),
    constraint skills_name_check check (length(btrim(name)) between 1 and 100),
    -- "c++" and "c#" are not "c": their slugs are c-plus-plus and c-sharp.
    constraint skills_slug_check check (length(slug) between 1 and 100)
);

create table user_skills (
    id uuid primary key default uuid_v7(),
    freelancer_profile_id uuid not null references freelancer_profiles on delete cascade,
    skill_id uuid not null references skills on delete cascade,
    proficiency_level proficiency_level not null default 'intermediate',
    years_of_experience numeric(4, 1) not null default 0 check (years_of_experience between 0 and 80),
    last_used date,
    created_at timestamptz not null default app_now(),
    -- Leads with the profile, so it serves as idx_user_skill_freelancer.
    constraint user_skills_profile_skill_key unique (freelancer_profile_id, skill_id)
);
create index idx_user_skill_skill on user_skills (skill_id);
