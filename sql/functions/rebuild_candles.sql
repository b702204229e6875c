create function exchange.rebuild_candles(market text) returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    piece constant integer := 100000;
    numbers_per_market constant bigint := 100000000000000;
    rebuilt integer;
    counted integer;
    total bigint := 0;
begin
    select m.market_id into rebuilt from exchange.markets m where m.symbol = rebuild_candles.market;
    if not found then
        perform exchange.reject('UNKNOWN_MARKET', format('no market %s', coalesce(rebuild_candles.market, 'null')));
    end if;
    -- The position's lock keeps those away who count meanwhile.
    insert into exchange.candle_positions as p (market_id, last_trade_id)
    values (rebuilt, rebuilt * numbers_per_market)
    on conflict (market_id) do update set last_trade_id = excluded.last_trade_id;
    delete from exchange.candles c where c.market_id = rebuilt;
    loop
        counted := exchange.advance_candles(rebuilt, piece);
        total := total + counted;
        exit when counted < piece;
    end loop;
    return total;
end $$;
comment on function exchange.rebuild_candles(text) is 'Makes a market''s candles anew from all its trades, in one transaction: readers see the old ones until it ends. Returns how many trades there were. Rejects: UNKNOWN_MARKET.';
