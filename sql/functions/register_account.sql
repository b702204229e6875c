create function exchange.register_account(email text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    -- Mails to one address an hour; more are not sent, and nobody is told.
    max_mails constant integer := 5;
    found_account exchange.accounts;
begin
    if register_account.email is null or register_account.email !~ '^[^@\s]{1,64}@[^@\s]{1,190}$' then
        perform exchange.reject('INVALID_EMAIL', 'an email address is name@domain, at most 255 characters');
    end if;
    insert into exchange.accounts (email) values (lower(register_account.email)) on conflict (email) do nothing;
    -- Locked, so that mails are counted one request at a time.
    select * into found_account from exchange.accounts a
    where a.email = lower(register_account.email) for no key update;
    if (select count(*) from exchange.mails m
        where m.account_id = found_account.account_id and m.requested_at > now() - interval '1 hour') >= max_mails then
        return;
    end if;
    perform exchange.cause_mail(
        found_account.account_id,
        case when found_account.email_verified_at is null then 'verify_email' else 'already_registered' end);
end $$;
comment on function exchange.register_account(text) is 'Opens an account for an address that has none, and causes a mail that proves the address, or tells its owner that the account exists. The caller learns nothing of which. Rejects: INVALID_EMAIL.';
