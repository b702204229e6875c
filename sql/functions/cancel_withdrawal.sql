create function exchange.cancel_withdrawal(
    account_id bigint, session_id bigint, api_key_id bigint, valid_until bigint, withdrawal_id bigint)
returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    asked exchange.withdrawals;
begin
    perform from exchange.accounts a where a.account_id = cancel_withdrawal.account_id for share;
    perform exchange.require_withdrawer(
        cancel_withdrawal.account_id, cancel_withdrawal.session_id, cancel_withdrawal.api_key_id,
        cancel_withdrawal.valid_until, stepped_up => false);
    -- Locked: who plans, reviews or cancels it at the same moment comes before or after.
    select * into asked from exchange.withdrawals w
    where w.withdrawal_id = cancel_withdrawal.withdrawal_id and w.account_id = cancel_withdrawal.account_id
    for no key update;
    if not found then
        perform exchange.reject('WITHDRAWAL_NOT_FOUND', format('no withdrawal %s', cancel_withdrawal.withdrawal_id));
    end if;
    if asked.state = 'cancelled' then
        return true;
    end if;
    if asked.state not in ('requested', 'approved') or asked.payment_id is not null then
        perform exchange.reject('WITHDRAWAL_NOT_CANCELLABLE', 'the withdrawal has ended, or is being sent');
    end if;
    perform exchange.refund_withdrawals(array[asked.withdrawal_id], 'cancelled', 'cancelled by the owner');
    return false;
end $$;
comment on function exchange.cancel_withdrawal(bigint, bigint, bigint, bigint, bigint) is 'Takes back a withdrawal that is not being sent yet, by the owner''s session or a key that may withdraw; what was held is available again. True: it was cancelled before. Rejects: REQUEST_EXPIRED, ACCESS_REVOKED, WITHDRAWAL_NOT_FOUND, WITHDRAWAL_NOT_CANCELLABLE.';
