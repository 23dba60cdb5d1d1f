-- PostgreSQL does not store a `tsquery` out of line as it does everything else: one of
-- many words is larger than a row may be. An array of them it does.
alter table alert_searches
    -- Instead of `asked`, where that would be too large: the only element. `asked` then
    -- is what no job has.
    add column large_asked tsquery[],
    add constraint alert_searches_large_asked_check check (cardinality(large_asked) = 1);
