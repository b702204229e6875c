create function risk.blacklisted_address(parameters jsonb, account_id bigint, facts jsonb, at timestamptz) returns jsonb
language sql stable security definer set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan set enable_seqscan = off as $$
    select jsonb_build_object('because', b.because)
    from (
        select blacklisted_address.facts ->> 'wallet' as wallet
        union all
        -- A deposit comes from everybody whose outputs its transaction spends.
        select s.address
        from exchange.deposits d
        join exchange.deposit_sources s on s.network_id = d.network_id and s.txid = d.txid
        where d.deposit_id = (blacklisted_address.facts ->> 'deposit_id')::bigint) asked
    -- The list has small letters where large ones mean the same.
    join risk.blacklist b on b.wallet in (asked.wallet, lower(asked.wallet))
    order by b.wallet
    limit 1
$$;
comment on function risk.blacklisted_address(jsonb, bigint, jsonb, timestamptz) is 'Condition of kinds: the entry, or null where there is none. Of a deposit all sources are looked for.';
