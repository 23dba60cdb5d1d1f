-- The time of the last edit, against which an edit can be conditional. Rows that
-- are there already count as edited now.
alter table skills add column updated_at timestamptz not null default app_now();
alter table portfolios add column updated_at timestamptz not null default app_now();
alter table work_experiences add column updated_at timestamptz not null default app_now();
alter table educations add column updated_at timestamptz not null default app_now();
alter table certifications add column updated_at timestamptz not null default app_now();
alter table user_skills add column updated_at timestamptz not null default app_now();
alter table company_members add column updated_at timestamptz not null default app_now();
alter table saved_jobs add column updated_at timestamptz not null default app_now();

-- Not on every update: a popularity that moves is not an edit.
create trigger skills_touch before update of name, slug, description, category on skills
    for each row execute function touch_updated_at();
create trigger portfolios_touch before update on portfolios for each row execute function touch_updated_at();
create trigger work_experiences_touch before update on work_experiences
    for each row execute function touch_updated_at();
create trigger educations_touch before update on educations for each row execute function touch_updated_at();
create trigger certifications_touch before update on certifications
    for each row execute function touch_updated_at();
create trigger user_skills_touch before update on user_skills for each row execute function touch_updated_at();
create trigger company_members_touch before update on company_members
    for each row execute function touch_updated_at();
create trigger saved_jobs_touch before update on saved_jobs for each row execute function touch_updated_at();
