create function exchange.answer_mail_request(request exchange.mail_requests) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    -- Mails of these kinds to one address, and on behalf of one account, an hour; more are not sent,
    -- and nobody is told.
    max_mails constant integer := 5;
    limited constant text[] := array['verify_email', 'already_registered', 'reset_password', 'confirm_email_change'];
    addressee exchange.accounts;
    asker exchange.accounts;
    facts jsonb := jsonb_build_object('mail_request_id', request.mail_request_id);
begin
    -- Denied in silence: the answer was given, and is the same for everybody.
    if request.kind = 'register' and risk.assess('registration', null, jsonb_strip_nulls(jsonb_build_object(
        'mail_domain', split_part(request.email, '@', 2), 'address', host(request.address),
        'device', request.device, 'country', request.country))) = 'deny' then
        return;
    end if;
    if request.kind = 'register' then
        insert into exchange.accounts (email) values (request.email) on conflict (email) do nothing;
    end if;
    -- Accounts are locked in the order of their numbers, so that mails are counted one request at a time.
    perform from exchange.accounts a
    where a.email = request.email or a.account_id = request.account_id order by a.account_id for no key update;
    select * into addressee from exchange.accounts a where a.email = request.email and a.role = 'user';
    select * into asker from exchange.accounts a where a.account_id = request.account_id;
    if (select count(*) from exchange.mails m
        where m.recipient = request.email and m.kind = any (limited) and m.requested_at > now() - interval '1 hour') >= max_mails
    or (select count(*) from exchange.mails m
        where m.account_id = request.account_id and m.kind = any (limited) and m.requested_at > now() - interval '1 hour') >= max_mails
    then
        return;
    end if;
    if request.kind = 'change_email' and addressee.account_id is null then
        facts := facts || exchange.mail_facts(request.address, request.user_agent);
        perform exchange.cause_mail(
            asker.account_id, 'confirm_email_change', facts || jsonb_build_object('email', request.email), request.email);
        perform exchange.cause_mail(asker.account_id, 'email_change_asked', facts);
        return;
    end if;
    if addressee.account_id is null or addressee.account_id = request.account_id then
        return;
    end if;
    -- Whoever cannot log in yet proves the address, whatever was asked for.
    perform exchange.cause_mail(addressee.account_id, case
        when addressee.email_verified_at is null or addressee.password_hash is null then 'verify_email'
        when request.kind = 'reset_password' then 'reset_password'
        else 'already_registered'
    end, facts);
    if request.kind = 'register' then
        update exchange.mail_requests r set account_id = addressee.account_id
        where r.mail_request_id = request.mail_request_id;
    end if;
end $$;
comment on function exchange.answer_mail_request(exchange.mail_requests) is 'Answers one request: opens an account for an address that has none, and causes the mail that fits. For answer_mail_requests.';
