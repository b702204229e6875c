create function exchange.set_market_status(market text, status text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
begin
    if set_market_status.status is null or set_market_status.status not in ('trading', 'cancel_only', 'halted') then
        perform exchange.reject('INVALID_STATUS', 'a market is trading, cancel_only or halted');
    end if;
    update exchange.markets m set status = set_market_status.status where m.symbol = set_market_status.market;
    if not found then
        perform exchange.reject('UNKNOWN_MARKET', format('no market %s', set_market_status.market));
    end if;
end $$;
comment on function exchange.set_market_status(text, text) is 'Halts a market, lets it take cancels only, or lets it trade, which stream markets tells. Rejects: INVALID_STATUS, UNKNOWN_MARKET.';
