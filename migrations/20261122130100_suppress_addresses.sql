-- Addresses whose mail server said that there is no such mailbox. The address
-- itself stands with the account alone: here is its SHA-256, so that mail flows
-- again once the account has another. A key would protect nothing, the account
-- is in the same database.
create table email_suppressions (
    user_id uuid primary key references users on delete cascade,
    address_digest bytea not null check (octet_length(address_digest) = 32),
    -- The mail that was refused.
    email_id uuid references email_outbox on delete set null,
    -- What the server said, without addresses.
    reply text not null check (length(reply) <= 2000),
    suppressed_at timestamptz not null default app_now()
);
create index email_suppressions_email_idx on email_suppressions (email_id);
create index email_suppressions_suppressed_at_idx on email_suppressions (suppressed_at, user_id);

alter table email_outbox
    -- The task that sends it. A row that waits for a task that is gone is swept.
    add column task_id bigint,
    add column dead_reason text
        constraint email_outbox_dead_reason_check
        check (dead_reason in ('refused', 'no_mailbox', 'suppressed', 'gone',
                               'unrenderable', 'attempts', 'task_ended')),
    -- How often an operator had it sent again.
    add column resends smallint not null default 0;

update email_outbox o set task_id = t.id
from tasks t
where t.kind = 'mail.send' and t.args ->> 'email_id' = o.id::text
  and o.status in ('pending', 'sending', 'unknown');

-- What operators list, and the sweep.
create index email_outbox_unsent_idx on email_outbox (status, id) where status <> 'sent';
