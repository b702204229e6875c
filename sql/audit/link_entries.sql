create function audit.link_entries(at_most integer default 1000)
returns table (linked integer, link_number bigint, hash bytea)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    most constant integer := 10000;
    head audit.head;
    entry audit.entries;
    made integer := 0;
begin
    -- One at a time: links are made in a line.
    select * into strict head from audit.head h for no key update;
    for entry in
        select e.* from audit.unlinked u join audit.entries e on e.entry_id = u.entry_id
        order by u.entry_id limit least(greatest(link_entries.at_most, 0), most)
    loop
        head.link_number := head.link_number + 1;
        head.hash := audit.entry_hash(head.hash, head.link_number, entry);
        insert into audit.links (link_number, entry_id, hash) values (head.link_number, entry.entry_id, head.hash);
        delete from audit.unlinked u where u.entry_id = entry.entry_id;
        made := made + 1;
    end loop;
    if made > 0 then
        update audit.head h set link_number = head.link_number, hash = head.hash;
    end if;
    return query select made, head.link_number, head.hash;
end $$;
comment on function audit.link_entries(integer) is 'Chains entries that wait, so many at most, 10,000 in any case. Returns how many, and where the chain ends now. An entry that commits late is linked late, so no order of commits breaks the chain.';
