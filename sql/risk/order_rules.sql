create function risk.order_rules() returns text
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select jsonb_build_object(
        'allowed', coalesce((
            select jsonb_agg(distinct l.account_id)
            from risk.rules r join risk.account_lists l on l.list = r.parameters ->> 'list'
            where r.point = 'order' and r.valid_until is null and r.kind = 'account_listed' and r.action = 'allow'), '[]'),
        'rules', coalesce((
            select jsonb_agg(jsonb_build_object(
                'rule', r.rule, 'version', r.version, 'kind', r.kind, 'denies', r.action = 'deny', 'parameters', r.parameters,
                'within_seconds', coalesce((r.parameters ->> 'within_seconds')::bigint, 0),
                'asset_id', coalesce(a.asset_id, 0),
                'most', case when r.kind = 'order_notional'
                        -- Rounded down: what is above it is above the decimal too. Beyond it nobody can go.
                        then least(floor((r.parameters ->> 'most')::numeric * 10::numeric ^ a.scale), 10::numeric ^ 38 - 1)::numeric(39, 0)::text
                    else coalesce(r.parameters ->> 'most', r.parameters ->> 'most_ppm', '0') end,
                'accounts', coalesce((
                    select jsonb_agg(l.account_id) from risk.account_lists l
                    where r.kind = 'account_listed' and l.list = r.parameters ->> 'list'), '[]'))
                order by r.rule)
            from risk.rules r
            left join exchange.assets a on a.symbol = r.parameters ->> 'asset'
            where r.point = 'order' and r.valid_until is null and r.action <> 'allow'), '[]'))::text
$$;
comment on function risk.order_rules() is 'The rules in force for orders, in integers, as the extension keeps them in memory. For it alone.';
