create function exchange.decide_kyc_case(
    staff_session_id bigint, case_id bigint, approve boolean, reasons text[], note text)
returns table (state text, repeated boolean)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    reviewer constant bigint := staff.require(decide_kyc_case.staff_session_id, 'reviewer');
    wanted_state constant text := case when decide_kyc_case.approve then 'approved' else 'rejected' end;
    asked exchange.kyc_cases;
    wanted exchange.kyc_levels;
begin
    -- Locked: of two who decide at once the second finds it decided.
    select * into asked from exchange.kyc_cases c where c.case_id = decide_kyc_case.case_id for update;
    if not found then
        perform exchange.reject('CASE_NOT_FOUND', format('no case %s', decide_kyc_case.case_id));
    end if;
    if asked.state = wanted_state and exists (
        select from exchange.kyc_events e
        where e.case_id = asked.case_id and e.action = wanted_state and e.staff_id = reviewer) then
        return query select asked.state, true;
        return;
    end if;
    if asked.state <> 'manual' then
        perform exchange.reject('CASE_DECIDED', 'the case does not wait for a reviewer');
    end if;
    if asked.claimed_by is distinct from reviewer or asked.claimed_until <= clock_timestamp() then
        perform exchange.reject('CASE_NOT_CLAIMED', 'claim the case first; a claim lasts 15 minutes');
    end if;
    if decide_kyc_case.approve <> (cardinality(decide_kyc_case.reasons) = 0) then
        perform exchange.reject('INVALID_REASON', 'a rejection has a reason at least, an approval none');
    end if;
    if exists (select from unnest(decide_kyc_case.reasons) as given (reason)
        where not exists (select from exchange.kyc_reasons r where r.reason = given.reason)) then
        perform exchange.reject('INVALID_REASON', 'a reason is one of the list exchange.kyc_reasons');
    end if;
    perform audit.record(reviewer, 'kyc_case_' || wanted_state, 'kyc_case:' || asked.case_id, jsonb_build_object(
        'account_id', asked.account_id, 'level', asked.level, 'reasons', decide_kyc_case.reasons, 'note', decide_kyc_case.note));
    select * into strict wanted from exchange.kyc_levels l where l.level = asked.level;
    if decide_kyc_case.approve and wanted.needs_two_reviewers and asked.first_approved_by is null then
        update exchange.kyc_cases c
        set first_approved_by = reviewer, claimed_by = null, claimed_until = null
        where c.case_id = asked.case_id;
        insert into exchange.kyc_events (case_id, actor, staff_id, action, detail)
        values (asked.case_id, 'reviewer', reviewer, 'first_approved', jsonb_build_object('note', decide_kyc_case.note));
        return query select 'manual', false;
        return;
    end if;
    if asked.first_approved_by = reviewer then
        perform exchange.reject('SECOND_PERSON_REQUIRED', 'another reviewer must agree');
    end if;
    if decide_kyc_case.note is not null then
        insert into exchange.kyc_events (case_id, actor, staff_id, action, detail)
        values (asked.case_id, 'reviewer', reviewer, 'noted', jsonb_build_object('note', decide_kyc_case.note));
    end if;
    perform exchange.finish_kyc_case(
        asked.case_id, wanted_state, 'reviewer', reviewer, decide_kyc_case.reasons);
    return query select wanted_state, false;
end $$;
comment on function exchange.decide_kyc_case(bigint, bigint, boolean, text[], text) is 'A reviewer''s decision about a case that the reviewer has claimed. A level that needs two reviewers stays in the queue until another one agrees; one is enough to reject. What is decided takes effect in this transaction. A repeat changes nothing. Rejects: ACCESS_REVOKED, PERMISSION_DENIED, CASE_NOT_FOUND, CASE_DECIDED, CASE_NOT_CLAIMED, INVALID_REASON, SECOND_PERSON_REQUIRED.';
