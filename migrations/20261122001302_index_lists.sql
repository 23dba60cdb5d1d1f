-- The list of jobs filters by a part of the location.
create index jobs_location_trgm_idx on jobs using gin (location gin_trgm_ops);
-- The list of companies is ordered by name and filtered by its beginning.
create index companies_listing_idx on companies ((normalized_name collate "C"));
