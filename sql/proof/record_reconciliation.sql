create function proof.record_reconciliation(network_id integer, block_hash bytea, asset_ids integer[], held numeric[])
returns table (asset text, held_amount numeric, expected numeric, difference numeric, is_halted boolean)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    fact record;
    earlier numeric;
begin
    -- Two at once would each be the other's second.
    perform from chain.networks n where n.network_id = record_reconciliation.network_id for no key update;
    perform proof.fold_facts(record_reconciliation.network_id);
    for fact in
        select f.asset_id, f.asset, f.block_height, f.expected, f.parts, h.amount, h.amount - f.expected as difference
        from proof.facts_of(record_reconciliation.network_id) f
        join unnest(record_reconciliation.asset_ids, record_reconciliation.held) as h (asset_id, amount) on h.asset_id = f.asset_id
        where f.block_hash = record_reconciliation.block_hash
    loop
        select r.difference into earlier
        from proof.reconciliations r
        where r.network_id = record_reconciliation.network_id and r.asset_id = fact.asset_id
        order by r.reconciliation_id desc
        limit 1;
        insert into proof.reconciliations (network_id, asset_id, block_height, block_hash, held, expected, parts)
        values (record_reconciliation.network_id, fact.asset_id, fact.block_height, record_reconciliation.block_hash,
            fact.amount, fact.expected, fact.parts);
        asset := fact.asset;
        held_amount := fact.amount;
        expected := fact.expected;
        difference := fact.difference;
        -- Once may be a fact that is on its way: the node is ahead of whoever writes it down.
        is_halted := fact.difference <> 0 and coalesce(sign(earlier) = sign(fact.difference), false) and proof.halt_coin(
            record_reconciliation.network_id, fact.asset_id,
            format('the chain holds %s %s, the books say %s, at block %s',
                fact.amount, fact.asset, fact.expected, fact.block_height));
        return next;
    end loop;
end $$;
comment on function proof.record_reconciliation(integer, bytea, integer[], numeric[]) is 'Compares what a node said at a block with the facts, and stores it. A difference that the comparison before had too halts the coin''s withdrawals; is_halted: now. No row where the facts stand at another block by now: ask the node again.';
