create function chain.cancel_refill(payment_id bigint) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    given_up chain.payments;
begin
    select * into given_up from chain.payments p
    where p.payment_id = cancel_refill.payment_id and p.purpose = 'refill' for no key update;
    if not found then
        perform exchange.reject('UNKNOWN_PAYMENT', format('no refill %s', cancel_refill.payment_id));
    end if;
    if given_up.owner_signatures is not null
        or exists (select from chain.attempts a where a.payment_id = given_up.payment_id) then
        perform exchange.reject('PAYMENT_SIGNED', format('refill %s is signed: it happens', given_up.payment_id));
    end if;
    perform chain.end_payment(given_up.payment_id, 'cancelled by the operator', null);
end $$;
comment on function chain.cancel_refill(bigint) is 'Gives up a refill that was exported and not imported: its outputs are free again. Once more is a repeat. For the operator. Rejects: UNKNOWN_PAYMENT, PAYMENT_SIGNED.';
