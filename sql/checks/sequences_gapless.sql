create view checks.sequences_gapless as
with facts as (
    select market_id, order_id as number, 'order' as fact from exchange.orders
    union all
    select market_id, order_update_id, 'order update' from exchange.order_updates
    union all
    select market_id, trade_id, 'trade' from exchange.trades
), numbered as (
    select market_id, number, fact,
        lag(number, 1, market_id * 100000000000000) over (partition by market_id order by number) as before
    from facts
), announced as (
    select stream_id, first_sequence, last_sequence,
        lag(last_sequence, 1, 0::bigint) over (partition by stream_id order by last_sequence) as before
    from exchange.events
), counted as (
    select market_id as stream_id, max(number) - market_id * 100000000000000 as last_sequence from facts group by market_id
    union all
    select stream_id, last_sequence from exchange.streams where last_sequence > 0
)
select n.market_id as stream_id, n.number - n.market_id * 100000000000000 as sequence,
    format('%s follows number %s', n.fact, n.before - n.market_id * 100000000000000) as problem
from numbered n
where n.number <> n.before + 1
union all
select a.stream_id, a.first_sequence, format('event follows number %s', a.before)
from announced a
where a.first_sequence <> a.before + 1
union all
select stream_id, c.last_sequence, format('events end at %s', coalesce(e.last_sequence, 0))
from counted c
full join (select stream_id, max(last_sequence) as last_sequence from exchange.events group by stream_id) e using (stream_id)
where c.last_sequence is distinct from e.last_sequence;
comment on view checks.sequences_gapless is 'Gaps and repeats in a market''s numbers, in the ranges of events, or facts that no event announces.';
