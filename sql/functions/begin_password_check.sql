create function exchange.begin_password_check(account_id bigint) returns table (wait_ms bigint, password_hash text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    wait bigint;
begin
    wait := exchange.take_login_attempt(array['check:' || begin_password_check.account_id]);
    return query
    select wait, case when wait = 0 then a.password_hash end
    from exchange.accounts a
    where a.account_id = begin_password_check.account_id and a.role = 'user';
end $$;
comment on function exchange.begin_password_check(bigint) is 'Takes an attempt of somebody who is logged in to prove the password again: how long to wait before one is taken, or the hash. It counts as wrong until end_password_check.';
