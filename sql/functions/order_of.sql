create function exchange.order_of(account_id bigint, order_id bigint, client_order_id text default null)
returns setof exchange.account_orders
language plpgsql stable set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan set enable_seqscan = off set enable_bitmapscan = off
set enable_hashjoin = off set enable_mergejoin = off set jit = off as $$
#variable_conflict use_column
declare
    number bigint := order_of.order_id;
begin
    if number is null then
        select k.order_id into number from exchange.order_keys k
        where k.account_id = order_of.account_id and k.client_order_id = order_of.client_order_id;
    end if;
    return query
    select * from exchange.account_orders o
    where o.account_id = order_of.account_id and o.order_id = number and o.state = 'open'
    union all
    select * from exchange.account_orders o
    where o.account_id = order_of.account_id and o.order_id = number and o.state in ('filled', 'cancelled', 'expired');
end $$;
comment on function exchange.order_of(bigint, bigint, text) is 'One order of an account by its number, else by the account''s name for it; no row where there is none. Row-level security applies.';
