-- The list of accounts: newest first, by role or by a part of the address.
create index users_created_idx on users (created_at desc, id desc);
create index users_role_created_idx on users (role, created_at desc, id desc);
create index users_email_trgm_idx on users using gin (email gin_trgm_ops);
