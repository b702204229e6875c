create function exchange.release_kyc_case(staff_session_id bigint, case_id bigint) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    reviewer constant bigint := staff.require(release_kyc_case.staff_session_id, 'reviewer');
begin
    update exchange.kyc_cases c set claimed_by = null, claimed_until = null
    where c.case_id = release_kyc_case.case_id and c.state = 'manual' and c.claimed_by = reviewer;
    if not found then
        perform exchange.reject('CASE_NOT_CLAIMED', 'you do not have this case');
    end if;
    insert into exchange.kyc_events (case_id, actor, staff_id, action)
    values (release_kyc_case.case_id, 'reviewer', reviewer, 'released');
    perform audit.record(reviewer, 'kyc_case_released', 'kyc_case:' || release_kyc_case.case_id, '{}');
end $$;
comment on function exchange.release_kyc_case(bigint, bigint) is 'Gives a case back that the reviewer has. Rejects: ACCESS_REVOKED, PERMISSION_DENIED, CASE_NOT_CLAIMED.';
