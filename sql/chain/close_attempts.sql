create function chain.close_attempts(network_id integer) returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    tip bigint;
    used record;
    ended bigint[] := '{}';
    closed bigint := 0;
begin
    select max(b.height) into tip from chain.blocks b where b.network_id = close_attempts.network_id and b.is_active;
    for used in
        select a.attempt_id, a.payment_id, a.network_id, a.from_script, a.nonce, p.ended_at is not null as has_ended
        from chain.attempts a
        join chain.payments p on p.payment_id = a.payment_id
        join chain.coins c on c.asset_id = p.asset_id and c.network_id = p.network_id
        join chain.blocks b on b.network_id = a.network_id and b.hash = a.block_hash and b.is_active
        where a.network_id = close_attempts.network_id and a.closed_at is null and a.from_script is not null
            and a.state = 'mined' and a.block_height <= tip - c.large_confirmations + 1
        order by a.attempt_id
    loop
        update chain.attempts a
        set closed_at = clock_timestamp(),
            state = case when a.state in ('signed', 'broadcast') then 'replaced' else a.state end
        where a.network_id = used.network_id and a.from_script = used.from_script and a.nonce = used.nonce
            and a.closed_at is null and (a.attempt_id = used.attempt_id or a.state <> 'mined');
        update chain.signings s set state = 'refused', refusal = 'its number was used by another transaction', ended_at = clock_timestamp()
        from chain.attempts a
        where a.network_id = used.network_id and a.from_script = used.from_script and a.nonce = used.nonce
            and s.payment_id = a.payment_id and s.attempt_id = a.attempt_id and s.state = 'waiting';
        if used.has_ended then
            ended := ended || used.payment_id;
        end if;
        closed := closed + 1;
    end loop;
    -- What was mined after its payment had ended was paid for, too.
    perform chain.book_costs(ended) where ended <> '{}';
    return closed;
end $$;
comment on function chain.close_attempts(integer) is 'evm: attempts whose number of their account was used for good by one of ours are not looked at any more, and what ended payments have cost is booked. For the follower.';
