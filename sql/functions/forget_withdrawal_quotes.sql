create function exchange.forget_withdrawal_quotes(limit_quotes integer default 10000) returns integer
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    kept constant interval := '1 day';
    forgotten integer;
begin
    delete from exchange.withdrawal_quotes q
    where q.quote_id in (
        select o.quote_id from exchange.withdrawal_quotes o
        where o.expires_at < now() - kept
        order by o.expires_at
        limit least(greatest(limit_quotes, 0), 100000)
        for update skip locked);
    get diagnostics forgotten = row_count;
    return forgotten;
end $$;
comment on function exchange.forget_withdrawal_quotes(integer) is 'Forgets quotes that ended a day ago, the oldest first, so many at most; returns how many.';
