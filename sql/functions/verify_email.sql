create function exchange.verify_email(token_hash bytea, password_token_hash bytea) returns timestamptz
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    lifetime constant interval := '1 hour';
    used exchange.account_tokens;
begin
    used := exchange.use_token(verify_email.token_hash, array['verify_email', 'reset_password']);
    -- Who reads the address says who its owner is: by the request that this very link answers.
    update exchange.accounts a
    set full_name = r.full_name, country = r.country, birth_date = r.birth_date, phone = r.phone
    from exchange.mail_requests r
    where a.account_id = used.account_id and used.purpose = 'verify_email'
        and (a.full_name is null or a.password_hash is null)
        and r.mail_request_id = (used.facts ->> 'mail_request_id')::bigint and r.kind = 'register';
    update exchange.accounts set email_verified_at = coalesce(email_verified_at, now())
    where account_id = used.account_id;
    insert into exchange.account_tokens (token_hash, account_id, purpose, expires_at)
    values (verify_email.password_token_hash, used.account_id, 'set_password', now() + lifetime);
    return now() + lifetime;
end $$;
comment on function exchange.verify_email(bytea, bytea) is 'Follows the link of a mail: the address is proved, what was said of the person at registration is taken over, and the second token allows to set the password until the time returned. Rejects: INVALID_TOKEN.';
