create function staff.show_account(staff_session_id bigint, account_id bigint)
returns table (
    parent_account_id bigint, email text, status text, fee_tier_id integer, fee_tier text, full_name text, country text,
    withdrawals_blocked_until timestamptz, email_verified_at timestamptz,
    created_at timestamptz, open_sessions integer, live_api_keys integer, balances jsonb)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    actor bigint := staff.require(show_account.staff_session_id, 'support', 'risk', 'finance', 'reviewer');
begin
    return query
    select a.parent_account_id, a.email, a.status, a.fee_tier_id, t.name, a.full_name, a.country,
        case when a.withdrawals_blocked_until > now() then a.withdrawals_blocked_until end, a.email_verified_at, a.created_at,
        (select count(*)::integer from exchange.sessions s where s.account_id = a.account_id and s.expires_at > now()),
        (select count(*)::integer from exchange.api_keys k where k.account_id = a.account_id and k.revoked_at is null),
        coalesce((
            select jsonb_agg(jsonb_build_object('asset', x.symbol, 'available', b.available::text, 'held', b.held::text) order by x.symbol)
            from exchange.balances b join exchange.assets x on x.asset_id = b.asset_id
            where b.account_id = a.account_id), '[]')
    from exchange.accounts a join exchange.fee_tiers t on t.fee_tier_id = a.fee_tier_id
    where a.account_id = show_account.account_id and a.role = 'user';
    if not found then
        perform exchange.reject('ACCOUNT_NOT_FOUND', format('no user''s account %s', show_account.account_id));
    end if;
    perform audit.record(actor, 'account_shown', 'account:' || show_account.account_id, '{}');
end $$;
comment on function staff.show_account(bigint, bigint) is 'A user''s account (or sub-account, which has a parent and no address) and what it has, as JSON {asset, available, held}. Logged. Rejects: ACCESS_REVOKED, PERMISSION_DENIED, ACCOUNT_NOT_FOUND.';
