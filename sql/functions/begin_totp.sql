create function exchange.begin_totp(account_id bigint, session_id bigint, secret bytea) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
begin
    perform exchange.require_owner(begin_totp.account_id, begin_totp.session_id);
    insert into exchange.totp_factors as t (account_id, secret)
    values (begin_totp.account_id, begin_totp.secret)
    on conflict (account_id) do update set secret = excluded.secret, created_at = now()
    where t.confirmed_at is null;
    if not found then
        perform exchange.reject('FACTOR_EXISTS', 'the account has an authenticator app; remove it first');
    end if;
end $$;
comment on function exchange.begin_totp(bigint, bigint, bytea) is 'Stores the sealed secret of an authenticator app that is not asked for until its first code came; an earlier one of that kind is forgotten. Rejects: ACCESS_REVOKED, STEP_UP_REQUIRED, ACCOUNT_FROZEN, FACTOR_EXISTS.';
