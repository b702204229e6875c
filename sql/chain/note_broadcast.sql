create function chain.note_broadcast(attempt_id bigint) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    of chain.attempts;
begin
    update chain.attempts a
    set state = 'broadcast', broadcast_at = coalesce(a.broadcast_at, clock_timestamp()), last_broadcast_at = clock_timestamp()
    where a.attempt_id = note_broadcast.attempt_id and a.state in ('signed', 'broadcast')
    returning * into of;
    if not found then
        return;
    end if;
    update chain.payments p set state = 'broadcast' where p.payment_id = of.payment_id and p.state = 'signed';
    if found then
        perform exchange.move_withdrawals(array_agg(w.withdrawal_id), 'broadcast', of.payment_id)
        from exchange.withdrawals w where w.payment_id = of.payment_id and w.ended_at is null
        having count(*) > 0;
    end if;
end $$;
comment on function chain.note_broadcast(bigint) is 'A node has the bytes. For the broadcaster.';
