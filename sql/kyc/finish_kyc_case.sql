create function exchange.finish_kyc_case(case_id bigint, state text, decider text, staff_id bigint, reasons text[]) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    ended exchange.kyc_cases;
    words text;
begin
    update exchange.kyc_cases c
    set state = finish_kyc_case.state, decided_at = clock_timestamp(), decided_by = finish_kyc_case.decider,
        reasons = finish_kyc_case.reasons, next_review_at = null, claimed_by = null, claimed_until = null
    where c.case_id = finish_kyc_case.case_id
    returning * into strict ended;
    insert into exchange.kyc_events (case_id, actor, staff_id, action, detail)
    values (ended.case_id, ended.decided_by, finish_kyc_case.staff_id, ended.state,
        jsonb_build_object('reasons', ended.reasons));
    if ended.state = 'approved' then
        perform exchange.set_kyc_level(ended.account_id, ended.level, ended.expires_on);
    end if;
    select string_agg(r.words, ' ' order by r.reason) into words
    from exchange.kyc_reasons r where r.reason = any (ended.reasons);
    perform exchange.cause_mail(ended.account_id, 'kyc_decided', jsonb_strip_nulls(jsonb_build_object(
        'decision', ended.state,
        'level', (select l.name from exchange.accounts a join exchange.kyc_levels l on l.level = a.kyc_level
            where a.account_id = ended.account_id),
        'reasons', words)));
    perform exchange.append_event('kyc', jsonb_build_object(
        'change', ended.state, 'account_id', ended.account_id::text, 'case_id', ended.case_id::text, 'level', ended.level));
end $$;
comment on function exchange.finish_kyc_case(bigint, text, text, bigint, text[]) is 'Ends a case: its level takes effect, the owner gets a mail, the stream kyc a message, all in this transaction. For other functions.';
