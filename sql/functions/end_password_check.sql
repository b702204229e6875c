create function exchange.end_password_check(account_id bigint) returns void
language sql security definer set search_path = pg_catalog, pg_temp as $$
    delete from exchange.login_pauses p where p.subject = 'check:' || end_password_check.account_id
$$;
comment on function exchange.end_password_check(bigint) is 'The password was right: earlier attempts of this kind are forgotten.';
