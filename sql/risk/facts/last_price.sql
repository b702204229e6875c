create function risk.last_price(market_id integer, before_number bigint) returns numeric
language sql stable security definer set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan set enable_seqscan = off as $$
    select coalesce(
        (select t.price from exchange.trades t
         where t.trade_id > last_price.market_id * 100000000000000 and t.trade_id < last_price.before_number
         order by t.trade_id desc limit 1),
        (select m.reference_price from exchange.markets m where m.market_id = last_price.market_id))
$$;
comment on function risk.last_price(integer, bigint) is 'The last price of a market before a number: what the engine measured by; the reference price before the first trade.';
