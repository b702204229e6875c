create function chain.fail_payment(payment_id bigint, reason text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
begin
    perform from chain.payments p where p.payment_id = fail_payment.payment_id for no key update;
    -- What a block holds has happened, whatever a worker thinks.
    if exists (select from chain.attempts a where a.payment_id = fail_payment.payment_id and (a.is_success or a.is_disputed)) then
        raise exception 'payment % has happened', fail_payment.payment_id using errcode = 'object_not_in_prerequisite_state';
    end if;
    perform chain.end_payment(fail_payment.payment_id, fail_payment.reason, null);
end $$;
comment on function chain.fail_payment(bigint, text) is 'Gives up a payment whose nonce was finally used by something else, and refunds. For the follower.';
