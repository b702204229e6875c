create function chain.store_raw(attempt_id bigint, raw bytea, txid bytea) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    of chain.attempts;
begin
    update chain.attempts a set state = 'signed', raw = store_raw.raw, txid = store_raw.txid, signed_at = clock_timestamp()
    where a.attempt_id = store_raw.attempt_id and a.state = 'unsigned'
    returning * into of;
    if not found then
        return false;
    end if;
    update chain.payments p set state = 'signed' where p.payment_id = of.payment_id and p.state = 'planned';
    if found then
        perform exchange.move_withdrawals(array_agg(i.withdrawal_id), 'signed', of.payment_id)
        from chain.payment_items i where i.payment_id = of.payment_id and i.withdrawal_id is not null
        having count(*) > 0;
    end if;
    return true;
end $$;
comment on function chain.store_raw(bigint, bytea, bytea) is 'Keeps the bytes that will be sent, before anybody is sent them; false where they are kept already. For the assembler.';
