-- What is in title, skills and company is marked in `vec` from layout 2 on, so its index
-- finds all tiers. The other is dropped here where there is no document yet, else by a
-- worker, once all documents are written anew; until then both are used.
do $$
begin
    lock table search_layout in exclusive mode;
    if not exists (select from job_search_documents) then
        drop index job_search_title_idx;
        update search_layout set built = 2;
    end if;
end
$$;
