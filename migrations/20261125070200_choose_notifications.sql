-- What accounts want to be told, and where. What is absent is wanted.
create type notification_channel as enum ('in_app', 'email');
create table notification_preferences (
    user_id uuid not null references users on delete cascade,
    notification_type notification_type not null,
    channel notification_channel not null,
    is_wanted boolean not null,
    updated_at timestamptz not null default app_now(),
    primary key (user_id, notification_type, channel)
);

create function wants_notification(account uuid, kind notification_type, way notification_channel) returns boolean
    language sql stable
    as $$
        select not exists (
            select from notification_preferences p
            where p.user_id = account and p.notification_type = kind and p.channel = way and not p.is_wanted)
    $$;
