-- Requests to cancel a running task, until it has ended. The mark on its row is
-- lost when a worker of an older release brings the task back.
create table task_cancels (
    task_id bigint primary key,
    requested_at timestamptz not null
);
