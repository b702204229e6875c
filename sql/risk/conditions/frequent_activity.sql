create function risk.frequent_activity(parameters jsonb, account_id bigint, facts jsonb, at timestamptz) returns jsonb
language sql stable security definer set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan set enable_seqscan = off as $$
    select jsonb_build_object('activities', counted.n)
    from (
        select count(*) + 1 as n from risk.activities a
        where a.account_id = frequent_activity.account_id and a.point = frequent_activity.facts ->> 'point' and a.verdict <> 'deny'
            and a.occurred_at < at
            and a.occurred_at > at - make_interval(secs => (frequent_activity.parameters ->> 'within_seconds')::integer)) counted
    where counted.n > (frequent_activity.parameters ->> 'most')::bigint
$$;
comment on function risk.frequent_activity(jsonb, bigint, jsonb, timestamptz) is 'Condition of kinds: what was counted, or null where it is not met. What was denied does not count.';
