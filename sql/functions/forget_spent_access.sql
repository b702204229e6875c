create function exchange.forget_spent_access(limit_rows integer default 1000) returns integer
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    -- Long enough to answer a question about a mail.
    mails_kept constant interval := '30 days';
    tokens_kept constant interval := '1 day';
    devices_kept constant interval := '400 days';
    -- No pause and no window is as long.
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
    total := total + forgotten;
    delete from exchange.mail_requests r
    where r.mail_request_id in (
        select e.mail_request_id from exchange.mail_requests e
        where e.requested_at < now() - mails_kept
        order by e.requested_at limit at_most for update skip locked);
    get diagnostics forgotten = row_count;
    total := total + forgotten;
    delete from exchange.login_pauses p
    where p.subject in (
        select e.subject from exchange.login_pauses e
        where e.last_attempt_at < now() - usage_kept
        order by e.last_attempt_at limit at_most for update skip locked);
    get diagnostics forgotten = row_count;
    total := total + forgotten;
    delete from exchange.devices d
    where d.device_id in (
        select e.device_id from exchange.devices e
        where e.last_seen_at < now() - devices_kept
        limit at_most for update skip locked);
    get diagnostics forgotten = row_count;
    return total + forgotten;
end $$;
comment on function exchange.forget_spent_access(integer) is 'Deletes one-time tokens, ceremonies, mails and what was asked for them, pauses, devices and windows of limits that nobody asks about any more, so many of each at most; returns how many.';
