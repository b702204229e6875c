create function chain.reopen_attempts(network_id integer) returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    -- No chain is undone deeper after a payment has ended; older history is not looked at.
    deepest constant integer := 1000;
    tip bigint;
    undone record;
    reopened bigint := 0;
begin
    select max(b.height) into tip from chain.blocks b where b.network_id = reopen_attempts.network_id and b.is_active;
    for undone in
        select a.attempt_id, a.payment_id from chain.attempts a
        join chain.payments p on p.payment_id = a.payment_id
        where a.network_id = reopen_attempts.network_id and a.block_height is not null
            -- Failed for good is failed for good: what was refunded must not be sent again.
            and (p.ended_at is null or (p.state = 'confirmed' and a.block_height > tip - deepest))
            -- Its block is known to be left, or another has its place: the watcher may never have read it.
            and (exists (
                    select from chain.blocks b where b.network_id = a.network_id and b.hash = a.block_hash and not b.is_active)
                or exists (
                    select from chain.blocks b where b.network_id = a.network_id and b.height = a.block_height and b.is_active
                        and b.hash <> a.block_hash))
        order by a.payment_id, a.attempt_id
        for no key update of a
    loop
        update chain.attempts a
        set state = 'broadcast', block_hash = null, block_height = null, is_success = null, is_reverted = false
        where a.attempt_id = undone.attempt_id;
        update chain.attempts a set state = 'broadcast' where a.payment_id = undone.payment_id and a.state = 'replaced';
        update chain.payments p set state = 'broadcast', ended_at = null, is_even = false
        where p.payment_id = undone.payment_id and p.state = 'confirmed';
        reopened := reopened + 1;
    end loop;
    return reopened;
end $$;
comment on function chain.reopen_attempts(integer) is 'Attempts whose block is no longer in the chain are open again, those that they had replaced too: the same bytes are sent again. A withdrawal that was settled stays settled. For the follower.';
