create function exchange.run_cancel_deadlines(limit_deadlines integer default 100) returns integer
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    -- When a market that is halted, and so keeps its orders, is asked again.
    patience constant interval := '1 second';
    due exchange.cancel_deadlines[];
begin
    select array_agg((d.account_id, d.holder, d.market_id, d.due_at)::exchange.cancel_deadlines) into due from (
        select d.* from exchange.cancel_deadlines d
        where d.due_at <= clock_timestamp()
        order by d.due_at
        limit least(greatest(limit_deadlines, 0), 1000)
        for update skip locked) d;
    if due is null then
        return 0;
    end if;
    -- One batch, so that markets are locked in their order whatever is due.
    perform exchange.submit((
        select json_agg(json_strip_nulls(json_build_object('verb', 'cancel_all', 'account_id', d.account_id, 'market', m.symbol)))
        from unnest(due) d
        left join exchange.markets m on m.market_id = d.market_id));
    delete from exchange.cancel_deadlines d using unnest(due) done
    where d.account_id = done.account_id and d.holder = done.holder and d.market_id = done.market_id;
    -- What a halted market kept is cancelled once it takes cancels again.
    insert into exchange.cancel_deadlines (account_id, holder, market_id, due_at)
    select done.account_id, done.holder, m.market_id, clock_timestamp() + patience
    from unnest(due) done
    join exchange.markets m on done.market_id in (0, m.market_id)
    where exists (
        select from exchange.orders_open o
        where o.account_id = done.account_id
            and o.order_id between m.market_id * 100000000000000 and m.market_id * 100000000000000 + 99999999999999)
    on conflict do nothing;
    return cardinality(due);
end $$;
comment on function exchange.run_cancel_deadlines(integer) is 'Cancels the orders of up to so many dead man''s switches that are due, and removes these; returns how many. Several at once see to different ones.';
