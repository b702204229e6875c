create function chain.note_hot_balance(network_id integer, asset_id integer, atoms text) returns text
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    told record;
    balance numeric;
    wanted numeric;
begin
    select s.scale, s.symbol, n.name, c.hot_floor, c.is_refill_wanted into strict told
    from chain.coins c
    join exchange.assets s on s.asset_id = c.asset_id
    join chain.networks n on n.network_id = c.network_id
    where c.network_id = note_hot_balance.network_id and c.asset_id = note_hot_balance.asset_id;
    balance := chain.amount_of_atoms(note_hot_balance.atoms, told.scale);
    -- What waits to be paid is wanted beside the floor.
    select told.hot_floor + coalesce(sum(w.amount), 0) into wanted
    from exchange.withdrawals w
    where w.network_id = note_hot_balance.network_id and w.asset_id = note_hot_balance.asset_id and w.state = 'approved'
        and w.ended_at is null and w.payment_id is null and w.internal_account_id is null;
    if (balance < wanted) = told.is_refill_wanted then
        return null;
    end if;
    update chain.coins c set is_refill_wanted = balance < wanted
    where c.network_id = note_hot_balance.network_id and c.asset_id = note_hot_balance.asset_id;
    if balance >= wanted then
        return 'refilled';
    end if;
    perform exchange.append_event('finance', jsonb_build_object(
        'change', 'refill_wanted', 'asset', told.symbol, 'network', told.name, 'amount', balance::text, 'floor', told.hot_floor::text,
        'waiting', (wanted - told.hot_floor)::text));
    return 'refill_wanted';
end $$;
comment on function chain.note_hot_balance(integer, integer, text) is 'Compares what the hot wallet holds with the coin''s floor and what waits to be paid, and asks once for a refill. For the sweeper.';
