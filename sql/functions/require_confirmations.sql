create function exchange.require_confirmations(deposit exchange.deposits, confirmations integer) returns void
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    if deposit.block_height is null
        or chain.tip_height(deposit.network_id) - deposit.block_height + 1 < require_confirmations.confirmations then
        perform exchange.reject('NOT_CONFIRMED', format(
            'the deposit does not lie under %s blocks of its chain', require_confirmations.confirmations));
    end if;
end $$;
comment on function exchange.require_confirmations(exchange.deposits, integer) is 'Refuses where a deposit has fewer confirmations. For other functions. Rejects: NOT_CONFIRMED.';
