create function staff.release_deposit(staff_session_id bigint, deposit_id bigint, note text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    actor constant bigint := staff.require(release_deposit.staff_session_id, 'risk');
    released exchange.deposits;
begin
    if coalesce(length(release_deposit.note) not between 1 and 1000, true) then
        perform exchange.reject('INVALID_REASON', 'a note has 1 to 1000 characters');
    end if;
    released := exchange.lock_suspicious_deposit(release_deposit.deposit_id);
    perform exchange.require_confirmations(released, released.required_confirmations);
    perform audit.record(
        actor, 'deposit_released', 'deposit:' || released.deposit_id,
        jsonb_build_object('account_id', released.account_id, 'amount', released.amount::text, 'note', release_deposit.note));
    perform exchange.credit_deposits(array[released.deposit_id]);
end $$;
comment on function staff.release_deposit(bigint, bigint, text) is 'A risk officer lets a suspicious deposit be credited, at once. Giving it back is a proposal (refund_deposit). Rejects: ACCESS_REVOKED, PERMISSION_DENIED, INVALID_REASON, DEPOSIT_NOT_FOUND, DEPOSIT_DECIDED, NOT_CONFIRMED.';
