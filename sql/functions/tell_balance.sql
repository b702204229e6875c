create function exchange.tell_balance(change text, withdrawal_id bigint, account_id bigint, asset_id integer, amount numeric)
returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    payload jsonb;
begin
    select jsonb_build_object(
        'change', tell_balance.change, 'withdrawal_id', tell_balance.withdrawal_id::text,
        'account_id', b.account_id::text, 'asset', a.symbol, 'amount', round(tell_balance.amount, a.scale)::text,
        'available', round(b.available, a.scale)::text, 'held', round(b.held, a.scale)::text)
    into strict payload
    from exchange.balances b
    join exchange.assets a on a.asset_id = b.asset_id
    where b.account_id = tell_balance.account_id and b.asset_id = tell_balance.asset_id;
    perform exchange.append_event('asset', payload);
end $$;
comment on function exchange.tell_balance(text, bigint, bigint, integer, numeric) is 'Writes to stream asset what a withdrawal did to a balance, which is locked and changed already. For other functions.';
