create view checks.partitions_made_ahead as
select parent, to_char(now() at time zone 'UTC' + interval '1 month', 'YYYY_MM') as missing_month
from unnest(array['orders_closed', 'order_updates', 'trades', 'events']) as parent
where to_regclass('exchange.' || parent || to_char(now() at time zone 'UTC' + interval '1 month', '_YYYY_MM')) is null;
comment on view checks.partitions_made_ahead is 'Tables that will refuse rows next month: call exchange.make_partitions().';
