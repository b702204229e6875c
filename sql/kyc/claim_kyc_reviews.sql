create function exchange.claim_kyc_reviews(max_reviews integer, limit_cases integer)
returns table (
    case_id bigint, account_id bigint, level integer, document_type text, issuer text, document_number text, full_name text,
    birth_date date, expires_on date, mrz text, pictures jsonb, reference text, review integer)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    first_pause constant interval := '30 seconds';
    longest_pause constant interval := '1 hour';
    given_up record;
begin
    -- What failed too often, and what a provider left without an answer, is for people.
    for given_up in
        select c.case_id, c.state from exchange.kyc_cases c
        where c.next_review_at <= now() and (c.state = 'provider' or c.reviews >= claim_kyc_reviews.max_reviews)
        order by c.next_review_at
        limit least(greatest(claim_kyc_reviews.limit_cases, 0), 1000)
        for update skip locked
    loop
        perform exchange.queue_kyc_case(
            given_up.case_id, case given_up.state when 'provider' then 'the provider did not answer' else 'the review failed' end);
    end loop;
    return query
    with due as (
        select c.case_id from exchange.kyc_cases c
        where c.next_review_at <= now() and c.state = 'submitted' and c.reviews < claim_kyc_reviews.max_reviews
        order by c.next_review_at
        limit least(greatest(claim_kyc_reviews.limit_cases, 0), 1000)
        for update skip locked
    ), claimed as (
        -- The next time is set now: a worker that dies has only delayed it.
        update exchange.kyc_cases c
        set reviews = c.reviews + 1,
            next_review_at = now() + least(first_pause * power(2, least(c.reviews, 20)), longest_pause)
        from due where c.case_id = due.case_id
        returning c.*
    )
    select c.case_id, c.account_id, c.level, c.document_type, c.issuer, c.document_number, c.full_name, c.birth_date,
        c.expires_on, c.mrz,
        (select coalesce(jsonb_object_agg(d.kind, coalesce(d.facts, 'null')), '{}')
         from exchange.kyc_documents d where d.case_id = c.case_id),
        c.provider_reference, c.reviews
    from claimed c;
end $$;
comment on function exchange.claim_kyc_reviews(integer, integer) is 'Takes cases whose automatic review is due, so many at most; nobody else gets them until their next time, after a pause that doubles. Those that were taken up max_reviews times, or whose provider did not answer in time, go to the reviewers. pictures: facts by kind, null of a PDF; reference: how a provider is to name it.';
