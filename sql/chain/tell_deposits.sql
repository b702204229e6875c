create function chain.tell_deposits(deposit_ids bigint[]) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan set enable_seqscan = off as $$
#variable_conflict use_column
begin
    perform exchange.append_events('finance', array(
        select jsonb_build_object(
            'change', d.state, 'deposit_id', d.deposit_id::text, 'account_id', d.account_id::text, 'asset', s.symbol,
            'amount', d.amount::text, 'network', n.name, 'kind', 'chain', 'state', d.state,
            'txid', exchange.shown_txid(n.family, d.txid),
            'confirmations', coalesce(tips.height - d.block_height + 1, 0),
            'required_confirmations', d.required_confirmations)
        from exchange.deposits d
        join exchange.assets s on s.asset_id = d.asset_id
        join chain.networks n on n.network_id = d.network_id
        left join lateral (
            select b.height from chain.blocks b
            where b.network_id = d.network_id and b.is_active order by b.height desc limit 1) tips on true
        where d.deposit_id = any (tell_deposits.deposit_ids)
        order by d.deposit_id));
end $$;
comment on function chain.tell_deposits(bigint[]) is 'Says on stream finance how these deposits stand. Last in a transaction, because everybody who moves money waits for this stream''s counter. For other functions.';
