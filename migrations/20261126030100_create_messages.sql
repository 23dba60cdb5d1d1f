-- Messages between the two sides of an application, in one thread each.
create type message_side as enum ('applicant', 'employer');

create table message_threads (
    application_id uuid primary key references applications on delete cascade,
    -- Of its newest message; messages are numbered in the order of their commits, for
    -- whoever writes one holds this row.
    last_number bigint not null default 0 check (last_number >= 0),
    last_message_at timestamptz,
    -- When the applicant refused further messages, and when the employer did.
    applicant_blocked_at timestamptz,
    employer_blocked_at timestamptz,
    constraint message_threads_last_check check ((last_number = 0) = (last_message_at is null))
) with (fillfactor = 70);
create index message_threads_last_idx on message_threads (last_message_at desc, application_id desc)
    where last_number > 0;

create table messages (
    id uuid primary key default uuid_v7(),
    application_id uuid not null references message_threads on delete cascade,
    number bigint not null check (number > 0),
    side message_side not null,
    -- Null: the account is gone.
    sender_id uuid references users on delete set null,
    body text not null check (length(body) between 1 and 5000),
    created_at timestamptz not null default app_now(),
    -- An administrator has taken its words away.
    removed_at timestamptz,
    constraint messages_number_key unique (application_id, number)
);
-- What an account has written lately.
create index messages_sender_idx on messages (sender_id, created_at) where sender_id is not null;

-- How far somebody has read a thread, and been mailed about it.
create table message_reads (
    application_id uuid not null references message_threads on delete cascade,
    user_id uuid not null references users on delete cascade,
    side message_side not null,
    read_up_to bigint not null default 0 check (read_up_to >= 0),
    read_at timestamptz,
    mailed_up_to bigint not null default 0 check (mailed_up_to >= 0),
    constraint message_reads_key primary key (application_id, user_id)
);
create index message_reads_user_idx on message_reads (user_id);

create type message_report_outcome as enum ('dismissed', 'removed');
create table message_reports (
    id uuid primary key default uuid_v7(),
    message_id uuid not null references messages on delete cascade,
    reporter_id uuid not null references users on delete cascade,
    reason text not null check (length(reason) between 1 and 2000),
    created_at timestamptz not null default app_now(),
    closed_at timestamptz,
    -- Null although it is closed: the account is gone.
    closed_by uuid references users on delete set null,
    outcome message_report_outcome,
    constraint message_reports_once_key unique (message_id, reporter_id),
    constraint message_reports_closed_check check ((outcome is null) = (closed_at is null))
);
create index message_reports_open_idx on message_reports (created_at, id) where closed_at is null;
create index message_reports_created_idx on message_reports (created_at desc, id desc);
create index message_reports_reporter_idx on message_reports (reporter_id);
create index message_reports_closed_by_idx on message_reports (closed_by) where closed_by is not null;

-- What the notification centre says of a message.
create index notifications_message_idx on notifications (event_id) where kind = 'message_received';
