create function exchange.claim_mails(max_attempts integer, limit_mails integer)
returns table (mail_id bigint, kind text, recipient text, facts jsonb, anti_phishing_code text, attempt integer)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    first_pause constant interval := '30 seconds';
    longest_pause constant interval := '6 hours';
begin
    return query
    with due as (
        select m.mail_id from exchange.mails m
        where m.next_attempt_at <= now() and m.attempts < claim_mails.max_attempts
        order by m.next_attempt_at
        limit least(greatest(claim_mails.limit_mails, 0), 1000)
        for update skip locked
    ), claimed as (
        -- The next attempt is set now: a worker that dies has only delayed it.
        update exchange.mails m
        set attempts = m.attempts + 1,
            next_attempt_at = now() + least(first_pause * power(2, least(m.attempts, 20)), longest_pause)
        from due where m.mail_id = due.mail_id
        returning m.mail_id, m.kind, m.account_id, m.recipient, m.facts, m.attempts
    )
    select c.mail_id, c.kind, c.recipient, c.facts, a.anti_phishing_code, c.attempts
    from claimed c join exchange.accounts a on a.account_id = c.account_id
    order by c.mail_id;
end $$;
comment on function exchange.claim_mails(integer, integer) is 'Takes mails that are due, so many at most, with the words that prove that they are ours; nobody else gets them until their next attempt, after a pause that doubles. After max_attempts a mail is not tried again.';
