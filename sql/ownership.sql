-- Everything belongs to exchange_owner, the extension's functions too: a function that runs with its
-- owner's rights then runs with these and no more. Only what has another owner is touched.

do $$
declare
    change text;
begin
    for change in
        select format('alter schema %I owner to exchange_owner', n.nspname)
        from pg_namespace n
        where n.nspname in ('exchange', 'staff', 'audit', 'risk', 'chain', 'proof', 'checks', 'reporting') and n.nspowner <> 'exchange_owner'::regrole
        union all
        select format('alter table %I.%I owner to exchange_owner', n.nspname, c.relname)
        from pg_class c
        join pg_namespace n on n.oid = c.relnamespace
        where n.nspname in ('exchange', 'staff', 'audit', 'risk', 'chain', 'proof', 'checks', 'reporting') and c.relkind in ('r', 'p', 'v')
            and c.relowner <> 'exchange_owner'::regrole
        union all
        select format('alter function %s owner to exchange_owner', p.oid::regprocedure)
        from pg_proc p
        join pg_namespace n on n.oid = p.pronamespace
        where n.nspname in ('exchange', 'staff', 'audit', 'risk', 'chain', 'proof') and p.proowner <> 'exchange_owner'::regrole
    loop
        execute change;
    end loop;
end $$;

-- The monthly partitions are made by whoever calls it, and belong to exchange_owner.
alter function exchange.make_partitions(integer) security definer;
