create function exchange.answer_kyc_provider(reference text, score integer, detail text) returns text
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    asked bigint;
    answer jsonb;
    outcome text;
begin
    select c.case_id into asked from exchange.kyc_cases c where c.provider_reference = answer_kyc_provider.reference;
    if not found then
        perform exchange.reject('CASE_NOT_FOUND', 'no case has this reference');
    end if;
    answer := jsonb_build_array(jsonb_build_object(
        'rule', 'provider', 'score', answer_kyc_provider.score, 'detail', answer_kyc_provider.detail));
    select d.outcome into outcome from exchange.decide_kyc(asked, answer, 'provider') d;
    return outcome;
end $$;
comment on function exchange.answer_kyc_provider(text, integer, text) is 'A provider''s answer, whose signature was checked: decides the case. A repeat changes nothing. Returns its state. Rejects: CASE_NOT_FOUND.';
