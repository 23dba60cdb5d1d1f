-- What else a search for some words finds. Queries look them up each time, so that a
-- change holds at once and everywhere.
create table search_synonyms (
    id uuid primary key default uuid_v7(),
    -- As it was written.
    term text not null,
    -- As a query holds it: two spellings of one term are one.
    words text collate "C" not null,
    synonyms text[] not null,
    created_at timestamptz not null default app_now(),
    updated_at timestamptz not null default app_now(),
    constraint search_synonyms_words_key unique (words),
    constraint search_synonyms_words_check check (length(words) between 1 and 300),
    constraint search_synonyms_term_check check (length(btrim(term)) between 1 and 100),
    constraint search_synonyms_synonyms_check check (cardinality(synonyms) between 1 and 10)
);
create trigger search_synonyms_touch before update on search_synonyms
    for each row execute function touch_updated_at();
-- Kept answers of searches know them.
create trigger search_synonyms_tell after insert or update or delete or truncate on search_synonyms
    for each statement execute function tell_caches('search');
