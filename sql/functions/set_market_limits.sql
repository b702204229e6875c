create function exchange.set_market_limits(
    market text, min_quantity numeric, max_quantity numeric, min_notional numeric, price_band numeric, max_open_orders integer)
returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    -- As in exchange.create_market: the engine counts lots in 64 bits.
    largest constant numeric := 9223372036854775807;
    changed exchange.markets;
    quote_scale smallint;
begin
    select m.* into changed from exchange.markets m where m.symbol = set_market_limits.market for no key update;
    if not found then
        perform exchange.reject('UNKNOWN_MARKET', format('no market %s', set_market_limits.market));
    end if;
    select a.scale into strict quote_scale from exchange.assets a where a.asset_id = changed.quote_asset_id;
    changed.min_quantity := coalesce(set_market_limits.min_quantity, changed.min_quantity);
    changed.max_quantity := coalesce(set_market_limits.max_quantity, changed.max_quantity);
    changed.min_notional := coalesce(set_market_limits.min_notional, changed.min_notional);
    changed.price_band := coalesce(set_market_limits.price_band, changed.price_band);
    changed.max_open_orders := coalesce(set_market_limits.max_open_orders, changed.max_open_orders);
    if changed.min_quantity <= 0 or mod(changed.min_quantity, changed.lot) <> 0
        or changed.max_quantity < changed.min_quantity or mod(changed.max_quantity, changed.lot) <> 0
        or changed.max_quantity / changed.lot > largest
        or changed.min_notional < 0 or scale(trim_scale(changed.min_notional)) > quote_scale
        or changed.min_notional * power(10::numeric, quote_scale) > power(10::numeric, 36)
        or changed.price_band <= 0 or changed.price_band >= 1 or round(changed.price_band, 6) <> changed.price_band
        or changed.max_open_orders <= 0 then
        perform exchange.reject('INVALID_LIMITS', 'quantities are whole lots, the smallest not above the largest; the smallest notional has the quote''s decimals; the band is between 0 and 1 with at most 6 decimals; open orders are positive');
    end if;
    update exchange.markets m
    set min_quantity = changed.min_quantity, max_quantity = changed.max_quantity, min_notional = changed.min_notional,
        price_band = changed.price_band, max_open_orders = changed.max_open_orders
    where m.market_id = changed.market_id;
end $$;
comment on function exchange.set_market_limits(text, numeric, numeric, numeric, numeric, integer) is 'Changes the limits of a market''s orders, which stream markets tells; what is null stays. Open orders stay as they are. Rejects: UNKNOWN_MARKET, INVALID_LIMITS.';
