create function proof.record_reconciliation(
    network_id integer, block_hash bytea, asset_ids integer[], held numeric[], expected numeric[], parts jsonb[])
returns table (asset text, held_amount numeric, expected_amount numeric, difference numeric, is_halted boolean)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    -- What payments under way explain is waited for so long.
    longest_wait constant interval := '15 minutes';
    compared chain.blocks;
    fact record;
    earlier record;
    unexplained numeric;
begin
    -- Two at once would each be the other's second.
    perform from chain.networks n where n.network_id = record_reconciliation.network_id for no key update;
    perform proof.fold_facts(record_reconciliation.network_id);
    select * into compared from chain.blocks b
    where b.network_id = record_reconciliation.network_id and b.hash = record_reconciliation.block_hash and b.is_active;
    if not found then
        return;
    end if;
    for fact in
        select c.asset_id, a.symbol, c.tolerated_gain, c.contract is null and n.family = 'evm' as may_gain,
            f.held, f.expected, f.parts, f.held - f.expected as difference
        from unnest(
            record_reconciliation.asset_ids, record_reconciliation.held, record_reconciliation.expected,
            record_reconciliation.parts) as f (asset_id, held, expected, parts)
        join chain.coins c on c.network_id = record_reconciliation.network_id and c.asset_id = f.asset_id
        join exchange.assets a on a.asset_id = c.asset_id
        join chain.networks n on n.network_id = c.network_id
        order by c.asset_id
    loop
        unexplained := fact.difference - fact.tolerated_gain;
        select r.difference, r.difference - fact.tolerated_gain as unexplained into earlier
        from proof.reconciliations r
        where r.network_id = record_reconciliation.network_id and r.asset_id = fact.asset_id
        order by r.reconciliation_id desc
        limit 1;
        insert into proof.reconciliations (network_id, asset_id, block_height, block_hash, held, expected, parts)
        values (record_reconciliation.network_id, fact.asset_id, compared.height, compared.hash, fact.held, fact.expected, fact.parts);
        asset := fact.symbol;
        held_amount := fact.held;
        expected_amount := fact.expected;
        difference := fact.difference;
        is_halted := false;
        -- Once may be a fact that is on its way: the node is ahead of whoever writes it down.
        if unexplained <> 0 and coalesce(sign(earlier.unexplained) = sign(unexplained), false) then
            if unexplained > 0 and fact.may_gain then
                -- Whom blocks reward, and whom a contract leaves what it has, no transfer tells; and anybody may give.
                if earlier.difference = fact.difference then
                    update chain.coins c set tolerated_gain = fact.difference
                    where c.network_id = record_reconciliation.network_id and c.asset_id = fact.asset_id;
                    perform exchange.append_event('finance', jsonb_build_object(
                        'change', 'gain_unexplained', 'asset', fact.symbol, 'amount', unexplained::text,
                        'network', (select n.name from chain.networks n where n.network_id = record_reconciliation.network_id),
                        'block_height', compared.height));
                end if;
            elsif unexplained > 0
                or - unexplained > proof.under_way(record_reconciliation.network_id, fact.asset_id)
                or longest_wait < now() - (
                    select min(r.compared_at) from proof.reconciliations r
                    where r.network_id = record_reconciliation.network_id and r.asset_id = fact.asset_id
                        and r.reconciliation_id > coalesce((
                            select max(s.reconciliation_id) from proof.reconciliations s
                            where s.network_id = r.network_id and s.asset_id = r.asset_id
                                and s.difference >= fact.tolerated_gain), 0)) then
                is_halted := proof.halt_coin(
                    record_reconciliation.network_id, fact.asset_id,
                    format('the chain holds %s %s, the books say %s, at block %s',
                        fact.held, fact.symbol, fact.expected, compared.height));
            end if;
        end if;
        return next;
    end loop;
end $$;
comment on function proof.record_reconciliation(integer, bytea, integer[], numeric[], numeric[], jsonb[]) is 'Stores what a node said at a block beside what proof.facts_of said when that block was the highest. A loss that the comparison before had too halts the coin''s withdrawals (is_halted: now), unless payments under way explain it, for a quarter of an hour; so does a gain, but one of an EVM chain''s own coin is told to finance and no loss if it stays. No row where the block is not in the chain any more: ask the node again.';
