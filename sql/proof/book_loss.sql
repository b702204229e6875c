create function proof.book_loss(network text, wallet text, asset text, txid bytea, amount numeric, reason text) returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    robbed record;
    booked bigint;
begin
    select n.network_id, n.family, w.wallet_id, a.asset_id, a.scale into robbed
    from chain.networks n
    join chain.wallets w on w.network_id = n.network_id and w.role = book_loss.wallet
    join chain.coins c on c.network_id = n.network_id
    join exchange.assets a on a.asset_id = c.asset_id and a.symbol = book_loss.asset
    where n.name = book_loss.network;
    if not found then
        raise exception 'no wallet % of % on %', book_loss.wallet, book_loss.asset, book_loss.network using errcode = 'no_data_found';
    end if;
    if book_loss.amount is null or book_loss.amount <> round(book_loss.amount, robbed.scale) or coalesce(book_loss.reason, '') = '' then
        raise exception 'a loss has an amount in atoms and a reason' using errcode = 'invalid_parameter_value';
    end if;
    insert into exchange.reserve_entries (
        network_id, txid, position, asset_id, wallet_id, amount, block_height, capital_account_id, external_account_id)
    -- It hangs on no block: no reorganisation takes it back.
    values (
        robbed.network_id, book_loss.txid, 'lost', robbed.asset_id, robbed.wallet_id, - book_loss.amount, 0,
        exchange.house_account('capital'), exchange.house_account('external'))
    returning reserve_entry_id into booked;
    -- A gain that is booked is explained.
    update chain.coins c set tolerated_gain = greatest(0, c.tolerated_gain + least(book_loss.amount, 0))
    where c.network_id = robbed.network_id and c.asset_id = robbed.asset_id;
    perform exchange.append_event('finance', jsonb_build_object(
        'change', 'loss_booked', 'network', book_loss.network, 'asset', book_loss.asset, 'amount', book_loss.amount::text,
        'txid', exchange.shown_txid(robbed.family, book_loss.txid), 'reason', book_loss.reason));
    return booked;
end $$;
comment on function proof.book_loss(text, text, text, bytea, numeric, text) is 'Books what left our wallets without a payment of ours, at the cost of the house''s capital; negative: what came in and was not seen. After it the comparison agrees again. The operator''s alone.';
