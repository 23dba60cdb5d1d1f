-- What the mail provider has reported of mails that had left. A report comes again when
-- its answer was lost; it counts once.
create table mail_reports (
    -- The provider's.
    event_id text primary key check (length(event_id) between 1 and 200),
    created_at timestamptz not null default app_now()
);
create index mail_reports_created_idx on mail_reports (created_at);
