create function exchange.forget_request_keys(age_hours integer default 24, limit_keys integer default 1000) returns integer
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    forgotten integer;
begin
    delete from exchange.request_keys k
    where (k.account_id, k.request_key) in (
        select o.account_id, o.request_key from exchange.request_keys o
        where o.created_at < now() - greatest(age_hours, 1) * interval '1 hour'
        order by o.created_at
        limit least(greatest(limit_keys, 0), 100000)
        for update skip locked);
    get diagnostics forgotten = row_count;
    return forgotten;
end $$;
comment on function exchange.forget_request_keys(integer, integer) is 'Forgets the answers to requests that are so many hours old, the oldest first, so many at most; returns how many.';
