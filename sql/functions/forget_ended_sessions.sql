create function exchange.forget_ended_sessions(limit_sessions integer default 1000) returns integer
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    forgotten integer;
begin
    delete from exchange.sessions s
    where s.token_hash in (
        select e.token_hash from exchange.sessions e
        where e.expires_at <= now()
        order by e.expires_at
        limit least(greatest(limit_sessions, 0), 100000)
        for update skip locked);
    get diagnostics forgotten = row_count;
    return forgotten;
end $$;
comment on function exchange.forget_ended_sessions(integer) is 'Deletes sessions that have ended, oldest first, so many at most; returns how many.';
