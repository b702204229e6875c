create function exchange.positions_of(stream_ids integer[])
returns table (stream_id integer, last_sequence bigint)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan set enable_seqscan = off set jit = off as $$
#variable_conflict use_column
begin
    return query
    select w.stream_id, coalesce(
        case when w.stream_id < 10000 then (
            select e.last_sequence from exchange.events e
            where e.stream_id = w.stream_id order by e.last_sequence desc limit 1)
        else (select s.last_sequence from exchange.streams s where s.stream_id = w.stream_id) end, 0)
    from unnest(stream_ids) w (stream_id);
end $$;
comment on function exchange.positions_of(integer[]) is 'The number of the last message of each of these streams; 0 where nothing was said yet.';
