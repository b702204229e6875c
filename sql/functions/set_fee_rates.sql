create function exchange.set_fee_rates(fee_tier_id integer, maker_rate numeric, taker_rate numeric) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    -- A slip of the decimal point is no fee.
    highest constant numeric := 0.1;
    decimals constant integer := 6;
    rate numeric;
begin
    foreach rate in array array[set_fee_rates.maker_rate, set_fee_rates.taker_rate] loop
        if rate is null or rate = 'NaN' or rate not between 0 and highest or round(rate, decimals) <> rate then
            perform exchange.reject('INVALID_FEE_RATE', 'a fee rate is 0 to 0.1 with at most 6 decimals');
        end if;
    end loop;
    update exchange.fee_tiers t set maker_rate = set_fee_rates.maker_rate, taker_rate = set_fee_rates.taker_rate
    where t.fee_tier_id = set_fee_rates.fee_tier_id;
    if not found then
        perform exchange.reject('UNKNOWN_FEE_TIER', format('no fee tier %s', set_fee_rates.fee_tier_id));
    end if;
end $$;
comment on function exchange.set_fee_rates(integer, numeric, numeric) is 'Sets the rates of a fee tier, for all of its accounts; orders that are placed already keep theirs. Rejects: INVALID_FEE_RATE, UNKNOWN_FEE_TIER.';
