-- What is suggested and corrected while people search: derived from live jobs by a
-- scheduled task, read by queries alone. Losing it costs suggestions until the task
-- has run again.

-- The words of titles, skills, companies and places.
create table search_words (
    -- Lower case, without accents.
    word text collate "C" primary key,
    -- As ads mostly write it.
    written text not null,
    jobs integer not null,
    -- Hashes of the word's first letters with up to two of them left out: two words
    -- that differ little share one.
    keys integer[] not null,
    constraint search_words_word_check check (length(word) between 2 and 64),
    constraint search_words_written_check check (length(written) between 1 and 200),
    constraint search_words_jobs_check check (jobs > 0)
) with (fillfactor = 80);
create index search_words_keys_idx on search_words using gin (keys) with (fastupdate = off);

-- Words that stand beside each other, a space between them: what a misspelt word was
-- meant to be is told best by its neighbours.
create table search_word_pairs (
    words text collate "C" primary key,
    jobs integer not null,
    constraint search_word_pairs_words_check check (length(words) <= 129 and strpos(words, ' ') > 1),
    constraint search_word_pairs_jobs_check check (jobs > 0)
) with (fillfactor = 80);

create table search_suggestions (
    -- How it begins as people type it: lower case, without accents and most signs.
    beginning text collate "C" not null,
    kind text not null,
    text text not null,
    -- Of jobs that have it and of searches made for it.
    weight real not null,
    primary key (beginning, kind, text),
    constraint search_suggestions_kind_check check (kind in ('title', 'skill', 'company', 'place')),
    constraint search_suggestions_beginning_check check (length(beginning) between 1 and 200),
    constraint search_suggestions_text_check check (length(text) between 1 and 200),
    constraint search_suggestions_weight_check check (weight >= 0)
) with (fillfactor = 80);

-- The best suggestions of each beginning that so many share that reading them all
-- would take too long.
create table search_beginnings (
    beginning text collate "C" primary key,
    kinds text[] not null,
    texts text[] not null,
    constraint search_beginnings_beginning_check check (length(beginning) between 1 and 200),
    constraint search_beginnings_texts_check check (
        cardinality(texts) = cardinality(kinds) and cardinality(texts) between 1 and 10)
) with (fillfactor = 80);

-- One row: when this was made last, and how long it took, which decides when it is
-- made again.
create table search_vocabulary_builds (
    id boolean primary key default true,
    ended_at timestamptz not null,
    seconds double precision not null,
    constraint search_vocabulary_builds_one_check check (id),
    constraint search_vocabulary_builds_seconds_check check (seconds >= 0)
);
