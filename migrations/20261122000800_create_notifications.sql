create type notification_type as enum ('application_status', 'job_match', 'message', 'system');

create table notifications (
    id uuid primary key default uuid_v7(),
    user_id uuid not null references users on delete cascade,
    notification_type notification_type not null,
    title text not null check (length(title) between 1 and 200),
    message text not null check (length(message) <= 2000),
    data jsonb not null default '{}' check (jsonb_typeof(data) = 'object'),
    action_url text check (length(action_url) <= 2000),
    is_read boolean not null default false,
    is_sent boolean not null default false,
    is_email_sent boolean not null default false,
    created_at timestamptz not null default app_now(),
    read_at timestamptz,
    sent_at timestamptz,
    constraint notifications_read_check check (is_read = (read_at is not null)),
    constraint notifications_sent_check check (is_sent = (sent_at is not null))
);
create index idx_notification_user_unread on notifications (user_id, is_read);

create type email_status as enum ('pending', 'sending', 'sent', 'unknown', 'dead');

-- One row per (event, recipient, template), inserted with the event. The address
-- is read when the mail is sent: none is stored here or in a task.
create table email_outbox (
    id uuid primary key default uuid_v7(),
    event_id uuid not null,
    user_id uuid not null references users on delete cascade,
    template text not null check (length(template) between 1 and 100),
    status email_status not null default 'pending',
    attempts integer not null default 0 check (attempts >= 0),
    -- How often it may have been delivered without our knowing: an attempt that
    -- was cut off, or got no answer.
    doubtful_deliveries smallint not null default 0 check (doubtful_deliveries >= 0),
    last_error text check (length(last_error) <= 2000),
    created_at timestamptz not null default app_now(),
    sending_at timestamptz,
    sent_at timestamptz,
    constraint email_outbox_once_key unique (event_id, user_id, template),
    constraint email_outbox_sent_check check ((status = 'sent') = (sent_at is not null))
);
create index email_outbox_user_idx on email_outbox (user_id);
create index email_outbox_open_idx on email_outbox (created_at) where status in ('pending', 'sending', 'unknown');
