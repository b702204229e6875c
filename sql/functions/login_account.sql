create function exchange.login_account(email text)
returns table (account_id bigint, password_hash text, status text)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select a.account_id, a.password_hash, a.status
    from exchange.accounts a
    where a.email = lower(login_account.email) and a.role = 'user' and a.password_hash is not null
$$;
comment on function exchange.login_account(text) is 'What is needed to check a password: no row where no such login exists. For operators: the API begins a login by begin_login, which counts attempts.';
