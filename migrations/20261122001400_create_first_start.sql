-- One row once an all-in-one has given this board its logins, with or without
-- sample data. No later start does it again: who deletes a login, or has real
-- data by now, must not be surprised.
create table first_start (
    the_only_row boolean primary key default true check (the_only_row),
    decided_at timestamptz not null default app_now()
);

-- A board that has people began before this table.
insert into first_start (the_only_row) select true where exists (select from users);
