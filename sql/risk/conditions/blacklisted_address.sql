create function risk.blacklisted_address(parameters jsonb, account_id bigint, facts jsonb, at timestamptz) returns jsonb
language sql stable security definer set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan set enable_seqscan = off as $$
    select jsonb_build_object('because', b.because)
    from risk.blacklist b where b.wallet = (
        -- In the list's spelling.
        select case when f.wallet ~* '^(0x|bc1|tb1|bcrt1)' then lower(f.wallet) else f.wallet end
        from (select blacklisted_address.facts ->> 'wallet' as wallet) f)
$$;
comment on function risk.blacklisted_address(jsonb, bigint, jsonb, timestamptz) is 'Condition of kinds: the entry, or null where there is none.';
