create function exchange.cause_mail(account_id bigint, kind text, facts jsonb default '{}', recipient text default null) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    -- No stream has this number: the bell alone says that a mail is due.
    mail_bell constant text := '10900';
begin
    insert into exchange.mails (account_id, kind, facts, recipient)
    select a.account_id, cause_mail.kind, cause_mail.facts, coalesce(cause_mail.recipient, a.email)
    from exchange.accounts a
    where a.account_id = cause_mail.account_id and coalesce(cause_mail.recipient, a.email) is not null;
    if found then
        perform pg_notify('exchange_events', mail_bell);
    end if;
end $$;
comment on function exchange.cause_mail(bigint, text, jsonb, text) is 'Writes a mail to an account, in the transaction that causes it: to its address of now, or to another. An account without an address gets none. For other functions.';
