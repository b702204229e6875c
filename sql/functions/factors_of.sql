create function exchange.factors_of(account_id bigint)
returns table (
    email text, password_hash text, totp_secret bytea, totp_is_confirmed boolean, recovery_codes_left integer, passkeys integer)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select a.email, a.password_hash, t.secret, t.confirmed_at is not null,
        (select count(*)::integer from exchange.recovery_codes r where r.account_id = a.account_id and r.used_at is null),
        (select count(*)::integer from exchange.passkeys p where p.account_id = a.account_id)
    from exchange.accounts a
    left join exchange.totp_factors t on t.account_id = a.account_id
    where a.account_id = factors_of.account_id and a.role = 'user' and a.email is not null
$$;
comment on function exchange.factors_of(bigint) is 'By what an account proves who it is. The only way to the secret of an authenticator app, which is encrypted.';
