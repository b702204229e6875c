create function risk.after_security_change(parameters jsonb, account_id bigint, facts jsonb, at timestamptz) returns jsonb
language sql stable security definer set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan set enable_seqscan = off as $$
    select jsonb_build_object('change', a.facts ->> 'change', 'changed_at', a.occurred_at)
    from risk.activities a
    where a.account_id = after_security_change.account_id and a.point = 'security_change' and a.verdict <> 'deny'
        -- An address that is saved opens nothing: it has a cool-down of its own.
        and a.wallet is null
        and a.occurred_at < at
        and a.occurred_at > at - make_interval(secs => (after_security_change.parameters ->> 'within_seconds')::integer)
    order by a.occurred_at desc limit 1
$$;
comment on function risk.after_security_change(jsonb, bigint, jsonb, timestamptz) is 'Condition of kinds: the change, or null where there is none so late. An address that was saved is none.';
