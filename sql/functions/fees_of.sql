create function exchange.fees_of(account_id bigint)
returns table (tier text, maker_rate numeric, taker_rate numeric)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
begin
    return query
    select t.name, t.maker_rate, t.taker_rate
    from exchange.accounts a
    join exchange.fee_tiers t on t.fee_tier_id = a.fee_tier_id
    where a.account_id = fees_of.account_id and a.role = 'user';
    if not found then
        perform exchange.reject('UNKNOWN_ACCOUNT', format('no user''s account %s', fees_of.account_id));
    end if;
end $$;
comment on function exchange.fees_of(bigint) is 'At which fees an account''s next orders are placed. Rejects: UNKNOWN_ACCOUNT.';
