create function chain.confirm_deposits(network_id integer, limit_deposits integer) returns integer
language plpgsql security definer set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan set enable_seqscan = off as $$
#variable_conflict use_column
declare
    -- The engine's largest amount, in atoms (extension/engine/src/rules.rs, MAX_NOTIONAL).
    largest constant numeric := power(10::numeric, 36);
    family text;
    tip bigint;
    chosen bigint[];
    due record;
    judged record;
    decided integer := 0;
    good bigint[] := '{}';
    bad bigint[] := '{}';
begin
    select n.family into family from chain.networks n where n.network_id = confirm_deposits.network_id for no key update;
    select b.height into tip from chain.blocks b
    where b.network_id = confirm_deposits.network_id and b.is_active order by b.height desc limit 1;
    chosen := array(
        select d.deposit_id
        from exchange.deposits d
        where d.network_id = confirm_deposits.network_id and d.state = 'pending'
            and d.block_height <= tip - d.required_confirmations + 1
            -- The rules are asked about every source, so not before they are known.
            and (d.are_sources_known or family <> 'bitcoin')
        order by d.account_id, d.deposit_id
        limit least(greatest(confirm_deposits.limit_deposits, 0), 10000));
    -- All accounts before the first is judged: a rule that is met locks its stream, and whoever asks for a withdrawal waits
    -- for that with its account locked. In key order, as every transaction locks accounts, and before balances.
    perform from exchange.accounts a
    where a.account_id in (select d.account_id from exchange.deposits d where d.deposit_id = any (chosen))
    order by a.account_id
    for no key update;
    for due in
        select d.deposit_id, d.account_id, d.amount, d.from_address, s.symbol, d.amount * power(10::numeric, s.scale) as atoms
        from exchange.deposits d
        join exchange.assets s on s.asset_id = d.asset_id
        where d.deposit_id = any (chosen)
        order by d.account_id, d.deposit_id
        for update of d
    loop
        judged := risk.assess_activity('deposit', due.account_id, jsonb_build_object(
            'asset', due.symbol, 'amount', trim_scale(due.amount)::text, 'wallet', coalesce(due.from_address, 'unknown'),
            'deposit_id', due.deposit_id::text));
        update exchange.deposits d set activity_id = judged.activity_id where d.deposit_id = due.deposit_id;
        if judged.verdict in ('allow', 'review') and due.atoms <= largest then
            good := good || due.deposit_id;
        else
            bad := bad || due.deposit_id;
        end if;
        decided := decided + 1;
    end loop;
    update exchange.deposits d set state = 'suspicious', changed_at = now() where d.deposit_id = any (bad);
    perform exchange.credit_deposits(good);
    perform chain.tell_deposits(bad);
    return decided;
end $$;
comment on function chain.confirm_deposits(integer, integer) is 'Decides about pending deposits that have their confirmations, as many as the limit says: the risk rules let them be credited, or they wait for staff. Gives how many it decided; call it until that is less than the limit.';
