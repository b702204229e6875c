create function exchange.kyc_case(staff_session_id bigint, case_id bigint) returns jsonb
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    most_events constant integer := 500;
    most_cases constant integer := 100;
    reviewer constant bigint := staff.require(kyc_case.staff_session_id, 'reviewer');
    shown exchange.kyc_cases;
begin
    select * into shown from exchange.kyc_cases c where c.case_id = kyc_case.case_id;
    if not found then
        perform exchange.reject('CASE_NOT_FOUND', format('no case %s', kyc_case.case_id));
    end if;
    perform audit.record(reviewer, 'kyc_case_read', 'kyc_case:' || shown.case_id, '{}');
    return jsonb_build_object(
        'caseId', shown.case_id, 'accountId', shown.account_id, 'level', shown.level, 'state', shown.state,
        'documentType', shown.document_type, 'issuer', shown.issuer, 'documentNumber', shown.document_number,
        'fullName', shown.full_name, 'birthDate', shown.birth_date, 'expiresOn', shown.expires_on, 'mrz', shown.mrz,
        'submittedAt', (extract(epoch from shown.submitted_at) * 1000)::bigint,
        'decidedAt', (extract(epoch from shown.decided_at) * 1000)::bigint, 'decidedBy', shown.decided_by,
        'reasons', shown.reasons,
        'claimedBy', case when shown.claimed_until > clock_timestamp() then shown.claimed_by end,
        'firstApprovedBy', shown.first_approved_by,
        'documents', (
            select coalesce(jsonb_agg(jsonb_build_object(
                'documentId', d.document_id, 'kind', d.kind, 'mediaType', d.media_type) order by d.document_id), '[]')
            from exchange.kyc_documents d where d.case_id = shown.case_id),
        'findings', (
            select coalesce(jsonb_agg(jsonb_build_object('rule', f.rule, 'score', f.score, 'detail', f.detail)
                order by f.score desc, f.rule), '[]')
            from exchange.kyc_findings f where f.case_id = shown.case_id),
        'history', (
            select coalesce(jsonb_agg(jsonb_build_object(
                'at', (extract(epoch from e.happened_at) * 1000)::bigint, 'actor', e.actor, 'staffId', e.staff_id,
                'action', e.action, 'detail', e.detail) order by e.kyc_event_id), '[]')
            from (select * from exchange.kyc_events h where h.case_id = shown.case_id
                order by h.kyc_event_id limit most_events) e),
        'earlierCases', (
            select coalesce(jsonb_agg(jsonb_build_object(
                'caseId', c.case_id, 'state', c.state, 'reasons', c.reasons) order by c.case_id), '[]')
            from (select * from exchange.kyc_cases k where k.account_id = shown.account_id and k.case_id < shown.case_id
                order by k.case_id desc limit most_cases) c));
end $$;
comment on function exchange.kyc_case(bigint, bigint) is 'All that is known of a case, with findings, history and the account''s earlier cases. For reviewers; logged. Rejects: ACCESS_REVOKED, PERMISSION_DENIED, CASE_NOT_FOUND.';
