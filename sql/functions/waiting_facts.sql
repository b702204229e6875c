create function exchange.waiting_facts(account_id bigint) returns jsonb
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    with waiting as (
        select format('%s %s on %s to %s', round(w.amount, s.scale), s.symbol, n.name, w.address) as words,
            row_number() over (order by w.withdrawal_id desc) as place
        from exchange.withdrawals w
        join exchange.assets s on s.asset_id = w.asset_id
        join chain.networks n on n.network_id = w.network_id
        where exchange.owns_account(waiting_facts.account_id, w.account_id)
            and w.state in ('requested', 'approved') and w.ended_at is null and w.payment_id is null
    )
    select coalesce(
        jsonb_build_object('waiting', count(*)::text)
            || jsonb_object_agg('waiting_' || place, words) filter (where place <= 5), '{}')
    from waiting
$$;
comment on function exchange.waiting_facts(bigint) is 'For a mail about security: how many withdrawals of an account are not being sent yet, and the newest five in words; nothing where there is none. For other functions.';
