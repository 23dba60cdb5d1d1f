-- What was searched for, by day: no accounts, no addresses, no single searches.

-- A search: words and filters. What looks like an email address or a telephone number
-- is never written.
create table search_queries (
    -- A hash of words and filters: every process gives a search the same.
    id uuid primary key,
    words text not null,
    filters jsonb not null,
    -- What the client that asked last reads.
    language text,
    -- What it found the last time: those of a page, if there were more.
    results integer not null,
    last_on date not null,
    constraint search_queries_words_check check (length(words) between 1 and 200),
    constraint search_queries_language_check check (language ~ '^[a-z]{2,3}$'),
    constraint search_queries_results_check check (results >= 0)
);
create index search_queries_last_idx on search_queries (last_on);

create table search_days (
    day date not null,
    search_id uuid not null references search_queries on delete cascade,
    searches integer not null,
    -- About: who asks different processes counts for each.
    visitors integer not null,
    primary key (day, search_id),
    constraint search_days_searches_check check (searches > 0),
    constraint search_days_visitors_check check (visitors >= 0)
);
create index search_days_search_idx on search_days (search_id);

-- How often which place of the results was opened.
create table search_clicks (
    day date not null,
    search_id uuid not null references search_queries on delete cascade,
    position smallint not null,
    clicks integer not null,
    primary key (day, search_id, position),
    constraint search_clicks_position_check check (position between 1 and 1000),
    constraint search_clicks_clicks_check check (clicks > 0)
);
create index search_clicks_search_idx on search_clicks (search_id);
