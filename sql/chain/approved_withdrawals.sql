create function chain.approved_withdrawals(network_id integer, most integer)
returns table (withdrawal_id bigint, asset_id integer, contract bytea, atoms text, amount numeric, address text, script bytea, waited_ms bigint)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
begin
    -- One planner at a time: what is reserved and which nonces are given is then never in dispute.
    if not pg_try_advisory_xact_lock(hashtext('chain.payments'), approved_withdrawals.network_id) then
        return;
    end if;
    return query
    select w.withdrawal_id, w.asset_id, c.contract, chain.atoms(w.amount, s.scale), w.amount, w.address, w.script,
        (extract(epoch from clock_timestamp() - w.approved_at) * 1000)::bigint
    from chain.coins c
    join chain.networks n on n.network_id = c.network_id and not n.is_halted
    join exchange.assets s on s.asset_id = c.asset_id
    -- So many of each coin: one that waits for a refill holds up no other.
    cross join lateral (
        select w.* from exchange.withdrawals w
        join exchange.accounts a on a.account_id = w.account_id
        where w.state = 'approved' and w.ended_at is null and w.payment_id is null and w.internal_account_id is null
            and w.network_id = c.network_id and w.asset_id = c.asset_id
            and exchange.withdrawal_obstacle(a) is null
        order by w.withdrawal_id
        limit approved_withdrawals.most
        for no key update of w skip locked) w
    where c.network_id = approved_withdrawals.network_id and not c.is_halted
    order by w.withdrawal_id;
end $$;
comment on function chain.approved_withdrawals(integer, integer) is 'Locks approved withdrawals that no payment carries yet, so many of each coin, oldest first, and makes the caller the network''s only planner until its transaction ends; nothing while another plans. Those of halted coins wait, and those of accounts that nothing may leave at the moment: frozen, blocked after a change of security, with a debt, of a level that may not withdraw. For the planner.';
