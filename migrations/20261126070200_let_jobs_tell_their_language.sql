-- The language of an ad, where its employer tells it; else search detects it.
alter table jobs
    add column language text,
    add constraint jobs_language_check
        check (language in ('en', 'de', 'fr', 'es', 'pt', 'it', 'nl')) not valid;

-- An edit as any other: it has a time, and caches hear of it.
create trigger jobs_touch_language before update of language on jobs
    for each row when (old.language is distinct from new.language)
    execute function touch_updated_at();
create trigger jobs_tell_language after update of language on jobs
    for each statement execute function tell_caches('jobs');
