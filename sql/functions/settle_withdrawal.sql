create function exchange.settle_withdrawal(withdrawal_id bigint) returns integer
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    return exchange.settle_withdrawals(array[settle_withdrawal.withdrawal_id]);
end $$;
comment on function exchange.settle_withdrawal(bigint) is 'As settle_withdrawals, of one. Where several end in one transaction, call that once. For other functions.';
