-- Where a trending job is and what it is about, each with the job's rank, so that a list
-- of one country, region or category is read from its own end of an index however rare
-- it is. Written with job_trending by the task that counts.
create table job_trending_areas (
    job_id uuid not null references job_trending on delete cascade,
    -- c: a country's code, r: country and first-level division, k: a category's id.
    area text not null,
    rank double precision not null,
    constraint job_trending_areas_key primary key (job_id, area),
    constraint job_trending_areas_area_check check (area ~ '^[crk]:.' and length(area) <= 100)
);
create index job_trending_areas_rank_idx on job_trending_areas (area, rank desc, job_id);
