create function risk.value_of(asset text, amount numeric, at timestamptz) returns numeric
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare
    -- What exchange.kyc_levels counts in.
    unit constant text := 'USDT';
    of_market integer;
begin
    if value_of.asset = unit then
        return value_of.amount;
    end if;
    select m.market_id into of_market from exchange.markets m where m.symbol = value_of.asset || '/' || unit;
    return value_of.amount * risk.last_price(of_market, exchange.number_before(of_market, value_of.at) + 1);
end $$;
comment on function risk.value_of(text, numeric, timestamptz) is 'What an amount was worth in USDT, by the last price of its market; null where it has no market.';
