create function risk.withdrawn_amount(parameters jsonb, account_id bigint, facts jsonb, at timestamptz) returns jsonb
language sql stable security definer set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan set enable_seqscan = off as $$
    select jsonb_build_object('amount', trim_scale(summed.total)::text)
    from (
        select coalesce(sum(a.amount), 0) + (withdrawn_amount.facts ->> 'amount')::numeric as total
        from exchange.assets s
        left join risk.activities a on a.account_id = withdrawn_amount.account_id and a.point = 'withdrawal'
            and a.asset_id = s.asset_id and a.verdict <> 'deny' and a.occurred_at < at
            and a.occurred_at > at - make_interval(secs => (withdrawn_amount.parameters ->> 'within_seconds')::integer)
            and not risk.was_given_back(a.activity_id, at)
        where s.symbol = withdrawn_amount.parameters ->> 'asset') summed
    where withdrawn_amount.facts ->> 'asset' = withdrawn_amount.parameters ->> 'asset' and summed.total > (withdrawn_amount.parameters ->> 'most')::numeric
$$;
comment on function risk.withdrawn_amount(jsonb, bigint, jsonb, timestamptz) is 'Condition of kinds: the sum, or null where it is not met. What was denied, or given back by then, does not count.';
