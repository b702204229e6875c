create function exchange.queue_kyc_case(case_id bigint, reason text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
begin
    update exchange.kyc_cases c set state = 'manual', next_review_at = null where c.case_id = queue_kyc_case.case_id;
    insert into exchange.kyc_events (case_id, actor, action, detail)
    values (queue_kyc_case.case_id, 'automatic', 'queued', jsonb_build_object('reason', queue_kyc_case.reason));
end $$;
comment on function exchange.queue_kyc_case(bigint, text) is 'Hands a case to the reviewers. For other functions.';
