create function exchange.expire_kyc(limit_accounts integer)
returns table (noticed integer, lowered integer)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    -- Owners are told so long before, and a level is never lowered sooner after that.
    notice_days constant integer := 30;
    grace constant interval := '7 days';
    one record;
begin
    noticed := 0;
    lowered := 0;
    for one in
        select a.account_id, a.kyc_expires_on from exchange.accounts a
        where a.kyc_expires_on < current_date + notice_days and a.kyc_expiry_noticed_at is null
        order by a.kyc_expires_on
        limit least(greatest(expire_kyc.limit_accounts, 0), 10000)
        for no key update skip locked
    loop
        update exchange.accounts a set kyc_expiry_noticed_at = now() where a.account_id = one.account_id;
        perform exchange.cause_mail(
            one.account_id, 'document_expires', jsonb_build_object('expires_on', one.kyc_expires_on));
        noticed := noticed + 1;
    end loop;
    for one in
        select a.account_id, a.kyc_level, a.kyc_expires_on,
            (select max(c.case_id) from exchange.kyc_cases c where c.account_id = a.account_id and c.state = 'approved') as case_id
        from exchange.accounts a
        where a.kyc_expires_on < current_date and a.kyc_expiry_noticed_at <= now() - grace
        order by a.kyc_expires_on
        limit least(greatest(expire_kyc.limit_accounts, 0), 10000)
        for no key update of a skip locked
    loop
        perform exchange.set_kyc_level(one.account_id, 0, null);
        insert into exchange.kyc_events (case_id, actor, action, detail)
        select one.case_id, 'upkeep', 'expired', jsonb_build_object('level', one.kyc_level, 'expires_on', one.kyc_expires_on)
        where one.case_id is not null;
        perform exchange.append_event('kyc', jsonb_build_object(
            'change', 'expired', 'account_id', one.account_id::text, 'level', 0));
        lowered := lowered + 1;
    end loop;
    return next;
end $$;
comment on function exchange.expire_kyc(integer) is 'Tells owners whose document expires within 30 days, once, and takes the level from those whose document has expired, a week after they were told at the earliest; so many of each at most.';
