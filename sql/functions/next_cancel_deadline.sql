create function exchange.next_cancel_deadline() returns bigint
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select greatest(0, ceil(extract(epoch from min(d.due_at) - clock_timestamp()) * 1000))::bigint
    from exchange.cancel_deadlines d
$$;
comment on function exchange.next_cancel_deadline() is 'Milliseconds until the next dead man''s switch is due, by this server''s clock; null where none is set.';
