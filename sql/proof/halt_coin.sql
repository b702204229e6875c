create function proof.halt_coin(network_id integer, asset_id integer, reason text) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
begin
    update chain.coins c set is_halted = true, halt_reason = halt_coin.reason
    where c.network_id = halt_coin.network_id and c.asset_id = halt_coin.asset_id and not c.is_halted;
    if not found then
        return false;
    end if;
    perform exchange.append_event('finance', jsonb_build_object('change', 'coin_halted', 'network', n.name, 'asset', a.symbol, 'reason', halt_coin.reason))
    from chain.networks n
    join exchange.assets a on a.asset_id = halt_coin.asset_id
    where n.network_id = halt_coin.network_id;
    return true;
end $$;
comment on function proof.halt_coin(integer, integer, text) is 'Halts the withdrawals of a coin and says so in the stream finance; false where they were halted already. For other functions.';
