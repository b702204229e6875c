create function exchange.set_fee_tier(account_id bigint, fee_tier_id integer) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
begin
    if not exists (select from exchange.fee_tiers t where t.fee_tier_id = set_fee_tier.fee_tier_id) then
        perform exchange.reject('UNKNOWN_FEE_TIER', format('no fee tier %s', set_fee_tier.fee_tier_id));
    end if;
    update exchange.accounts a set fee_tier_id = set_fee_tier.fee_tier_id
    where a.account_id = set_fee_tier.account_id and a.role = 'user';
    if not found then
        perform exchange.reject('UNKNOWN_ACCOUNT', format('no user''s account %s', set_fee_tier.account_id));
    end if;
    update exchange.accounts a set fee_tier_id = set_fee_tier.fee_tier_id
    where a.parent_account_id = set_fee_tier.account_id and a.fee_tier_id <> set_fee_tier.fee_tier_id;
end $$;
comment on function exchange.set_fee_tier(bigint, integer) is 'Sets which fees an account and its sub-accounts pay; orders that are placed already keep theirs. Rejects: UNKNOWN_FEE_TIER, UNKNOWN_ACCOUNT.';
