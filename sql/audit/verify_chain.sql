create function audit.verify_chain(from_link bigint default 1, known_link bigint default null, known_hash bytea default null)
returns table (link_number bigint, entry_id bigint, problem text)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    first_link constant bigint := greatest(coalesce(verify_chain.from_link, 1), 1);
    head audit.head;
begin
    select * into strict head from audit.head h;
    return query
    with chain as (
        select l.link_number, l.entry_id, l.hash,
            lag(l.link_number, 1, first_link - 1) over in_line as previous_number,
            case when l.link_number = 1 then decode(repeat('00', 32), 'hex') else lag(l.hash) over in_line end as previous_hash
        -- One link more before the first: its hash is what the first one stands on.
        from audit.links l where l.link_number >= first_link - 1
        window in_line as (order by l.link_number)
    ), judged as (
        select c.link_number, c.entry_id,
            case
                when c.previous_number <> c.link_number - 1 then format('link %s is missing', c.previous_number + 1)
                when e.entry_id is null then 'its entry is missing'
                when c.hash is distinct from audit.entry_hash(c.previous_hash, c.link_number, e) then 'the entry or the link was changed'
                when c.link_number = verify_chain.known_link and c.hash <> verify_chain.known_hash
                    then 'it is not the link that is known'
            end as problem
        from chain c left join audit.entries e on e.entry_id = c.entry_id
        where c.link_number >= first_link
    ), ends as (
        select greatest(head.link_number, verify_chain.known_link) as link_number, null::bigint as entry_id,
            format('the chain ends before link %s', greatest(head.link_number, verify_chain.known_link)) as problem
        where not exists (
            select from audit.links l
            where l.link_number = greatest(head.link_number, verify_chain.known_link))
            and greatest(head.link_number, verify_chain.known_link) > 0
        union all
        select l.link_number, l.entry_id, 'the head does not fit its link'
        from audit.links l where l.link_number = head.link_number and l.hash <> head.hash
        union all
        select l.link_number, l.entry_id, 'it lies beyond the head' from audit.links l where l.link_number > head.link_number
    ), loose as (
        -- Entries that nobody recorded, and waiting ones that are gone.
        select null::bigint, e.entry_id, 'the entry has no link and does not wait for one'
        from audit.entries e
        where first_link = 1
            and not exists (select from audit.links l where l.entry_id = e.entry_id)
            and not exists (select from audit.unlinked u where u.entry_id = e.entry_id)
        union all
        select null, u.entry_id, 'the entry that waits for a link is missing'
        from audit.unlinked u
        where not exists (select from audit.entries e where e.entry_id = u.entry_id)
    )
    select f.link_number, f.entry_id, f.problem
    from (
        select j.* from judged j where j.problem is not null
        union all select * from ends
        union all select * from loose) f
    order by f.link_number nulls last, f.entry_id
    limit 1;
end $$;
comment on function audit.verify_chain(bigint, bigint, bytea) is 'The first broken link from a number on, and what is wrong with it; no row where the chain is whole. A link that is known from elsewhere, such as the worker''s log, proves that the chain was not made anew or cut.';
