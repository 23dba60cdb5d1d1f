-- A mail carries the id of what it tells of as its event. These are what the two
-- mails tell of that nothing else stands for.

-- What became of an employer's jobs in a week.
create table employer_summaries (
    id uuid primary key default uuid_v7(),
    user_id uuid not null references users on delete cascade,
    -- Its Monday; days are those of UTC.
    week date not null constraint employer_summaries_week_check check (extract(isodow from week) = 1),
    constraint employer_summaries_once_key unique (user_id, week)
);
create index employer_summaries_week_idx on employer_summaries (week);

-- Tasks that died after one moment and up to another.
create table dead_task_warnings (
    id uuid primary key default uuid_v7(),
    died_after timestamptz not null,
    died_until timestamptz not null,
    constraint dead_task_warnings_span_check check (died_after < died_until),
    -- Two that warn at once do not warn twice.
    constraint dead_task_warnings_once_key unique (died_after)
);
create index dead_task_warnings_until_idx on dead_task_warnings (died_until);
-- Whose death is no news: that of a warning's own mail.
create index email_outbox_warnings_idx on email_outbox (task_id) where template = 'dead_tasks';
