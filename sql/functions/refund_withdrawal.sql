create function exchange.refund_withdrawal(withdrawal_id bigint, state text, reason text) returns integer
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    return exchange.refund_withdrawals(array[refund_withdrawal.withdrawal_id], refund_withdrawal.state, refund_withdrawal.reason);
end $$;
comment on function exchange.refund_withdrawal(bigint, text, text) is 'As refund_withdrawals, of one. Where several end in one transaction, call that once. For other functions.';
