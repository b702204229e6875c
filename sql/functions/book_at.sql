create function exchange.book_at(market text, sequence bigint)
returns table (side text, price numeric, quantity numeric, orders integer)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan set enable_seqscan = off set jit = off as $$
#variable_conflict use_column
declare
    numbers_per_market constant bigint := 100000000000000;
    base bigint;
    moment bigint;
begin
    select m.market_id * numbers_per_market into base from exchange.markets m where m.symbol = book_at.market;
    if not found then
        perform exchange.reject('UNKNOWN_MARKET', format('no market %s', coalesce(book_at.market, 'null')));
    end if;
    if book_at.sequence is null or book_at.sequence not between 0 and numbers_per_market - 1 then
        raise exception 'sequence must be between 0 and 10^14 - 1, not %', book_at.sequence using errcode = 'invalid_parameter_value';
    end if;
    moment := base + book_at.sequence;
    -- From now backwards: what rests now, and whatever a later fact took away from it.
    return query
    with later_trades as materialized (
        select t.* from exchange.trades t where t.trade_id > moment and t.trade_id < base + numbers_per_market
    ), later_updates as materialized (
        select u.* from exchange.order_updates u where u.order_update_id > moment and u.order_update_id < base + numbers_per_market
    ), taken_away as (
        select t.maker_order_id as order_id, t.quantity from later_trades t
        union all
        select t.taker_order_id, t.quantity from later_trades t
        union all
        select u.order_id, u.removed_quantity from later_updates u
    ), changed as (
        select c.order_id, sum(c.quantity) as quantity
        from taken_away c
        where c.order_id between base and moment
        group by c.order_id
        having sum(c.quantity) > 0
    ), arriving as (
        -- The order whose own command was still running: it did not rest yet.
        select t.taker_order_id as order_id from later_trades t
        union all
        select case when u.reason = 'unfilled' then u.order_id else greatest(u.order_id, u.counter_order_id) end
        from later_updates u where u.reason in ('unfilled', 'self_trade')
    ), resting as (
        select o.order_id, o.side, o.price, o.quantity - o.reduced_quantity - o.filled_quantity as quantity
        from exchange.orders_open o
        where o.order_id between base and moment
        union all
        select c.order_id, o.side, o.price, c.quantity
        from changed c
        cross join lateral (
            select i.side, i.price from exchange.orders i where i.order_id = c.order_id and i.kind = 'limit'
        ) o
    )
    select r.side, r.price, sum(r.quantity), count(distinct r.order_id)::integer
    from resting r
    where r.order_id not in (select a.order_id from arriving a)
    group by r.side, r.price
    having sum(r.quantity) > 0
    order by r.side, case r.side when 'buy' then - r.price else r.price end;
end $$;
comment on function exchange.book_at(text, bigint) is 'The order book as it was right after a number of the market''s sequence, best first, bids then asks, without an order whose own command was still running. Works backwards from now: reads the open orders and all facts since. Rejects: UNKNOWN_MARKET.';
