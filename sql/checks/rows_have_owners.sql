-- Outer joins on the number alone, and the comparison after them: one hash of the orders a branch.
create view checks.rows_have_owners as
select 'orders' as table_name, o.order_id as row_id, 'market or account' as missing
from exchange.orders o
left join exchange.markets m on m.market_id = o.market_id
left join exchange.accounts a on a.account_id = o.account_id
where m.market_id is null or a.account_id is null or o.market_id <> o.order_id / 100000000000000
union all
select 'order_updates', u.order_update_id, 'its order'
from exchange.order_updates u
left join exchange.orders o on o.order_id = u.order_id
where (o.market_id, o.account_id) is distinct from (u.market_id, u.account_id)
    or u.market_id <> u.order_update_id / 100000000000000 or u.order_id >= u.order_update_id
union all
select 'order_updates', u.order_update_id, 'the counter order of the same account'
from exchange.order_updates u
left join exchange.orders o on o.order_id = u.counter_order_id
where u.counter_order_id is not null and (o.market_id, o.account_id) is distinct from (u.market_id, u.account_id)
union all
select 'trades', t.trade_id, 'maker order'
from exchange.trades t
left join exchange.orders o on o.order_id = t.maker_order_id
where (o.market_id, o.account_id) is distinct from (t.market_id, t.maker_account_id)
    or t.market_id <> t.trade_id / 100000000000000 or o.side = t.taker_side or t.maker_order_id >= t.taker_order_id
union all
select 'trades', t.trade_id, 'taker order'
from exchange.trades t
left join exchange.orders o on o.order_id = t.taker_order_id
where (o.market_id, o.account_id, o.side) is distinct from (t.market_id, t.taker_account_id, t.taker_side)
    or t.taker_order_id >= t.trade_id
union all
select 'order_keys', k.order_id, 'its order'
from exchange.order_keys k
left join exchange.orders o on o.order_id = k.order_id
where (o.account_id, o.client_order_id) is distinct from (k.account_id, k.client_order_id)
union all
select 'orders', o.order_id, 'its key'
from exchange.orders o
left join exchange.order_keys k on k.order_id = o.order_id
where o.state = 'open' and o.client_order_id is not null and k.order_id is null
union all
select 'balances', b.account_id, 'account or asset'
from exchange.balances b
left join exchange.accounts a on a.account_id = b.account_id and exchange.has_balance(a.role)
left join exchange.assets s on s.asset_id = b.asset_id
where a.account_id is null or s.asset_id is null
union all
select 'transfers', t.transfer_id, 'one owner of both sides'
from exchange.transfers t
join exchange.accounts f on f.account_id = t.from_account_id
join exchange.accounts i on i.account_id = t.to_account_id
where t.owner_account_id not in (f.account_id, coalesce(f.parent_account_id, f.account_id))
    or t.owner_account_id not in (i.account_id, coalesce(i.parent_account_id, i.account_id))
union all
select 'accounts', a.account_id, 'a parent that is a user and no sub-account'
from exchange.accounts a
join exchange.accounts p on p.account_id = a.parent_account_id
where p.parent_account_id is not null or p.role <> 'user'
union all
select 'events', e.last_sequence, 'market or stream'
from exchange.events e
left join exchange.markets m on m.market_id = e.stream_id
left join exchange.streams s on s.stream_id = e.stream_id
where m.market_id is null and s.stream_id is null;
comment on view checks.rows_have_owners is 'Rows whose owner is missing or is another''s: what foreign keys would have refused.';
