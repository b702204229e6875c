create function exchange.await_kyc_provider(case_id bigint) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    -- A provider that has not answered by then leaves the case to the reviewers.
    patience constant interval := '24 hours';
begin
    update exchange.kyc_cases c set state = 'provider', next_review_at = now() + patience
    where c.case_id = await_kyc_provider.case_id and c.state = 'submitted';
    if not found then
        return false;
    end if;
    insert into exchange.kyc_events (case_id, actor, action)
    values (await_kyc_provider.case_id, 'automatic', 'sent_to_provider');
    return true;
end $$;
comment on function exchange.await_kyc_provider(bigint) is 'Notes that a provider has taken a case. False where it is decided already: the answer may come first.';
