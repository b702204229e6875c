create function exchange.set_withdrawal_halt(asset text, network text, reason text) returns integer
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    halts constant boolean := set_withdrawal_halt.reason is not null;
    changed integer;
begin
    if set_withdrawal_halt.asset is not null
        and not exists (select from exchange.assets a where a.symbol = set_withdrawal_halt.asset) then
        perform exchange.reject('UNKNOWN_ASSET', format('no asset %s', set_withdrawal_halt.asset));
    end if;
    if set_withdrawal_halt.network is not null
        and not exists (select from chain.networks n where n.name = set_withdrawal_halt.network) then
        perform exchange.reject('UNKNOWN_NETWORK', format('no network %s', set_withdrawal_halt.network));
    end if;
    -- The first reason stays.
    if set_withdrawal_halt.asset is null then
        update chain.networks n set is_halted = halts, halt_reason = set_withdrawal_halt.reason
        where n.name = coalesce(set_withdrawal_halt.network, n.name) and n.is_halted <> halts;
    else
        update chain.coins c set is_halted = halts, halt_reason = set_withdrawal_halt.reason
        from exchange.assets a, chain.networks n
        where a.asset_id = c.asset_id and a.symbol = set_withdrawal_halt.asset and n.network_id = c.network_id
            and n.name = coalesce(set_withdrawal_halt.network, n.name) and c.is_halted <> halts;
    end if;
    get diagnostics changed = row_count;
    if changed > 0 and not halts then
        -- What waited can be sent.
        perform pg_notify('exchange_events', '10921');
    end if;
    return changed;
end $$;
comment on function exchange.set_withdrawal_halt(text, text, text) is 'Halts withdrawals for a reason, or lets them go on where that is null: of an asset (on one network, or on all), of a network, or of all networks where both are null. Returns how many coins or networks changed. For the operator, the reconciliation and other functions. Rejects: UNKNOWN_ASSET, UNKNOWN_NETWORK.';
