-- What an account is written to in; null: the board's own language.
alter table users
    add column language text constraint users_language_check check (language in ('en', 'de', 'fr', 'es'));
