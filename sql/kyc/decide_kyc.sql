create function exchange.decide_kyc(case_id bigint, findings jsonb, decider text)
returns table (outcome text, reasons text[])
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    asked exchange.kyc_cases;
    wanted exchange.kyc_levels;
    doubts text[];
    faults text[];
begin
    select * into asked from exchange.kyc_cases c where c.case_id = decide_kyc.case_id for update;
    if not found then
        perform exchange.reject('CASE_NOT_FOUND', format('no case %s', decide_kyc.case_id));
    end if;
    if asked.state not in ('submitted', 'provider') then
        return query select asked.state, asked.reasons;
        return;
    end if;
    -- Two cases of one document decide one after the other, so that the second sees the first.
    perform pg_advisory_xact_lock(hashtextextended(asked.issuer || ' ' || asked.document_number, 12));
    perform exchange.note_kyc_findings(asked.case_id, decide_kyc.findings);
    perform exchange.note_kyc_findings(asked.case_id, (
        select jsonb_agg(to_jsonb(t)) from exchange.kyc_facts_found(asked.case_id) t));
    select
        array_agg(distinct r.rule order by r.rule) filter (where f.score >= r.manual_at),
        array_agg(distinct r.reason order by r.reason) filter (where f.score >= r.reject_at)
    into doubts, faults
    from exchange.kyc_findings f join exchange.kyc_rules r on r.rule = f.rule and r.is_on
    where f.case_id = asked.case_id;
    select * into strict wanted from exchange.kyc_levels l where l.level = asked.level;
    if faults is not null then
        perform exchange.finish_kyc_case(asked.case_id, 'rejected', decide_kyc.decider, null, faults);
        return query select 'rejected', faults;
    elsif doubts is null and wanted.is_automatic then
        perform exchange.finish_kyc_case(asked.case_id, 'approved', decide_kyc.decider, null, '{}');
        return query select 'approved', '{}'::text[];
    else
        perform exchange.queue_kyc_case(
            asked.case_id, coalesce(array_to_string(doubts, ', '), 'people decide about this level'));
        return query select 'manual', '{}'::text[];
    end if;
end $$;
comment on function exchange.decide_kyc(bigint, jsonb, text) is 'The automatic decision: adds what tables say to what was found, compares each score with its rule, and rejects, approves or hands to the reviewers, all in this transaction. findings: [{rule, score, detail}]. A case that is not open for it stays as it is. Rejects: CASE_NOT_FOUND.';
