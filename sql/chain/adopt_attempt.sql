create function chain.adopt_attempt(payment_id bigint, raw bytea, txid bytea) returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    of chain.payments;
    known chain.attempts;
    made bigint;
begin
    select * into strict of from chain.payments p where p.payment_id = adopt_attempt.payment_id for no key update;
    select * into known from chain.attempts a where a.payment_id = of.payment_id and a.txid = adopt_attempt.txid;
    if found then
        -- Ours has cost us something, which its receipt says: whoever looks for others does not note it.
        return case when known.from_script is null then known.attempt_id end;
    end if;
    -- What nobody has signed yet is not needed any more; its nonce is a gap that is filled.
    update chain.signings s set state = 'refused', refusal = 'somebody else carried it', ended_at = clock_timestamp()
    from chain.attempts a
    where a.payment_id = of.payment_id and s.attempt_id = a.attempt_id and a.state = 'unsigned' and s.state = 'waiting';
    insert into chain.attempts (payment_id, network_id, number, state, unsigned, raw, txid, fee_rate, signed_at)
    select of.payment_id, of.network_id, coalesce(max(a.number), 0) + 1, 'broadcast', '', adopt_attempt.raw, adopt_attempt.txid, 1, clock_timestamp()
    from chain.attempts a where a.payment_id = of.payment_id
    returning attempt_id into made;
    return made;
end $$;
comment on function chain.adopt_attempt(bigint, bytea, bytea) is 'Somebody else''s transaction carried our payment: anybody may carry what a Safe''s owners signed. It is kept like one of ours, once for each payment that it carried, but cost us nothing. Null where the transaction is one of ours. For the follower.';
