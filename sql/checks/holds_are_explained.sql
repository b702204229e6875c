create view checks.holds_are_explained as
select account_id, asset_id, b.held, h.implied
from exchange.balances b
full join (
    select e.account_id, e.asset_id, sum(e.implied) as implied
    from (
        select o.account_id, case o.side when 'buy' then m.quote_asset_id else m.base_asset_id end as asset_id,
            (o.quantity - o.reduced_quantity - o.filled_quantity) * case o.side when 'buy' then o.price else 1 end as implied
        from exchange.orders o
        join exchange.markets m on m.market_id = o.market_id
        where o.state = 'open'
        union all
        select w.account_id, w.asset_id, w.amount + w.fee
        from exchange.withdrawals w
        where w.ended_at is null
    ) e
    group by e.account_id, e.asset_id
) h using (account_id, asset_id)
where coalesce(b.held, 0) <> coalesce(h.implied, 0);
comment on view checks.holds_are_explained is 'Holds that are not what the account''s open orders and withdrawals imply: price times remaining quantity in quote for buys, remaining quantity in base for sells; amount and fee of a withdrawal.';
