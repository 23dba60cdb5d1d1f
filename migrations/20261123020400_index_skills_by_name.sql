-- Skills by name, and by any part of it.
create index skills_lower_name_idx on skills ((lower(name) collate "C"), id);
create index skills_name_trgm_idx on skills using gin (lower(name) gin_trgm_ops);
