create function exchange.set_kyc_level(account_id bigint, level integer, expires_on date) returns void
language sql security definer set search_path = pg_catalog, pg_temp as $$
    update exchange.accounts a
    set kyc_level = l.level, may_trade = l.may_trade, kyc_expiry_noticed_at = null,
        kyc_expires_on = case when l.level > 0 then set_kyc_level.expires_on end
    from exchange.kyc_levels l
    where a.account_id = set_kyc_level.account_id and l.level = set_kyc_level.level
$$;
comment on function exchange.set_kyc_level(bigint, integer, date) is 'Gives an account a level and what it allows. For other functions.';
