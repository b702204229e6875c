create function risk.large_deposit(parameters jsonb, account_id bigint, facts jsonb, at timestamptz) returns jsonb
language sql immutable security definer set search_path = pg_catalog, pg_temp as $$
    select jsonb_build_object('amount', large_deposit.facts ->> 'amount')
    where large_deposit.facts ->> 'asset' = large_deposit.parameters ->> 'asset' and (large_deposit.facts ->> 'amount')::numeric > (large_deposit.parameters ->> 'most')::numeric
$$;
comment on function risk.large_deposit(jsonb, bigint, jsonb, timestamptz) is 'Condition of kinds: the amount, or null where it is not met.';
