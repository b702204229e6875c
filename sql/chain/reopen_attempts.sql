create function chain.reopen_attempts(network_id integer) returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    -- No chain is undone deeper; older history is not looked at.
    deepest constant integer := 1000;
    tip bigint;
    undone record;
    reopened bigint := 0;
begin
    select max(b.height) into tip from chain.blocks b where b.network_id = reopen_attempts.network_id and b.is_active;
    for undone in
        select a.attempt_id, a.payment_id from chain.attempts a
        join chain.blocks b on b.network_id = a.network_id and b.hash = a.block_hash
        where a.network_id = reopen_attempts.network_id and a.block_height > tip - deepest and not b.is_active
            -- Failed for good is failed for good: what was refunded must not be sent again.
            and exists (select from chain.payments p where p.payment_id = a.payment_id and p.state <> 'failed')
        order by a.payment_id, a.attempt_id
        for no key update of a
    loop
        update chain.attempts a
        set state = 'broadcast', block_hash = null, block_height = null, is_success = null, is_reverted = false
        where a.attempt_id = undone.attempt_id;
        update chain.attempts a set state = 'broadcast' where a.payment_id = undone.payment_id and a.state = 'replaced';
        update chain.payments p set state = 'broadcast', ended_at = null where p.payment_id = undone.payment_id and p.state = 'confirmed';
        reopened := reopened + 1;
    end loop;
    return reopened;
end $$;
comment on function chain.reopen_attempts(integer) is 'Attempts whose block is no longer in the chain are open again, those that they had replaced too: the same bytes are sent again. A withdrawal that was settled stays settled. For the follower.';
