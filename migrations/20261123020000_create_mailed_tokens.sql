-- A token that went out by mail: whoever sends it back has read the mail. The
-- token itself stands nowhere: whoever sends the mail makes it from the row's id
-- and the application's secret key.
create type mailed_token_purpose as enum ('password_reset', 'email_verification');

create table mailed_tokens (
    id uuid primary key default uuid_v7(),
    user_id uuid not null references users on delete cascade,
    purpose mailed_token_purpose not null,
    token_hash bytea not null check (octet_length(token_hash) = 32),
    -- SHA-256 of the address that it was made for: it says nothing of another.
    address_digest bytea not null check (octet_length(address_digest) = 32),
    created_at timestamptz not null default app_now(),
    expires_at timestamptz not null,
    -- When it was used, or made void by something else that was.
    used_at timestamptz,
    constraint mailed_tokens_token_hash_key unique (token_hash),
    constraint mailed_tokens_expiry_check check (expires_at > created_at)
);
-- How many an account was sent lately.
create index mailed_tokens_user_idx on mailed_tokens (user_id, created_at);
create index mailed_tokens_expires_idx on mailed_tokens (expires_at);

-- The address that an account gave up, kept for the mail that tells so there.
create table email_changes (
    id uuid primary key default uuid_v7(),
    user_id uuid not null references users on delete cascade,
    former_email text not null check (length(former_email) between 3 and 254),
    changed_at timestamptz not null default app_now()
);
create index email_changes_user_idx on email_changes (user_id, changed_at);
create index email_changes_changed_at_idx on email_changes (changed_at);
