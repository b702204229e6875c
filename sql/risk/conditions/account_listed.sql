create function risk.account_listed(parameters jsonb, account_id bigint, facts jsonb, at timestamptz) returns jsonb
language sql stable security definer set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan set enable_seqscan = off as $$
    select jsonb_build_object('list', l.list)
    from risk.account_lists l
    where l.list = account_listed.parameters ->> 'list' and l.account_id = account_listed.account_id
$$;
comment on function risk.account_listed(jsonb, bigint, jsonb, timestamptz) is 'Condition of kinds: the list, or null where the account is not in it.';
