create function exchange.add_verification_token(mail_id bigint, token_hash bytea) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    lifetime constant interval := '1 day';
begin
    insert into exchange.account_tokens (token_hash, account_id, purpose, expires_at)
    select add_verification_token.token_hash, m.account_id, 'verify_email', now() + lifetime
    from exchange.mails m
    where m.mail_id = add_verification_token.mail_id and m.kind = 'verify_email' and m.sent_at is null;
    if not found then
        raise exception 'no mail % that wants a token', add_verification_token.mail_id using errcode = 'no_data_found';
    end if;
end $$;
comment on function exchange.add_verification_token(bigint, bytea) is 'Stores the hash of the token in a mail that is about to be sent; it is good for a day.';
