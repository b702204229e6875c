create function exchange.tell_withdrawals(withdrawal_ids bigint[]) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    told record;
    facts jsonb;
begin
    -- Last in the transaction: whoever changes a withdrawal or a deposit waits for this stream's counter.
    for told in
        select w.*, a.symbol, a.scale, n.name as network
        from exchange.withdrawals w
        join exchange.assets a on a.asset_id = w.asset_id
        join chain.networks n on n.network_id = w.network_id
        where w.withdrawal_id = any (tell_withdrawals.withdrawal_ids)
        order by w.withdrawal_id
    loop
        facts := jsonb_strip_nulls(jsonb_build_object(
            'change', told.state, 'withdrawal_id', told.withdrawal_id::text, 'account_id', told.account_id::text,
            'asset', told.symbol, 'network', told.network, 'amount', round(told.amount, told.scale)::text,
            'fee', round(told.fee, told.scale)::text, 'state', told.state, 'reason', told.end_reason));
        perform exchange.append_event('finance', facts);
        if told.state = 'confirmed' and told.internal_account_id is not null then
            -- To whom it was paid it is a deposit: neither who paid nor what for.
            perform exchange.append_event('finance', facts - '{fee,withdrawal_id}'::text[] || jsonb_build_object(
                'change', 'credited', 'state', 'credited', 'deposit_id', told.receipt_id::text, 'kind', 'internal',
                'account_id', told.internal_account_id::text));
        end if;
    end loop;
end $$;
comment on function exchange.tell_withdrawals(bigint[]) is 'Writes to stream finance in which state withdrawals are now; after everything else of the transaction. For other functions.';
