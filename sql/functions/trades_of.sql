create function exchange.trades_of(
    account_id bigint, of_market text default null, before_trade_id bigint default null, limit_trades integer default 100)
returns table (
    trade_id bigint, market text, liquidity text, side text, order_id bigint, price numeric, quantity numeric,
    quote_amount numeric, fee numeric, fee_asset text, traded_at timestamptz)
language plpgsql stable set search_path = pg_catalog, pg_temp
-- The account's indexes from their ends, whatever the planner thinks of row-level security.
set plan_cache_mode = force_generic_plan set enable_seqscan = off set enable_bitmapscan = off
set enable_hashjoin = off set enable_mergejoin = off set enable_sort = off set jit = off as $$
#variable_conflict use_column
declare
    first bigint := 0;
    last bigint := 9223372036854775807;
    wanted integer := least(greatest(coalesce(limit_trades, 100), 0), 1000);
begin
    if of_market is not null then
        select m.market_id * 100000000000000, m.market_id * 100000000000000 + 99999999999999 into first, last
        from exchange.markets m where m.symbol = of_market;
        if not found then
            perform exchange.reject('UNKNOWN_MARKET', format('no market %s', of_market));
        end if;
    end if;
    last := least(last, before_trade_id - 1);
    return query
    select t.trade_id, m.symbol, t.liquidity, t.side, t.order_id, t.price, t.quantity, t.quote_amount, t.fee,
        case t.side when 'buy' then b.symbol else q.symbol end, t.traded_at
    from (
        (select i.trade_id, i.market_id, 'maker' as liquidity,
            case i.taker_side when 'buy' then 'sell' else 'buy' end as side, i.maker_order_id as order_id,
            i.price, i.quantity, i.quote_amount, i.maker_fee as fee, i.traded_at
        from exchange.trades i
        where i.maker_account_id = trades_of.account_id and i.trade_id between first and last
        order by i.trade_id desc limit wanted)
        union all
        (select i.trade_id, i.market_id, 'taker', i.taker_side, i.taker_order_id,
            i.price, i.quantity, i.quote_amount, i.taker_fee, i.traded_at
        from exchange.trades i
        where i.taker_account_id = trades_of.account_id and i.trade_id between first and last
        order by i.trade_id desc limit wanted)
    ) t
    join exchange.markets m on m.market_id = t.market_id
    join exchange.assets b on b.asset_id = m.base_asset_id
    join exchange.assets q on q.asset_id = m.quote_asset_id
    order by t.trade_id desc, t.liquidity
    limit wanted;
end $$;
comment on function exchange.trades_of(bigint, text, bigint, integer) is 'An account''s trades, largest number first (market by market, in each the newest first), at most 1,000: of one market, before a number, where given. A trade with itself is there twice. Row-level security applies. Rejects: UNKNOWN_MARKET.';
