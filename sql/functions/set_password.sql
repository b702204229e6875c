create function exchange.set_password(token_hash bytea, password_hash text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    owner_id bigint;
begin
    owner_id := exchange.use_token(set_password.token_hash, 'set_password');
    update exchange.account_tokens set used_at = now()
    where account_id = owner_id and purpose = 'set_password' and used_at is null;
    perform exchange.set_password_hash(owner_id, set_password.password_hash);
end $$;
comment on function exchange.set_password(bytea, text) is 'Sets the password by a one-time token, uses up the account''s other ones, and ends its sessions. Rejects: INVALID_TOKEN, INVALID_PASSWORD_HASH.';
