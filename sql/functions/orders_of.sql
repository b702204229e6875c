create function exchange.orders_of(
    account_id bigint, market text default null, states text[] default null, side text default null,
    before_order_id bigint default null, limit_orders integer default 100)
returns setof exchange.account_orders
language plpgsql stable set search_path = pg_catalog, pg_temp
-- The account's index from its end, whatever the planner thinks of row-level security.
set plan_cache_mode = force_generic_plan set enable_seqscan = off set enable_bitmapscan = off
set enable_hashjoin = off set enable_mergejoin = off set enable_sort = off set jit = off as $$
#variable_conflict use_column
declare
    first bigint := 0;
    last bigint := 9223372036854775807;
    wanted integer := least(greatest(coalesce(limit_orders, 100), 0), 1000);
    all_states boolean := coalesce(cardinality(states), 0) = 0;
begin
    if orders_of.market is not null then
        select m.market_id * 100000000000000, m.market_id * 100000000000000 + 99999999999999 into first, last
        from exchange.markets m where m.symbol = orders_of.market;
        if not found then
            perform exchange.reject('UNKNOWN_MARKET', format('no market %s', orders_of.market));
        end if;
    end if;
    last := least(last, before_order_id - 1);
    -- Two branches, so that a question for open orders never reads the ended ones.
    return query
    select * from (
        (select * from exchange.account_orders o
        where o.account_id = orders_of.account_id and o.state = 'open' and o.order_id between first and last
            and (all_states or 'open' = any (states)) and (orders_of.side is null or o.side = orders_of.side)
        order by o.order_id desc limit wanted)
        union all
        (select * from exchange.account_orders o
        where o.account_id = orders_of.account_id and o.state in ('filled', 'cancelled', 'expired')
            and o.order_id between first and last
            and (all_states or states && array['filled', 'cancelled', 'expired'])
            and (all_states or o.state = any (states)) and (orders_of.side is null or o.side = orders_of.side)
        order by o.order_id desc limit wanted)
    ) both_kinds
    order by both_kinds.order_id desc
    limit wanted;
end $$;
comment on function exchange.orders_of(bigint, text, text[], text, bigint, integer) is 'An account''s orders, largest number first (market by market, in each the newest first), at most 1,000: of one market, in some states, on one side, before a number, where given. Row-level security applies. Rejects: UNKNOWN_MARKET.';
