create function exchange.set_kyc_limits(
    level integer, may_trade boolean, may_withdraw boolean, daily_withdrawal numeric, monthly_withdrawal numeric) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
begin
    if set_kyc_limits.daily_withdrawal is null or set_kyc_limits.monthly_withdrawal is null
        or set_kyc_limits.may_trade is null or set_kyc_limits.may_withdraw is null
        or not (set_kyc_limits.daily_withdrawal between 0 and set_kyc_limits.monthly_withdrawal
            and set_kyc_limits.monthly_withdrawal < 'infinity'
            and (set_kyc_limits.may_withdraw or set_kyc_limits.monthly_withdrawal = 0)) then
        perform exchange.reject('INVALID_LIMITS', 'limits are 0 or more, a day''s at most a month''s, and 0 where nothing may be withdrawn');
    end if;
    update exchange.kyc_levels l
    set may_trade = set_kyc_limits.may_trade, may_withdraw = set_kyc_limits.may_withdraw,
        daily_withdrawal = set_kyc_limits.daily_withdrawal, monthly_withdrawal = set_kyc_limits.monthly_withdrawal
    where l.level = set_kyc_limits.level;
    if not found then
        perform exchange.reject('UNKNOWN_LEVEL', format('there is no level %s', set_kyc_limits.level));
    end if;
    update exchange.accounts a set may_trade = set_kyc_limits.may_trade
    where a.may_trade <> set_kyc_limits.may_trade and (
        a.parent_account_id is null and a.kyc_level = set_kyc_limits.level
        or a.parent_account_id in (
            select p.account_id from exchange.accounts p where p.kyc_level = set_kyc_limits.level));
end $$;
comment on function exchange.set_kyc_limits(integer, boolean, boolean, numeric, numeric) is 'Changes what a level allows, for all its accounts at once. For the operator. Rejects: INVALID_LIMITS, UNKNOWN_LEVEL.';
