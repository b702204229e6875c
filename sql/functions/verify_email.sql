create function exchange.verify_email(token_hash bytea, password_token_hash bytea) returns timestamptz
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    lifetime constant interval := '1 hour';
    owner_id bigint;
begin
    owner_id := exchange.use_token(verify_email.token_hash, 'verify_email');
    update exchange.accounts set email_verified_at = coalesce(email_verified_at, now()) where account_id = owner_id;
    insert into exchange.account_tokens (token_hash, account_id, purpose, expires_at)
    values (verify_email.password_token_hash, owner_id, 'set_password', now() + lifetime);
    return now() + lifetime;
end $$;
comment on function exchange.verify_email(bytea, bytea) is 'Follows the link of a mail: the address is proved, and the second token allows to set the password until the time returned. Rejects: INVALID_TOKEN.';
