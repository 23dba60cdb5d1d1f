-- What somebody hid, the latest first.
create index hidden_jobs_user_idx on hidden_jobs (user_id, created_at desc, job_id desc);
