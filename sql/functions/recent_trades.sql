create function exchange.recent_trades(market text, limit_trades integer default 50, before_trade_id bigint default null)
returns table (trade_id bigint, price numeric, quantity numeric, quote_amount numeric, taker_side text, traded_at timestamptz)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan set enable_seqscan = off set jit = off as $$
#variable_conflict use_column
declare
    numbers_per_market constant bigint := 100000000000000;
    base bigint;
begin
    select m.market_id * numbers_per_market into base from exchange.markets m where m.symbol = recent_trades.market;
    if not found then
        perform exchange.reject('UNKNOWN_MARKET', format('no market %s', coalesce(recent_trades.market, 'null')));
    end if;
    return query
    select t.trade_id, t.price, t.quantity, t.quote_amount, t.taker_side, t.traded_at
    from exchange.trades t
    where t.trade_id > base and t.trade_id < least(coalesce(before_trade_id, base + numbers_per_market), base + numbers_per_market)
    order by t.trade_id desc
    limit least(greatest(coalesce(limit_trades, 50), 0), 1000);
end $$;
comment on function exchange.recent_trades(text, integer, bigint) is 'A market''s trades, newest first, at most 1,000, without the parties; public. Rejects: UNKNOWN_MARKET.';
