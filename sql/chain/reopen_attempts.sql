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
        select u.* from (
            select a.attempt_id, a.payment_id, a.network_id, a.block_hash, a.block_height, a.is_success
            from chain.payments p
            join chain.attempts a on a.payment_id = p.payment_id and a.block_height is not null
            where p.network_id = reopen_attempts.network_id and p.ended_at is null
            union all
            select a.attempt_id, a.payment_id, a.network_id, a.block_hash, a.block_height, a.is_success
            from chain.attempts a
            join chain.payments p on p.payment_id = a.payment_id and p.ended_at is not null
            where a.network_id = reopen_attempts.network_id and a.block_height > tip - deepest
                -- Failed for good is failed for good: what was refunded must not be sent again.
                and (p.state = 'confirmed' or a.is_success is null)
        ) u
        -- Its block is known to be left, or another has its place: the watcher may never have read it.
        where exists (
                select from chain.blocks b where b.network_id = u.network_id and b.hash = u.block_hash and not b.is_active)
            or exists (
                select from chain.blocks b where b.network_id = u.network_id and b.height = u.block_height and b.is_active
                    and b.hash <> u.block_hash)
        order by u.payment_id, u.attempt_id
    loop
        perform from chain.payments p where p.payment_id = undone.payment_id for no key update;
        update chain.attempts a
        set state = 'broadcast', block_hash = null, block_height = null, is_success = null, is_reverted = false,
            is_disputed = false, closed_at = null
        where a.attempt_id = undone.attempt_id and a.block_hash = undone.block_hash;
        continue when not found;
        update chain.payments p set is_even = false where p.payment_id = undone.payment_id and p.is_even;
        reopened := reopened + 1;
        -- A payment that ended by another attempt stays ended.
        continue when undone.is_success is null
            and exists (select from chain.payments p where p.payment_id = undone.payment_id and p.ended_at is not null);
        update chain.attempts a set state = 'broadcast', closed_at = null
        where a.payment_id = undone.payment_id and a.state = 'replaced';
        update chain.payments p set state = 'broadcast', ended_at = null, is_reopened = true
        where p.payment_id = undone.payment_id and p.state = 'confirmed';
    end loop;
    return reopened;
end $$;
comment on function chain.reopen_attempts(integer) is 'Attempts whose block is no longer in the chain are open again, those that they had replaced too: the same bytes are sent again, beside what came after them. A withdrawal that was settled stays settled. For the follower.';
