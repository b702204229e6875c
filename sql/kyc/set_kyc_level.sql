create function exchange.set_kyc_level(account_id bigint, level integer, expires_on date) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    given exchange.kyc_levels;
begin
    select * into strict given from exchange.kyc_levels l where l.level = set_kyc_level.level;
    update exchange.accounts a
    set kyc_level = given.level, may_trade = given.may_trade, kyc_expiry_noticed_at = null,
        kyc_expires_on = case when given.level > 0 then set_kyc_level.expires_on end
    where a.account_id = set_kyc_level.account_id;
    -- A sub-account trades as its parent may. It has no level, and so withdraws nothing by itself:
    -- else each would have the limits of the level once more.
    update exchange.accounts a set may_trade = given.may_trade
    where a.parent_account_id = set_kyc_level.account_id and a.may_trade <> given.may_trade;
end $$;
comment on function exchange.set_kyc_level(bigint, integer, date) is 'Gives an account a level and what it allows; its sub-accounts trade as it may. For other functions.';
