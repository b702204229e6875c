create function exchange.has_second_factor(account_id bigint) returns boolean
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select exists (
        select from exchange.totp_factors t
        where t.account_id = has_second_factor.account_id and t.confirmed_at is not null)
    or exists (select from exchange.passkeys p where p.account_id = has_second_factor.account_id)
$$;
comment on function exchange.has_second_factor(bigint) is 'Whether the password alone is not enough for this account. For other functions.';
