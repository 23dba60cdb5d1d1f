-- A small number for the search index's integer tokens, as categories have one.
alter table skills
    add column ordinal integer generated always as identity,
    add constraint skills_ordinal_key unique (ordinal);

-- What every search document is known to hold: the layout of the last release
-- that has written all of them anew. Searches that need more than that read more
-- rows until the documents are rewritten; they find the same.
create table search_layout (
    is_only boolean primary key default true check (is_only),
    built integer not null check (built >= 0)
);
insert into search_layout (built)
    select case when exists (select from job_search_documents) then 0 else 1 end;

-- The amount that orders jobs by their pay: what they may reach, in steps of about
-- a thousandth, 1,024 in each doubling. It is the upper half of the number's bits,
-- which are in the order of the numbers.
create function pay_step(amount real) returns integer
    language sql immutable parallel safe strict
    as $$ select ('x' || encode(float4send(amount), 'hex'))::bit(32)::integer >> 13 $$;
