create function proof.halt_coin(network_id integer, asset_id integer, reason text) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    halted record;
begin
    select n.name as network, a.symbol as asset into strict halted
    from chain.networks n
    join exchange.assets a on a.asset_id = halt_coin.asset_id
    where n.network_id = halt_coin.network_id;
    if exchange.set_withdrawal_halt(halted.asset, halted.network, halt_coin.reason) = 0 then
        return false;
    end if;
    perform exchange.append_event('finance', jsonb_build_object(
        'change', 'withdrawals_halted', 'network', halted.network, 'asset', halted.asset, 'reason', halt_coin.reason));
    return true;
end $$;
comment on function proof.halt_coin(integer, integer, text) is 'Halts the withdrawals of a coin and says so in the stream finance; false where they were halted already. For other functions.';
