create function exchange.lock_balances(account_ids bigint[], asset_ids integer[]) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    key record;
begin
    -- One after the other in key order, as every transaction that touches several.
    for key in
        select distinct k.account_id, k.asset_id, a.scale
        from unnest(lock_balances.account_ids, lock_balances.asset_ids) as k (account_id, asset_id)
        join exchange.assets a on a.asset_id = k.asset_id
        order by k.account_id, k.asset_id
    loop
        insert into exchange.balances (account_id, asset_id, available, held)
        values (key.account_id, key.asset_id, round(0::numeric, key.scale), round(0::numeric, key.scale))
        on conflict (account_id, asset_id) do nothing;
        perform from exchange.balances b
        where b.account_id = key.account_id and b.asset_id = key.asset_id for no key update;
    end loop;
end $$;
comment on function exchange.lock_balances(bigint[], integer[]) is 'Locks the balances of these accounts and assets, pairs by place, in key order until the transaction ends; makes those that are missing. For other functions.';
