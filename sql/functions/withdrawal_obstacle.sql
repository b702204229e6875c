create function exchange.withdrawal_obstacle(owner exchange.accounts) returns text
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select case
        when owner.status <> 'active' then 'ACCOUNT_FROZEN'
        when exists (
            select from exchange.accounts a
            where a.account_id in (owner.account_id, owner.parent_account_id) and a.withdrawals_blocked_until > now())
            then 'WITHDRAWALS_BLOCKED'
        when exchange.is_in_debt(owner.account_id) then 'IN_DEBT'
        when not exists (select from exchange.kyc_levels l where l.level = owner.kyc_level and l.may_withdraw) then 'KYC_REQUIRED'
    end
$$;
comment on function exchange.withdrawal_obstacle(exchange.accounts) is 'Why nothing leaves an account at this moment, asked for or waiting: the reject''s name; null where nothing stands in the way. The block after a change of security is the parent''s too. For other functions.';
