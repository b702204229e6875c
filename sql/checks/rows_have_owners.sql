create view checks.rows_have_owners as
select 'orders' as table_name, o.order_id as row_id, 'market or account' as missing
from exchange.orders o
where not exists (select from exchange.markets m where m.market_id = o.market_id and m.market_id = o.order_id / 100000000000000)
    or not exists (select from exchange.accounts a where a.account_id = o.account_id)
union all
select 'order_updates', u.order_update_id, 'its order'
from exchange.order_updates u
where not exists (
    select from exchange.orders o
    where o.order_id = u.order_id and o.market_id = u.market_id and o.account_id = u.account_id
        and u.market_id = u.order_update_id / 100000000000000 and o.order_id < u.order_update_id)
union all
select 'order_updates', u.order_update_id, 'the counter order of the same account'
from exchange.order_updates u
where u.counter_order_id is not null
    and not exists (
        select from exchange.orders o
        where o.order_id = u.counter_order_id and o.market_id = u.market_id and o.account_id = u.account_id)
union all
select 'trades', t.trade_id, 'maker order'
from exchange.trades t
where not exists (
    select from exchange.orders o
    where o.order_id = t.maker_order_id and o.market_id = t.market_id and o.account_id = t.maker_account_id
        and t.market_id = t.trade_id / 100000000000000 and o.side <> t.taker_side and o.order_id < t.taker_order_id)
union all
select 'trades', t.trade_id, 'taker order'
from exchange.trades t
where not exists (
    select from exchange.orders o
    where o.order_id = t.taker_order_id and o.market_id = t.market_id and o.account_id = t.taker_account_id
        and o.side = t.taker_side and o.order_id < t.trade_id)
union all
select 'order_keys', k.order_id, 'its order'
from exchange.order_keys k
where not exists (
    select from exchange.orders o
    where o.order_id = k.order_id and o.account_id = k.account_id and o.client_order_id = k.client_order_id)
union all
select 'balances', b.account_id, 'account or asset'
from exchange.balances b
where not exists (select from exchange.accounts a where a.account_id = b.account_id and a.role <> 'external')
    or not exists (select from exchange.assets a where a.asset_id = b.asset_id)
union all
select 'events', e.last_sequence, 'market or stream'
from exchange.events e
where not exists (select from exchange.markets m where m.market_id = e.stream_id)
    and not exists (select from exchange.streams s where s.stream_id = e.stream_id);
comment on view checks.rows_have_owners is 'Rows whose owner is missing or is another''s: what foreign keys would have refused.';
