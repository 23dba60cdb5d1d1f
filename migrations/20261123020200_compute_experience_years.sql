-- What follows from other rows is kept by the database.

-- A counter that moves is not an edit of the profile.
create or replace trigger freelancer_profiles_touch before update of
    first_name, last_name, phone, bio, title, location, profile_picture_url, resume_url, portfolio_url,
    linkedin_url, github_url, service_categories, preferred_project_types, preferred_locations,
    hourly_rate_min, hourly_rate_max, rate_currency, is_available, is_open_to_remote, projects_completed,
    availability_hours, time_zones, payment_methods on freelancer_profiles
    for each row execute function touch_updated_at();

-- Years of work up to today: times that overlap count once, and what goes on
-- counts until now. Computed when it is read, for it grows by itself.
create function experience_years(profile_id uuid) returns numeric
    language sql stable
    as $$
        select coalesce(round(sum(upper(span) - lower(span)) / 365.25, 1), 0)
        from (
            select unnest(range_agg(daterange(
                w.start_date, least(coalesce(w.end_date, today), today) + 1))) as span
            from work_experiences w, (select (app_now() at time zone 'UTC')::date as today) t
            where w.freelancer_profile_id = experience_years.profile_id
              and w.start_date <= today
        ) spans
    $$;
comment on column freelancer_profiles.total_experience_years is
    'Not kept any more: experience_years(id) computes it.';
