create function exchange.fail_kyc_review(case_id bigint, failure text) returns void
language sql security definer set search_path = pg_catalog, pg_temp as $$
    update exchange.kyc_cases c set last_failure = left(fail_kyc_review.failure, 500)
    where c.case_id = fail_kyc_review.case_id and c.state = 'submitted'
$$;
comment on function exchange.fail_kyc_review(bigint, text) is 'Notes why an automatic review failed; it is tried again when it is due.';
