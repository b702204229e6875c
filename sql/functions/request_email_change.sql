create function exchange.request_email_change(
    account_id bigint, session_id bigint, email text, address inet default null, user_agent text default null) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    max_user_agent constant integer := 200;
    mail_bell constant text := '10900';
begin
    if request_email_change.email is null or request_email_change.email !~ '^[^@\s]{1,64}@[^@\s]{1,190}$' then
        perform exchange.reject('INVALID_EMAIL', 'an email address is name@domain, at most 255 characters');
    end if;
    perform exchange.require_owner(request_email_change.account_id, request_email_change.session_id);
    insert into exchange.mail_requests (kind, email, account_id, address, user_agent)
    values (
        'change_email', lower(request_email_change.email), request_email_change.account_id,
        request_email_change.address, left(request_email_change.user_agent, max_user_agent));
    perform pg_notify('exchange_events', mail_bell);
end $$;
comment on function exchange.request_email_change(bigint, bigint, text, inet, text) is 'Writes down, in the name of a session, that an account shall have another address; it moves when the link of a mail to that address is followed. Nothing tells whether the address is another account''s. Rejects: INVALID_EMAIL, ACCESS_REVOKED, STEP_UP_REQUIRED, ACCOUNT_FROZEN.';
