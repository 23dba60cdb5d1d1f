-- A review is of one job, also once the job is gone: job_id is then null, and the
-- unique key over it would bind nobody any more.
alter table freelancer_reviews
    add column reviewed_job uuid,
    add column updated_at timestamptz not null default app_now();
update freelancer_reviews set reviewed_job = coalesce(job_id, id), updated_at = created_at;

create function remember_reviewed_job() returns trigger
    language plpgsql
    as $$
    begin
        new.reviewed_job := coalesce(new.job_id, new.reviewed_job);
        return new;
    end
    $$;
create trigger freelancer_reviews_remember_job before insert on freelancer_reviews
    for each row execute function remember_reviewed_job();
create trigger freelancer_reviews_touch before update of rating, review_text, rating_breakdown
    on freelancer_reviews for each row execute function touch_updated_at();

alter table freelancer_reviews
    add constraint freelancer_reviews_job_check check (reviewed_job is not null),
    add constraint freelancer_reviews_job_once_key unique (freelancer_profile_id, reviewer_id, reviewed_job);
create index freelancer_reviews_created_idx on freelancer_reviews (freelancer_profile_id, created_at desc, id desc);

-- The profile's figures follow its reviews in the same transaction. The lock makes
-- parallel reviews count each other: each looks after it has the profile to itself.
create function rate_freelancer() returns trigger
    language plpgsql
    as $$
    declare
        rated uuid := coalesce(new.freelancer_profile_id, old.freelancer_profile_id);
    begin
        perform from freelancer_profiles where id = rated for no key update;
        update freelancer_profiles
        set (average_rating, total_reviews) =
            (select avg(rating), count(*) from freelancer_reviews where freelancer_profile_id = rated)
        where id = rated;
        return null;
    end
    $$;
create trigger freelancer_reviews_rate after insert or delete or update of rating on freelancer_reviews
    for each row execute function rate_freelancer();
update freelancer_profiles p
set (average_rating, total_reviews) =
    (select avg(rating), count(*) from freelancer_reviews r where r.freelancer_profile_id = p.id)
where total_reviews > 0 or exists (select from freelancer_reviews r where r.freelancer_profile_id = p.id);
