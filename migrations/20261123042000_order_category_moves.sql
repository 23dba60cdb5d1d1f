-- Two moves at the same time could each find no circle and together make one. They
-- wait for each other now; what waits sees what was committed meanwhile, for each
-- statement of a volatile function has a snapshot of its own.
create or replace function refuse_category_cycle() returns trigger
    language plpgsql
    as $$
    begin
        perform pg_advisory_xact_lock(hashtext('categories.parent_id'), 0);
        if exists (
            with recursive up(id, parent_id, path) as (
                select id, parent_id, array[id] from categories where id = new.parent_id
                union all
                select c.id, c.parent_id, up.path || c.id
                from up join categories c on c.id = up.parent_id
                where not c.id = any (up.path)
            )
            select from up where id = new.id
        ) then
            raise exception 'category % would be its own ancestor', new.id
                using errcode = 'check_violation', constraint = 'categories_parent_check', table = 'categories';
        end if;
        return new;
    end
    $$;
