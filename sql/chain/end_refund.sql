create function chain.end_refund(deposit_id bigint, reason text) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
begin
    update exchange.deposits d set state = 'suspicious', changed_at = clock_timestamp()
    where d.deposit_id = end_refund.deposit_id and d.state = 'refunding'
        and not exists (
            select from chain.payment_items i
            join chain.payments p on p.payment_id = i.payment_id and p.state <> 'failed'
            where i.deposit_id = d.deposit_id);
    if not found then
        return false;
    end if;
    update exchange.deposit_refunds r set ended_at = clock_timestamp(), end_reason = left(end_refund.reason, 500)
    where r.deposit_id = end_refund.deposit_id and r.ended_at is null;
    perform chain.tell_deposits(array[end_refund.deposit_id]);
    perform exchange.append_event('finance', jsonb_build_object(
        'change', 'refund_failed', 'deposit_id', end_refund.deposit_id::text, 'words', end_refund.reason));
    return true;
end $$;
comment on function chain.end_refund(bigint, text) is 'A deposit cannot go back to where staff decided: it is suspicious again, and staff may name another address. False where a payment carries it, or it does not go back. For the sweeper.';
