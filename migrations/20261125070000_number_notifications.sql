-- An account's notifications are numbered in the order in which they are committed:
-- whoever numbers one holds the account's line here until the transaction ends. So
-- who has read up to a number misses nothing that comes later, and a number that is
-- seen tells that all smaller ones were seen too. Numbers of rolled back
-- transactions are given again; gaps come from deletions and from events that were
-- told before.
create table notification_streams (
    user_id uuid primary key references users on delete cascade,
    last_number bigint not null check (last_number > 0)
) with (fillfactor = 70);

alter table notifications
    add column number bigint,
    -- What happened, for programs: finer than the type.
    add column kind text not null default '' check (length(kind) <= 100),
    -- The event that it tells of, which the mail about it carries too.
    add column event_id uuid;

with numbered as (
    select id, row_number() over (partition by user_id order by created_at, id) as number from notifications
)
update notifications n set number = numbered.number from numbered where numbered.id = n.id;
insert into notification_streams (user_id, last_number)
    select user_id, max(number) from notifications group by user_id;

alter table notifications
    alter column number set not null,
    add constraint notifications_number_key unique (user_id, number),
    add constraint notifications_once_key unique (user_id, event_id);

create function number_notification() returns trigger
    language plpgsql
    as $$
    begin
        insert into notification_streams as s (user_id, last_number) values (new.user_id, 1)
            on conflict (user_id) do update set last_number = s.last_number + 1
            returning last_number into new.number;
        return new;
    end
    $$;
create trigger notifications_number before insert on notifications
    for each row execute function number_notification();

-- The unread ones, and how many they are.
create index notifications_unread_idx on notifications (user_id, number desc) where not is_read;
-- Forgetting the old ones.
create index notifications_created_idx on notifications (created_at);
