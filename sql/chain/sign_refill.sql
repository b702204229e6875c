create function chain.sign_refill(payment_id bigint, signatures bytea[]) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
begin
    update chain.payments p set owner_signatures = sign_refill.signatures
    where p.payment_id = sign_refill.payment_id and p.purpose = 'refill' and p.ended_at is null and p.owner_signatures is null;
    if not found then
        return false;
    end if;
    perform pg_notify('exchange_events', '10921');
    return true;
end $$;
comment on function chain.sign_refill(bigint, bytea[]) is 'Keeps what two owners of the cold Safe have signed offline: the gas account carries it from now on. False where that is kept already, or the payment has ended. For the operator.';
