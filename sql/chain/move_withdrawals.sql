create function chain.move_withdrawals(payment_id bigint, state text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    moved record;
begin
    for moved in
        update exchange.withdrawals w set state = move_withdrawals.state
        from exchange.assets s, chain.networks n
        where w.payment_id = move_withdrawals.payment_id and w.ended_at is null and w.state <> move_withdrawals.state
            and s.asset_id = w.asset_id and n.network_id = w.network_id
        returning w.withdrawal_id, w.account_id, w.amount, s.symbol, n.name
    loop
        perform exchange.append_event('finance', jsonb_build_object(
            'change', move_withdrawals.state, 'withdrawal_id', moved.withdrawal_id::text, 'account_id', moved.account_id::text,
            'asset', moved.symbol, 'amount', moved.amount::text, 'network', moved.name, 'state', move_withdrawals.state,
            'payment_id', move_withdrawals.payment_id::text));
    end loop;
end $$;
comment on function chain.move_withdrawals(bigint, text) is 'Moves the withdrawals of a payment on: signed, broadcast; tells of each. For other functions.';
