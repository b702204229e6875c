create function staff.find_accounts(staff_session_id bigint, email_prefix text, at_most integer)
returns table (account_id bigint, email text, status text, fee_tier_id integer, created_at timestamptz)
language plpgsql security definer set search_path = pg_catalog, pg_temp set plan_cache_mode = force_custom_plan as $$
#variable_conflict use_column
declare
    most constant integer := 100;
    -- Sorts after every letter.
    beyond constant text := chr(1114111);
    wanted constant text := lower(find_accounts.email_prefix);
    actor bigint := staff.require(find_accounts.staff_session_id, 'support', 'risk', 'finance', 'reviewer');
begin
    perform audit.record(actor, 'accounts_found', 'accounts', jsonb_build_object('email_prefix', wanted));
    return query
    select a.account_id, a.email, a.status, a.fee_tier_id, a.created_at
    from exchange.accounts a
    where a.role = 'user' and a.email collate "C" >= wanted and a.email collate "C" < wanted || beyond
    order by a.email collate "C"
    limit least(greatest(find_accounts.at_most, 0), most);
end $$;
comment on function staff.find_accounts(bigint, text, integer) is 'Users'' accounts whose address begins so, by address, 100 at most. Logged. Rejects: ACCESS_REVOKED, PERMISSION_DENIED.';
