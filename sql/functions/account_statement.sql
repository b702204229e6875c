create function exchange.account_statement(account_id bigint, from_time timestamptz default '-infinity', to_time timestamptz default 'infinity')
returns table (occurred_at timestamptz, fact_kind text, fact_id bigint, leg text, asset text, amount numeric, balance numeric)
language plpgsql stable set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan set enable_seqscan = off set jit = off as $$
#variable_conflict use_column
begin
    return query
    select e.occurred_at, e.fact_kind, e.fact_id, e.leg, a.symbol, round(e.amount, a.scale), round(e.balance, a.scale)
    from (
        select l.*, sum(l.amount) over (partition by l.asset_id order by l.occurred_at, l.fact_kind, l.fact_id, l.leg) as balance
        from exchange.ledger l
        where l.account_id = account_statement.account_id and l.occurred_at < to_time
    ) e
    join exchange.assets a on a.asset_id = e.asset_id
    where e.occurred_at >= from_time
    order by e.occurred_at, e.fact_kind, e.fact_id, a.symbol, e.leg;
end $$;
comment on function exchange.account_statement(bigint, timestamptz, timestamptz) is 'An account''s ledger entries from a time until before another, oldest first, with the balance of the asset after each. Reads the account''s entries from the beginning, for the opening balance.';
