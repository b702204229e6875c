create function exchange.rehash_password(account_id bigint, old_hash text, new_hash text) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
begin
    if rehash_password.new_hash !~ '^\$2[aby]\$[0-9]{2}\$[./A-Za-z0-9]{53}$' then
        perform exchange.reject('INVALID_PASSWORD_HASH', 'a password hash is a bcrypt hash of 60 characters');
    end if;
    update exchange.accounts
    set password_hash = rehash_password.new_hash
    where account_id = rehash_password.account_id and password_hash = rehash_password.old_hash;
    return found;
end $$;
comment on function exchange.rehash_password(bigint, text, text) is 'The same password at another cost: no session ends. False where the password was changed meanwhile. Rejects: INVALID_PASSWORD_HASH.';
