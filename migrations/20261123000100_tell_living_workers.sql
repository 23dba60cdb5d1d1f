-- Whether a worker process has given a sign of life lately. Its heartbeat renews
-- leases several times within a lease; two leases without one are not a hiccup.
create function is_alive(worker workers) returns boolean
    language sql stable parallel safe
    as $$ select worker.seen_at > app_now() - 2 * worker.lease $$;
