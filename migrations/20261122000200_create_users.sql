create type user_role as enum ('admin', 'employer', 'freelancer');
create type account_type as enum ('employer', 'freelancer');

create table users (
    id uuid primary key default uuid_v7(),
    email text not null,
    password_hash text not null,
    role user_role not null,
    -- Null for admins alone: everybody else has exactly the profile of their role.
    account_type account_type,
    is_active boolean not null default true,
    is_verified boolean not null default false,
    is_email_verified boolean not null default false,
    last_login timestamptz,
    created_at timestamptz not null default app_now(),
    updated_at timestamptz not null default app_now(),
    -- The unique index serves as the product's idx_user_email.
    constraint users_email_key unique (email),
    constraint users_email_check check (email = lower(btrim(email)) and length(email) between 3 and 254 and position('@' in email) > 1),
    constraint users_account_type_check check (
        case role when 'admin' then true else account_type is not null and account_type::text = role::text end
    ),
    -- The target of the profiles' composite keys, which tie a profile to its account type.
    constraint users_id_account_type_key unique (id, account_type)
);
create index idx_user_role_active on users (role, is_active);
create trigger users_touch before update on users for each row execute function touch_updated_at();

-- One row per login. Access tokens name their session, so that a logout ends
-- them at once and not at their expiry.
create table sessions (
    id uuid primary key default uuid_v7(),
    user_id uuid not null references users on delete cascade,
    created_at timestamptz not null default app_now(),
    expires_at timestamptz not null,
    revoked_at timestamptz
);
create index sessions_user_idx on sessions (user_id);
create index sessions_expires_idx on sessions (expires_at);

-- A refresh token is used once; a second use is theft and revokes the session.
create table refresh_tokens (
    token_hash bytea primary key check (length(token_hash) = 32),
    session_id uuid not null references sessions on delete cascade,
    created_at timestamptz not null default app_now(),
    expires_at timestamptz not null,
    used_at timestamptz
);
create index refresh_tokens_session_idx on refresh_tokens (session_id);
