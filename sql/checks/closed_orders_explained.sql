create view checks.closed_orders_explained as
select o.order_id, o.state, coalesce(u.ends, 0) as ends, u.end_kind,
    o.quantity - o.reduced_quantity - o.filled_quantity as unfilled_quantity, u.ended_quantity,
    o.reduced_quantity, u.updates_reduced
from exchange.orders o
left join (
    select order_id, count(*) filter (where kind <> 'reduced') as ends, min(kind) filter (where kind <> 'reduced') as end_kind,
        sum(removed_quantity) filter (where kind <> 'reduced') as ended_quantity,
        coalesce(sum(removed_quantity) filter (where kind = 'reduced'), 0) as updates_reduced
    from exchange.order_updates
    group by order_id
) u on u.order_id = o.order_id
where o.reduced_quantity <> coalesce(u.updates_reduced, 0)
    or coalesce(u.ends, 0) <> case when o.state in ('open', 'filled') then 0 else 1 end
    or (o.state in ('cancelled', 'expired')
        and (u.end_kind <> o.state
            or u.ended_quantity <> coalesce(o.quantity - o.reduced_quantity - o.filled_quantity, 0)));
comment on view checks.closed_orders_explained is 'Orders whose end or reductions are not told, once and in full, by order updates.';
