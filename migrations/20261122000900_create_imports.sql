create type import_format as enum ('csv', 'ndjson');
create type import_status as enum ('uploading', 'queued', 'running', 'finished', 'failed');
create type import_outcome as enum ('created', 'updated', 'duplicate', 'failed');

create table imports (
    id uuid primary key default uuid_v7(),
    user_id uuid not null references users on delete cascade,
    format import_format not null,
    -- The source of rows that name none.
    source text not null check (length(source) between 1 and 100),
    -- Field of the job -> the file's columns that may hold it, best first.
    mapping jsonb not null check (jsonb_typeof(mapping) = 'object'),
    status import_status not null default 'uploading',
    file_bytes bigint not null default 0 check (file_bytes >= 0),
    -- How far it got: the byte and the line after the last row that is done.
    next_byte bigint not null default 0 check (next_byte between 0 and file_bytes),
    next_line integer not null default 1 check (next_line >= 1),
    rows_done integer not null default 0 check (rows_done >= 0),
    created_count integer not null default 0 check (created_count >= 0),
    updated_count integer not null default 0 check (updated_count >= 0),
    duplicate_count integer not null default 0 check (duplicate_count >= 0),
    failed_count integer not null default 0 check (failed_count >= 0),
    -- Why the whole file was refused; rows have their own errors.
    error text check (length(error) <= 2000),
    created_at timestamptz not null default app_now(),
    started_at timestamptz,
    finished_at timestamptz,
    constraint imports_sum_check check (rows_done = created_count + updated_count + duplicate_count + failed_count),
    constraint imports_finished_check check ((status in ('finished', 'failed')) = (finished_at is not null))
);
create index imports_user_idx on imports (user_id, created_at desc, id desc);
create index imports_created_idx on imports (created_at);

-- The uploaded file in pieces of equal size (the last may be shorter); dropped when the import ends.
create table import_chunks (
    import_id uuid not null references imports on delete cascade,
    seq integer not null check (seq >= 0),
    content bytea not null check (length(content) between 1 and 1048576),
    primary key (import_id, seq)
);

-- One line per row of the file that is done.
create table import_rows (
    import_id uuid not null references imports on delete cascade,
    row_number integer not null check (row_number >= 1),
    -- The physical line on which the row starts, as an editor counts.
    line integer not null check (line >= 1),
    outcome import_outcome not null,
    -- Null for rows that could not be read. Within a file the first row of an identity wins.
    identity bytea check (length(identity) = 32),
    job_id uuid references jobs on delete set null,
    -- [{field, code, message}] of a failed row.
    errors jsonb check (jsonb_typeof(errors) = 'array'),
    primary key (import_id, row_number),
    constraint import_rows_outcome_check check ((outcome = 'failed') = (errors is not null))
);
create index import_rows_identity_idx on import_rows (import_id, identity) where outcome in ('created', 'updated', 'duplicate');
create index import_rows_failed_idx on import_rows (import_id, row_number) where outcome = 'failed';
create index import_rows_job_idx on import_rows (job_id) where job_id is not null;
