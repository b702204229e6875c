create function risk.level_limits(parameters jsonb, account_id bigint, facts jsonb, at timestamptz) returns jsonb
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan set enable_seqscan = off as $$
#variable_conflict use_column
declare
    level record;
    in_day numeric;
    in_month numeric;
begin
    select l.* into level
    from exchange.accounts a join exchange.kyc_levels l on l.level = a.kyc_level
    where a.account_id = level_limits.account_id;
    if not coalesce(level.may_withdraw, false) then
        return jsonb_build_object('level', level.level, 'may_withdraw', false);
    end if;
    select sum(risk.value_of(spent.asset, spent.in_day, level_limits.at)),
        -- One asset without a price makes the sum unknown.
        case when bool_and(risk.value_of(spent.asset, 1, level_limits.at) is not null)
            then sum(risk.value_of(spent.asset, spent.in_month, level_limits.at)) end
    into in_day, in_month
    from (
        select s.asset, sum(s.amount) filter (where s.occurred_at > level_limits.at - interval '24 hours') as in_day,
            sum(s.amount) as in_month
        from (
            select a.facts ->> 'asset' as asset, a.amount, a.occurred_at from risk.activities a
            where a.account_id = level_limits.account_id and a.point = 'withdrawal' and a.verdict <> 'deny'
                and a.occurred_at < level_limits.at and a.occurred_at > level_limits.at - interval '30 days'
                and not risk.was_given_back(a.activity_id, level_limits.at)
            union all
            select level_limits.facts ->> 'asset', (level_limits.facts ->> 'amount')::numeric, level_limits.at) s
        group by s.asset) spent;
    if in_month is null then
        return jsonb_build_object('level', level.level, 'unpriced', true);
    end if;
    if in_day > level.daily_withdrawal or in_month > level.monthly_withdrawal then
        return jsonb_build_object('level', level.level, 'day', trim_scale(round(in_day, 2))::text, 'month', trim_scale(round(in_month, 2))::text);
    end if;
    return null;
end $$;
comment on function risk.level_limits(jsonb, bigint, jsonb, timestamptz) is 'Condition of kinds: what is withdrawn in a day and in 30, in USDT, where the account''s level allows less, or where an asset has no price; else null. What was denied, or given back by then, does not count.';
