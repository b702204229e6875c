create function exchange.note_kyc_findings(case_id bigint, findings jsonb) returns void
language sql security definer set search_path = pg_catalog, pg_temp as $$
    insert into exchange.kyc_findings (case_id, rule, score, detail)
    select note_kyc_findings.case_id, f.rule, f.score, left(coalesce(f.detail, ''), 500)
    from jsonb_to_recordset(note_kyc_findings.findings) as f (rule text, score integer, detail text)
    on conflict (case_id, rule) do update set score = excluded.score, detail = excluded.detail
$$;
comment on function exchange.note_kyc_findings(bigint, jsonb) is 'Keeps what was found of a case, [{rule, score, detail}], for its decision.';
