create function exchange.trades_of(
    account_id bigint, of_market text default null, of_order_id bigint default null,
    from_time timestamptz default null, to_time timestamptz default null,
    before_time timestamptz default null, before_trade_id bigint default null, before_part integer default null,
    limit_trades integer default 100)
returns table (
    trade_id bigint, market text, liquidity text, side text, order_id bigint, price numeric, quantity numeric,
    quote_amount numeric, fee numeric, fee_asset text, traded_at timestamptz, client_order_id text)
language plpgsql stable set search_path = pg_catalog, pg_temp
-- The account's indexes from their ends, whatever the planner thinks of row-level security.
set plan_cache_mode = force_generic_plan set enable_seqscan = off set enable_bitmapscan = off
set enable_hashjoin = off set enable_mergejoin = off set jit = off as $$
#variable_conflict use_column
declare
    firsts bigint[];
    lasts bigint[];
    wanted integer := least(greatest(coalesce(limit_trades, 100), 0), 1000);
    since timestamptz := coalesce(from_time, '-infinity');
    place_time timestamptz := coalesce(before_time, 'infinity');
    place_id bigint := coalesce(before_trade_id, 0);
    place_part integer := coalesce(before_part, 2);
begin
    -- An order's trades are in its market, after its number.
    select array_agg(greatest(r.first_number, of_order_id)), array_agg(r.last_number) into firsts, lasts
    from exchange.market_ranges(of_market, from_time, to_time, before_time, before_trade_id) r
    where greatest(r.first_number, of_order_id) <= r.last_number
        and (of_order_id is null or r.market_id = of_order_id / 100000000000000);
    return query
    select t.trade_id, m.symbol, t.liquidity, t.side, t.order_id, t.price, t.quantity, t.quote_amount, t.fee,
        case t.side when 'buy' then b.symbol else q.symbol end, t.traded_at, o.client_order_id
    from (select l.* from unnest(firsts, lasts) as r (first, last)
    cross join lateral (
        (select i.trade_id, i.market_id, 0 as part, 'maker' as liquidity,
            case i.taker_side when 'buy' then 'sell' else 'buy' end as side, i.maker_order_id as order_id,
            i.price, i.quantity, i.quote_amount, i.maker_fee as fee, i.traded_at
        from exchange.trades i
        where i.maker_account_id = trades_of.account_id and i.trade_id between r.first and r.last and i.traded_at >= since
            and (i.traded_at, i.trade_id, - 0) < (place_time, place_id, - place_part)
            and (of_order_id is null or i.maker_order_id = of_order_id)
        order by i.trade_id desc limit wanted)
        union all
        (select i.trade_id, i.market_id, 1, 'taker', i.taker_side, i.taker_order_id,
            i.price, i.quantity, i.quote_amount, i.taker_fee, i.traded_at
        from exchange.trades i
        where i.taker_account_id = trades_of.account_id and i.trade_id between r.first and r.last and i.traded_at >= since
            and (i.traded_at, i.trade_id, - 1) < (place_time, place_id, - place_part)
            and (of_order_id is null or i.taker_order_id = of_order_id)
        order by i.trade_id desc limit wanted)
    ) l
    order by l.traded_at desc, l.trade_id desc, l.part limit wanted) t
    join exchange.markets m on m.market_id = t.market_id
    join exchange.assets b on b.asset_id = m.base_asset_id
    join exchange.assets q on q.asset_id = m.quote_asset_id
    -- For the rows that are shown alone, and only where the order can be: it ended after its trade.
    left join lateral (
        select h.client_order_id from exchange.orders h where h.state = 'open' and h.order_id = t.order_id
        union all
        select h.client_order_id from exchange.orders h
        where h.state in ('filled', 'cancelled', 'expired') and h.order_id = t.order_id and h.closed_at >= t.traded_at
        limit 1) o on true
    order by t.traded_at desc, t.trade_id desc, t.part;
end $$;
comment on function exchange.trades_of(bigint, text, bigint, timestamptz, timestamptz, timestamptz, bigint, integer, integer) is 'An account''s trades, the newest first, at most 1,000: of one market, of one order, from a time until before another, following a place in the list (traded_at, number and, 0 for the maker and 1 for the taker, part of the last row), where given. A trade with itself is there twice. With the account''s name for its order. Row-level security applies. Rejects: UNKNOWN_MARKET.';
