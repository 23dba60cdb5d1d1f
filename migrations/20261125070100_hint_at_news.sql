-- Every API process hears on the channel jobboard_live which accounts there is news
-- for, at the commit that makes it. The payload is the account's id and says no more
-- than "look": what there is stands in the tables. Postgres folds equal ones of a
-- transaction.

create function hint_at_notified() returns trigger
    language plpgsql
    as $$
    begin
        perform pg_notify('jobboard_live', user_id::text) from (select distinct user_id from told) accounts;
        return null;
    end
    $$;
create trigger notifications_hint after insert on notifications
    referencing new table as told
    for each statement execute function hint_at_notified();

create function hint_at_account() returns trigger
    language plpgsql
    as $$
    begin
        perform pg_notify('jobboard_live', (to_jsonb(coalesce(new, old)) ->> tg_argv[0]));
        return null;
    end
    $$;
-- A session that ends takes its live connections along.
create trigger sessions_hint after update of revoked_at on sessions
    for each row when (old.revoked_at is null and new.revoked_at is not null)
    execute function hint_at_account('user_id');
create trigger users_hint after delete on users
    for each row execute function hint_at_account('id');
-- How far an import is.
create trigger imports_hint after update of status, rows_done on imports
    for each row when (old.rows_done <> new.rows_done or old.status <> new.status)
    execute function hint_at_account('user_id');

-- Opens one live connection, once, within seconds. Kept as a hash.
create table live_tickets (
    ticket_hash bytea primary key check (octet_length(ticket_hash) = 32),
    session_id uuid not null references sessions on delete cascade,
    expires_at timestamptz not null
);
create index live_tickets_session_idx on live_tickets (session_id);
create index live_tickets_expires_idx on live_tickets (expires_at);
