-- Answers to requests that carried an Idempotency-Key, so that a retry gets the
-- first one's answer and has no second effect.
create table idempotency_keys (
    owner_id uuid not null references users on delete cascade,
    -- The key as it was sent is kept nowhere.
    key_hash bytea not null,
    -- Of method, address and body: the same key with another one is a mistake.
    fingerprint bytea not null,
    -- The attempt that holds the key. Another may take over a key that is held
    -- too long: then the late one can no longer commit.
    attempt uuid not null,
    -- running: being worked on, or its server died before it changed anything.
    -- applied: its change is committed, its answer is not stored (yet).
    -- answered: done.
    state text not null default 'running',
    held_until timestamptz not null,
    status smallint,
    headers jsonb,
    body bytea,
    expires_at timestamptz not null,
    primary key (owner_id, key_hash),
    constraint idempotency_keys_hashes_check
        check (octet_length(key_hash) = 32 and octet_length(fingerprint) = 32),
    constraint idempotency_keys_state_check check (state in ('running', 'applied', 'answered')),
    constraint idempotency_keys_answer_check check (
        (state = 'answered') = (status is not null and headers is not null and body is not null)
        and num_nulls(status, headers, body) in (0, 3)
    ),
    constraint idempotency_keys_size_check check (octet_length(body) <= 1048576)
);
create index idempotency_keys_expires_idx on idempotency_keys (expires_at);
