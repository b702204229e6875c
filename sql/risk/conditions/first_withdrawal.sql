create function risk.first_withdrawal(parameters jsonb, account_id bigint, facts jsonb, at timestamptz) returns jsonb
language sql stable security definer set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan set enable_seqscan = off as $$
    select '{}'::jsonb
    where not exists (
        select from risk.activities a
        where a.account_id = first_withdrawal.account_id and a.point = 'withdrawal' and a.verdict <> 'deny'
            and a.occurred_at < at
            and not risk.was_given_back(a.activity_id, at))
$$;
comment on function risk.first_withdrawal(jsonb, bigint, jsonb, timestamptz) is 'Condition of kinds: an empty object where it is met, else null. What was denied, or given back by then, does not count.';
