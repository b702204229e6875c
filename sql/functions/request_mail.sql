create function exchange.request_mail(
    kind text, email text, address inet default null, user_agent text default null, full_name text default null,
    country text default null, birth_date date default null, phone text default null,
    device_hash bytea default null) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    max_user_agent constant integer := 200;
    -- No stream has this number: the bell alone says that a mail is due.
    mail_bell constant text := '10900';
begin
    if request_mail.kind is null or request_mail.kind not in ('register', 'reset_password') then
        raise exception 'nobody asks for %', request_mail.kind using errcode = 'invalid_parameter_value';
    end if;
    if request_mail.email is null or request_mail.email !~ '^[^@\s]{1,64}@[^@\s]{1,190}$' then
        perform exchange.reject('INVALID_EMAIL', 'an email address is name@domain, at most 255 characters');
    end if;
    -- Nothing here depends on whose address it is: neither the answer nor its time.
    insert into exchange.mail_requests (kind, email, full_name, country, birth_date, phone, address, user_agent, device)
    values (
        request_mail.kind, lower(request_mail.email), request_mail.full_name, request_mail.country,
        request_mail.birth_date, request_mail.phone, request_mail.address,
        left(request_mail.user_agent, max_user_agent), encode(request_mail.device_hash, 'hex'));
    perform pg_notify('exchange_events', mail_bell);
end $$;
comment on function exchange.request_mail(text, text, inet, text, text, text, date, text, bytea) is 'Writes down that somebody wants to register, or to reset the password of an address. Answering is another''s work (answer_mail_requests), so that neither answer nor time tell whether the address is known. Rejects: INVALID_EMAIL.';
