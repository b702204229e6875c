create function exchange.forget_spent_access(limit_rows integer default 1000) returns integer
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    -- Long enough to answer a question about a mail.
    mails_kept constant interval := '30 days';
    tokens_kept constant interval := '1 day';
    -- No window is as long.
    usage_kept constant interval := '2 days';
    at_most constant integer := least(greatest(limit_rows, 0), 100000);
    forgotten integer;
    total integer := 0;
begin
    delete from exchange.account_tokens t
    where t.token_hash in (
        select e.token_hash from exchange.account_tokens e
        where e.expires_at < now() - tokens_kept
        order by e.expires_at limit at_most for update skip locked);
    get diagnostics forgotten = row_count;
    total := total + forgotten;
    delete from exchange.ceremonies c
    where c.token_hash in (
        select e.token_hash from exchange.ceremonies e
        where e.expires_at < now()
        order by e.expires_at limit at_most for update skip locked);
    get diagnostics forgotten = row_count;
    total := total + forgotten;
    delete from exchange.mails m
    where m.mail_id in (
        select e.mail_id from exchange.mails e
        where e.requested_at < now() - mails_kept
        order by e.mail_id limit at_most for update skip locked);
    get diagnostics forgotten = row_count;
    total := total + forgotten;
    delete from exchange.rate_usage u
    where u.subject in (
        select e.subject from exchange.rate_usage e
        where e.window_start < now() - usage_kept
        limit at_most for update skip locked);
    get diagnostics forgotten = row_count;
    return total + forgotten;
end $$;
comment on function exchange.forget_spent_access(integer) is 'Deletes one-time tokens, ceremonies, mails and windows of limits that nobody asks about any more, so many of each at most; returns how many.';
