create function exchange.claim_kyc_case(staff_session_id bigint, case_id bigint default null)
returns table (claimed_case_id bigint, claimed_until timestamptz)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    lease constant interval := '15 minutes';
    reviewer constant bigint := staff.require(claim_kyc_case.staff_session_id, 'reviewer');
    wanted exchange.kyc_cases;
begin
    if claim_kyc_case.case_id is null then
        -- The oldest that nobody is at work on; of two reviewers who ask at once each gets another.
        select * into wanted from exchange.kyc_cases c
        where c.state = 'manual' and c.first_approved_by is distinct from reviewer
            and (c.claimed_until is null or c.claimed_until <= clock_timestamp() or c.claimed_by = reviewer)
        order by c.case_id
        limit 1
        for update skip locked;
        if not found then
            perform exchange.reject('CASE_NOT_FOUND', 'no case waits');
        end if;
    else
        select * into wanted from exchange.kyc_cases c where c.case_id = claim_kyc_case.case_id for update;
        if not found then
            perform exchange.reject('CASE_NOT_FOUND', format('no case %s', claim_kyc_case.case_id));
        end if;
        if wanted.state <> 'manual' then
            perform exchange.reject('CASE_DECIDED', 'the case does not wait for a reviewer');
        end if;
        if wanted.first_approved_by = reviewer then
            perform exchange.reject('SECOND_PERSON_REQUIRED', 'another reviewer must agree');
        end if;
        if wanted.claimed_by <> reviewer and wanted.claimed_until > clock_timestamp() then
            perform exchange.reject('CASE_CLAIMED', 'another reviewer is at work on it');
        end if;
    end if;
    update exchange.kyc_cases c
    set claimed_by = reviewer, claimed_until = clock_timestamp() + lease
    where c.case_id = wanted.case_id
    returning * into wanted;
    insert into exchange.kyc_events (case_id, actor, staff_id, action) values (wanted.case_id, 'reviewer', reviewer, 'claimed');
    perform audit.record(reviewer, 'kyc_case_claimed', 'kyc_case:' || wanted.case_id, '{}');
    return query select wanted.case_id, wanted.claimed_until;
end $$;
comment on function exchange.claim_kyc_case(bigint, bigint) is 'Takes a case for 15 minutes, or the oldest that waits; a reviewer who has it already gets as long again. Rejects: ACCESS_REVOKED, PERMISSION_DENIED, CASE_NOT_FOUND, CASE_DECIDED, CASE_CLAIMED, SECOND_PERSON_REQUIRED.';
