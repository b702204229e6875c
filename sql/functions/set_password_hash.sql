create function exchange.set_password_hash(account_id bigint, password_hash text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
begin
    if set_password_hash.password_hash !~ '^\$2[aby]\$[0-9]{2}\$[./A-Za-z0-9]{53}$' then
        perform exchange.reject('INVALID_PASSWORD_HASH', 'a password hash is a bcrypt hash of 60 characters');
    end if;
    update exchange.accounts
    set password_hash = set_password_hash.password_hash
    where account_id = set_password_hash.account_id and role = 'user';
    if not found then
        perform exchange.reject('UNKNOWN_ACCOUNT', format('no user''s account %s', set_password_hash.account_id));
    end if;
    perform exchange.end_sessions(
        set_password_hash.account_id,
        array(select session_id from exchange.sessions where account_id = set_password_hash.account_id));
end $$;
comment on function exchange.set_password_hash(bigint, text) is 'Changes a password and ends the account''s sessions. Rejects: INVALID_PASSWORD_HASH, UNKNOWN_ACCOUNT.';
