create function chain.free_outputs(network_id integer, kind text)
returns table (txid bytea, output_index integer, atoms text, address_id bigint, deposit_id bigint, to_address text, to_script bytea)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select o.txid, o.output_index, chain.atoms(o.amount, s.scale), o.address_id, d.deposit_id, r.address, r.script
    from chain.outputs o
    join chain.coins c on c.network_id = o.network_id and c.contract is null
    join exchange.assets s on s.asset_id = c.asset_id
    left join chain.wallets w on w.wallet_id = o.wallet_id
    left join exchange.deposits d on d.network_id = o.network_id and d.txid = o.txid and d.position = 'output:' || o.output_index
    left join exchange.deposit_refunds r on r.deposit_id = d.deposit_id and r.ended_at is null
    where o.network_id = free_outputs.network_id and o.spent_txid is null and o.payment_id is null and o.block_hash is not null
        and case free_outputs.kind
            when 'hot' then w.role = 'hot'
            when 'cold' then w.role = 'cold'
            when 'deposits' then d.state = 'credited'
            when 'refunds' then d.state = 'refunding' and r.deposit_id is not null
                and o.block_height <= (
                    select max(b.height) from chain.blocks b where b.network_id = free_outputs.network_id and b.is_active
                ) - c.large_confirmations + 1
        end
    order by o.amount desc, o.txid, o.output_index
    limit 2000
$$;
comment on function chain.free_outputs(integer, text) is 'Bitcoin: outputs in a block that nothing spends or has reserved, the largest first. Kind: hot; cold; deposits, those that were credited; refunds, those that go back, as deep as when that was decided. For the planner.';
