create function staff.review_withdrawal(staff_session_id bigint, withdrawal_id bigint, approve boolean, note text)
returns table (state text, repeated boolean)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    reviewer constant bigint := staff.require(review_withdrawal.staff_session_id, 'finance', 'reviewer');
    asked exchange.withdrawals;
    earlier exchange.withdrawal_reviews;
begin
    if coalesce(length(review_withdrawal.note) not between 1 and 500, true) then
        perform exchange.reject('INVALID_REASON', 'a note has 1 to 500 characters');
    end if;
    -- Accounts before withdrawals, as everywhere.
    perform from exchange.accounts a
    where a.account_id = (
        select w.account_id from exchange.withdrawals w where w.withdrawal_id = review_withdrawal.withdrawal_id)
    for share;
    -- Locked: of two who decide at once the second sees what the first did.
    select * into asked from exchange.withdrawals w
    where w.withdrawal_id = review_withdrawal.withdrawal_id for no key update;
    if not found then
        perform exchange.reject('WITHDRAWAL_NOT_FOUND', format('no withdrawal %s', review_withdrawal.withdrawal_id));
    end if;
    select * into earlier from exchange.withdrawal_reviews r
    where r.withdrawal_id = asked.withdrawal_id and r.staff_id = reviewer;
    if found and earlier.is_approved = review_withdrawal.approve then
        return query select asked.state, true;
        return;
    end if;
    if asked.state <> 'requested' then
        perform exchange.reject('WITHDRAWAL_DECIDED', 'the withdrawal does not wait for a reviewer');
    end if;
    if earlier.staff_id is not null then
        perform exchange.reject('SECOND_PERSON_REQUIRED', 'who has decided does not decide again');
    end if;
    if review_withdrawal.approve and (
        select count(*) from exchange.withdrawal_reviews r
        where r.withdrawal_id = asked.withdrawal_id and r.is_approved) >= asked.required_reviews then
        perform exchange.reject('WITHDRAWAL_DECIDED', 'it waits for a risk officer, not for a reviewer');
    end if;
    insert into exchange.withdrawal_reviews (withdrawal_id, staff_id, is_approved, note)
    values (asked.withdrawal_id, reviewer, review_withdrawal.approve, review_withdrawal.note);
    perform audit.record(
        reviewer, case when review_withdrawal.approve then 'withdrawal_approved' else 'withdrawal_rejected' end,
        'withdrawal:' || asked.withdrawal_id, jsonb_build_object('account_id', asked.account_id, 'note', review_withdrawal.note));
    if not review_withdrawal.approve then
        perform exchange.refund_withdrawals(array[asked.withdrawal_id], 'rejected', review_withdrawal.note);
    else
        perform exchange.approve_withdrawal(asked.withdrawal_id);
    end if;
    return query select w.state, false from exchange.withdrawals w where w.withdrawal_id = asked.withdrawal_id;
end $$;
comment on function staff.review_withdrawal(bigint, bigint, boolean, text) is 'A reviewer''s decision about a withdrawal that waits. Each reviewer decides once, so that two reviews are two people''s; one is enough to reject, and then the note is what the owner is told. Gives the state that follows: requested where somebody is still waited for. A repeat of the own decision changes nothing. Rejects: ACCESS_REVOKED, PERMISSION_DENIED, INVALID_REASON, WITHDRAWAL_NOT_FOUND, WITHDRAWAL_DECIDED, SECOND_PERSON_REQUIRED, ACCOUNT_FROZEN, IN_DEBT.';
