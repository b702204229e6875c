create function chain.decide_payment(payment_id bigint, has_paid boolean) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
begin
    perform from chain.payments p where p.payment_id = decide_payment.payment_id for no key update;
    update chain.attempts a set is_disputed = false, is_success = decide_payment.has_paid
    where a.payment_id = decide_payment.payment_id and a.is_disputed and decide_payment.has_paid is not null;
    if not found then
        raise exception 'payment % waits for no decision', decide_payment.payment_id using errcode = 'no_data_found';
    end if;
    perform exchange.append_event('finance', jsonb_build_object(
        'change', 'payment_decided', 'payment_id', decide_payment.payment_id::text, 'has_paid', decide_payment.has_paid));
    perform pg_notify('exchange_events', '10921');
end $$;
comment on function chain.decide_payment(bigint, boolean) is 'What a person found out of a payment whose tokens left, but not as planned: it has paid and is settled, or it has not and is given back. The coin stays halted. The operator''s alone.';
