create function chain.finish_refund(deposit_id bigint) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    returned record;
begin
    update exchange.deposits d set state = 'refunded', changed_at = clock_timestamp()
    from exchange.assets s, chain.networks n
    where d.deposit_id = finish_refund.deposit_id and d.state = 'refunding' and s.asset_id = d.asset_id and n.network_id = d.network_id
    returning d.deposit_id, d.account_id, d.amount, s.symbol, n.name into returned;
    if found then
        perform exchange.append_event('finance', jsonb_build_object(
            'change', 'refunded', 'deposit_id', returned.deposit_id::text, 'account_id', returned.account_id::text,
            'asset', returned.symbol, 'amount', returned.amount::text, 'network', returned.name, 'state', 'refunded'));
    end if;
end $$;
comment on function chain.finish_refund(bigint) is 'A deposit has gone back to where it came from. For other functions.';
