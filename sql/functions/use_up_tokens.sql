create function exchange.use_up_tokens(account_id bigint) returns void
language sql security definer set search_path = pg_catalog, pg_temp as $$
    update exchange.account_tokens t set used_at = now()
    where t.account_id = use_up_tokens.account_id and t.used_at is null and t.purpose <> 'freeze'
$$;
comment on function exchange.use_up_tokens(bigint) is 'After a change of an account''s security no older link changes anything, but for those that freeze it. For other functions.';
