create function exchange.stream_positions()
returns table (stream_id integer, name text, last_sequence bigint)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select m.market_id, m.symbol, coalesce((
        select e.last_sequence from exchange.events e
        where e.stream_id = m.market_id order by e.last_sequence desc limit 1), 0)
    from exchange.markets m
    union all
    select s.stream_id, s.name, s.last_sequence from exchange.streams s
    order by 1
$$;
comment on function exchange.stream_positions() is 'Every stream and the number of its last message: where a follower that needs no history begins.';
