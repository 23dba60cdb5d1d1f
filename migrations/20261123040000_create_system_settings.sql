-- What administrators decide while the system runs. A setting without a row has
-- the default that the code gives it, so that an old process and a new one agree.
create table system_settings (
    key text primary key,
    value jsonb not null,
    updated_at timestamptz not null default app_now(),
    -- Null when the account that set it is gone.
    updated_by uuid references users on delete set null,
    constraint system_settings_key_check check (key ~ '^[a-z][a-z0-9_]{0,99}$'),
    constraint system_settings_value_check check (jsonb_typeof(value) <> 'null')
);
create index system_settings_updated_by_idx on system_settings (updated_by);

-- Every change, for good.
create table system_setting_changes (
    id uuid primary key default uuid_v7(),
    key text not null,
    -- What held before and after, defaults included.
    old_value jsonb not null,
    new_value jsonb not null,
    changed_at timestamptz not null default app_now(),
    changed_by uuid references users on delete set null,
    constraint system_setting_changes_change_check check (old_value <> new_value)
);
create index system_setting_changes_changed_at_idx on system_setting_changes (changed_at desc, id desc);
create index system_setting_changes_changed_by_idx on system_setting_changes (changed_by);
