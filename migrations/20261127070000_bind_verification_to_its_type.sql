-- An index is computed from this. A body in quotation marks looks its type up when it
-- runs, by the search path of whoever runs it; autovacuum and the restoring of a dump
-- have an empty one, and neither could compute the index. This body is bound to the
-- type here and now.
create or replace function verification_of_company(is_verified boolean, requested_at timestamptz)
returns verification_status
language sql immutable parallel safe
return case
    when is_verified then 'verified'::verification_status
    when requested_at is not null then 'pending'::verification_status
    else 'unverified'::verification_status
end;
