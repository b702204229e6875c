create function staff.list_halts(staff_session_id bigint)
returns table (asset text, network text, reason text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform staff.require(list_halts.staff_session_id, 'risk', 'finance', 'reviewer', 'administrator');
    return query
    select null, n.name, n.halt_reason from chain.networks n where n.is_halted
    union all
    select a.symbol, n.name, c.halt_reason
    from chain.coins c
    join exchange.assets a on a.asset_id = c.asset_id
    join chain.networks n on n.network_id = c.network_id
    where c.is_halted
    order by 2, 1 nulls first;
end $$;
comment on function staff.list_halts(bigint) is 'What is halted: networks (no asset) and coins. Rejects: ACCESS_REVOKED, PERMISSION_DENIED.';
