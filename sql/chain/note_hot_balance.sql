create function chain.note_hot_balance(network_id integer, asset_id integer, atoms text) returns text
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    told record;
    balance numeric;
begin
    select s.scale, s.symbol, n.name, c.hot_floor, c.is_refill_wanted into strict told
    from chain.coins c
    join exchange.assets s on s.asset_id = c.asset_id
    join chain.networks n on n.network_id = c.network_id
    where c.network_id = note_hot_balance.network_id and c.asset_id = note_hot_balance.asset_id;
    balance := chain.amount_of_atoms(note_hot_balance.atoms, told.scale);
    if (balance < told.hot_floor) = told.is_refill_wanted then
        return null;
    end if;
    update chain.coins c set is_refill_wanted = balance < told.hot_floor
    where c.network_id = note_hot_balance.network_id and c.asset_id = note_hot_balance.asset_id;
    if balance >= told.hot_floor then
        return 'refilled';
    end if;
    perform exchange.append_event('finance', jsonb_build_object(
        'change', 'refill_wanted', 'asset', told.symbol, 'network', told.name, 'amount', balance::text, 'floor', told.hot_floor::text));
    return 'refill_wanted';
end $$;
comment on function chain.note_hot_balance(integer, integer, text) is 'Compares what the hot wallet holds with the coin''s floor, and asks once for a refill. For the sweeper.';
