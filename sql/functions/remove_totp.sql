create function exchange.remove_totp(account_id bigint, session_id bigint) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
begin
    perform from exchange.accounts a where a.account_id = remove_totp.account_id for no key update;
    perform exchange.require_stepped_up(remove_totp.account_id, remove_totp.session_id);
    delete from exchange.totp_factors where account_id = remove_totp.account_id;
    if not found then
        perform exchange.reject('FACTOR_NOT_FOUND', 'the account has no authenticator app');
    end if;
    perform exchange.drop_unneeded_codes(remove_totp.account_id);
end $$;
comment on function exchange.remove_totp(bigint, bigint) is 'Takes the authenticator app away. Rejects: ACCESS_REVOKED, STEP_UP_REQUIRED, FACTOR_NOT_FOUND.';
