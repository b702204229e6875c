create function risk.judge_orders(orders jsonb) returns text
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select coalesce(jsonb_agg(jsonb_build_object(
        'account_id', asked.account_id, 'market', asked.market, 'rule', r.rule, 'observed', judged.observed)), '[]')::text
    from (
        select distinct o.account_id, o.market
        from jsonb_to_recordset(judge_orders.orders) as o (account_id bigint, market text)) asked
    join risk.rules r on r.point = 'order' and r.valid_until is null and r.kind = 'linked_trades'
    cross join lateral risk.linked_trades(
        r.parameters, asked.account_id, jsonb_build_object('market', asked.market), clock_timestamp()) as judged (observed)
    where judged.observed is not null
$$;
comment on function risk.judge_orders(jsonb) is 'Which rules that need SQL are met by these accounts in these markets; the extension asks once a batch, for accounts that are linked. For it alone.';
